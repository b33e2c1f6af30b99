from typing import ClassVar

from django.conf import settings
from django.db import models

from repairs.models.orders import RepairOrder


class OrderNote(models.Model):
    """A note that a person added to an order; its text also stands in the order's `notes`, which Excel shows."""

    order = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="added_notes")
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(text=""), name="note_has_text"),
        ]

    def __str__(self) -> str:
        return self.text
