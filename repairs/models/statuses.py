from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from repairs.models.orders import RepairOrder
from repairs.statuses import status_word

NO_STATUS = "(none)"  # as a step says it, where there was no status before or it was taken away


class StatusChangeQuerySet(models.QuerySet["StatusChange"]):
    def that_stand(self) -> Self:
        """The steps that are facts: neither taken back nor there only to take another one back."""
        return self.filter(standing=StatusChange.Standing.STANDS)


class StatusChange(models.Model):
    """One step in an order's history of statuses, made here or read from the workbook's notes.

    A step that was taken back stays in the history, and is no fact: see `that_stand`.
    """

    class Standing(models.TextChoices):
        STANDS = "stands", "stands"
        TAKEN_BACK = "taken back", "was taken back"
        TAKES_BACK = "takes back", "takes another one back"

    order = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="status_changes")
    from_status = models.CharField(max_length=255, blank=True)
    to_status = models.CharField(max_length=255)
    at = models.DateTimeField(null=True, blank=True)
    on = models.DateField(null=True, blank=True, help_text="The day, where only that is known.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    unit_returned = models.BooleanField(null=True, blank=True)
    imported = models.BooleanField(default=False)
    standing = models.CharField(
        max_length=10, choices=Standing.choices, default=Standing.STANDS, db_default=Standing.STANDS
    )

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{status_word(self.from_status or NO_STATUS)} → {status_word(self.reached)}"

    @property
    def reached(self) -> str:
        """The status after the step, in a sentence: "(none)" where a change was taken back to no status."""
        return self.to_status or NO_STATUS
