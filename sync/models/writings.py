from typing import Any, ClassVar

from django.db import models

from sync.models.runs import Run


class RunWriting(models.Model):
    """What one round of a run was about to write into the workbook, with what stood there before.

    `cells` holds a list [order's id, field, text before, value written] per cell; a row that moved has its two sheets
    under the field "sheet". Kept with the run, so that the run can be undone.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="writings")
    at = models.DateTimeField(auto_now_add=True)
    cells: "models.JSONField[list[list[Any]], list[list[Any]]]" = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{len(self.cells)} cells of {self.run}"
