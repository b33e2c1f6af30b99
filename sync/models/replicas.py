from typing import Any, ClassVar

from django.db import models

from repairs.models import RepairOrder
from sync.models.workbooks import Workbook


class Attention(models.TextChoices):
    """Why an order's row needs a person. An order with one of these is not written until it is settled."""

    NONE = "", "none"
    GONE = "gone", "its row is gone from the workbook"
    TAKEN = "taken", "its number already stands in the workbook"
    REFUSED = "refused", "Excel refuses it"
    NOT_KEPT = "not_kept", "Excel does not keep what is written"
    SHEET = "sheet", "its sheet can't be written"


class Replica(models.Model):
    """What one workbook is known to hold of one order, and whether the order has moved on since.

    `agreed` maps each of the 21 fields to the value that order and cell last agreed on, as JSON by meaning
    (sync.columns): None until something was agreed. `sheet` is the sheet of that agreement. `seen` maps fields to
    a person's value that was noticed and left alone. `intent` is what is about to be written, or was written and
    not yet read back.
    """

    workbook = models.ForeignKey(Workbook, on_delete=models.CASCADE, related_name="replicas")
    order = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="replicas")
    sheet = models.CharField(max_length=10, blank=True)
    agreed: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(
        null=True, blank=True
    )
    seen: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    intent: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(
        null=True, blank=True
    )

    wanted_version = models.PositiveIntegerField(
        default=0, help_text="The order's version that should arrive."
    )
    arrived_version = models.PositiveIntegerField(
        default=0, help_text="The order's version that was read back."
    )
    pending_since = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)

    is_new = models.BooleanField(
        default=False, help_text="Made here; no row of it may stand in the workbook yet."
    )
    attention = models.CharField(max_length=20, blank=True, choices=Attention.choices)
    attention_text = models.TextField(blank=True, help_text="The same in words.")
    attention_since = models.DateTimeField(
        "needs a person since", null=True, blank=True, help_text="Says nothing where there is no reason."
    )
    left_out = models.BooleanField(
        default=False, help_text="A person decided that the workbook goes without it."
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workbook", "order"], name="one_replica_per_order_and_workbook"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workbook", "pending_since"], name="replica_pending"),
            models.Index(fields=["workbook", "attention"], name="replica_attention"),
        ]

    def __str__(self) -> str:
        return f"{self.order} in {self.workbook}"
