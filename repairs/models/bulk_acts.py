from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse


class BulkAct(models.Model):
    """An act of a person on many orders, written before it begins: what was chosen, and what became of each order.

    A row for each, so that two acts at once don't write over each other. Forgotten after some days.
    """

    token = models.CharField(max_length=22, unique=True, help_text="In its addresses.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen: "models.JSONField[list[list[int]], list[list[int]]]" = models.JSONField(
        help_text="Each order's number and the version at which it was seen."
    )
    outcomes: "models.JSONField[list[dict[str, Any]] | None, list[dict[str, Any]] | None]" = models.JSONField(
        null=True, help_text="What became of each order; nothing while it goes on, or when it was cut off."
    )
    done = models.CharField(
        max_length=100, help_text="What the changed ones are then, as in “changed to Paid”."
    )
    back = models.TextField(help_text="The address of the list that the orders were chosen in.")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    told = models.BooleanField(default=False, help_text="Its person saw what became of it.")

    objects: ClassVar[models.Manager["BulkAct"]] = models.Manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "told"], name="bulk_act_untold")
        ]

    def __str__(self) -> str:
        return f"{len(self.seen)} orders {self.done}"

    def get_absolute_url(self) -> str:
        return reverse("bulk-results", args=[self.token])
