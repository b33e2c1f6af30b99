from typing import ClassVar

from django.conf import settings
from django.db import models

from repairs.models.orders import RepairOrder
from repairs.models.shops import Shop
from repairs.statuses import status_word


class Activity(models.Model):
    """Who did what, in plain strings, written in the transaction of the act. It outlives what it tells of."""

    class Verb(models.TextChoices):
        CREATED = "created"
        EDITED = "edited"
        STATUS = "status changed"
        NOTE = "note added"
        NOTE_GONE = "note taken back", "Note taken back"
        MOVED = "moved"
        IMPORTED = "imported"
        LINKED = "linked"
        EXCEL = "Excel"
        EMAIL = "email"
        REMINDER = "reminder"
        DOCUMENT = "document"
        RULE = "rule changed"

    order = models.ForeignKey(
        RepairOrder, null=True, blank=True, on_delete=models.SET_NULL, related_name="activity"
    )
    order_number = models.PositiveBigIntegerField(null=True, blank=True)
    order_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The version that the act made."
    )
    shop = models.ForeignKey(Shop, null=True, blank=True, on_delete=models.SET_NULL, related_name="activity")
    verb = models.CharField(max_length=20, choices=Verb.choices)
    text = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        verbose_name_plural = "activity"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["order", "order_version"], name="activity_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.verb}"


class FieldChange(models.Model):
    """One field that an act changed, from what to what, as people read it."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=60)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        old, new = (status_word(text) if self.field == "status" else text for text in (self.old, self.new))
        return f"{self.field}: {old or '(empty)'} → {new or '(empty)'}"
