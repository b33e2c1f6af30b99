from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from repairs.models import RepairOrder
from sync.models.workbooks import Workbook


class OddRow(models.Model):
    """A row of the ledger sheets that is no order's, as the last comparison found it, and what was decided about it.

    It is known again by what its 21 cells say (`fingerprint`, and `ordinal` among equal ones); `row` is only where it
    stood then. Written by sync.odd_rows.
    """

    class Why(models.TextChoices):
        UNKNOWN = "unknown", "its number is not in the tracker"
        NO_NUMBER = "no number", "it has no RO number"
        SURPLUS = "surplus", "another row with this number counts"

    class Decision(models.TextChoices):
        NONE = "", "not decided"
        ORDERED = "ordered", "made an order"
        NUMBERED = "numbered", "given a number"
        IGNORED = "ignored", "ignored"

    workbook = models.ForeignKey(Workbook, on_delete=models.CASCADE, related_name="odd_rows")
    sheet = models.CharField(max_length=10)
    row = models.PositiveIntegerField(help_text="Where it stood at the last comparison, as Excel counts.")
    why = models.CharField("reason", max_length=10, choices=Why.choices)
    number = models.PositiveBigIntegerField("RO", null=True, blank=True)
    cells: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict, help_text="What each field's cell holds."
    )
    text = models.TextField("what it says", blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    ordinal = models.PositiveIntegerField(default=0, editable=False)
    found_at = models.DateTimeField(auto_now_add=True)

    decision = models.CharField(max_length=10, blank=True, choices=Decision.choices)
    order = models.ForeignKey(
        RepairOrder, null=True, blank=True, on_delete=models.SET_NULL, related_name="odd_rows"
    )
    given_number = models.PositiveBigIntegerField(
        "number given", null=True, blank=True, help_text="To be typed into its RO cell."
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField("decided by", max_length=150, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["sheet", "row"]
        verbose_name = "row without an order"
        verbose_name_plural = "rows without an order"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workbook", "fingerprint", "ordinal"], name="odd_row_once_per_workbook"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}, row {self.row}"
