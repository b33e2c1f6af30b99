from typing import Any, ClassVar

from django.db import models


class Workbook(models.Model):
    """The shared Excel file: who may write to it now, when Microsoft asked us to stay away, how far it agrees."""

    drive_id = models.CharField(max_length=200)
    item_id = models.CharField(max_length=200)
    found_drives: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(
        default=dict,
        blank=True,
        help_text="SharePoint sites and their drives; asked for where no drive is configured.",
    )

    # The lease: one writer at a time. `fencing` counts up with every new holder.
    lease_holder = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fencing = models.PositiveBigIntegerField(default=0)
    session_id = models.TextField(blank=True, help_text="The Graph session that is or may still be open.")
    unclear_closings = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Visits that could not tell whether that session was closed."
    )

    # Microsoft's Retry-After: nothing at all is sent before this.
    not_before = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When Microsoft asked for that wait.")
    # Our own back-off after failures; a person's hand may ignore it.
    backoff_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Flushes that failed one after another.")
    trouble = models.TextField(blank=True, help_text="Why nothing is written now, in words.")
    halted = models.BooleanField(
        default=False, help_text="Too many rows are gone: nothing is written until a person decides."
    )

    # Agreement, from the last check.
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_ctag = models.TextField(blank=True)
    agreeing = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    differences: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField(
        default=list, blank=True
    )
    unknown_rows = models.PositiveIntegerField(
        default=0, help_text="Rows with a number that the database has not."
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["drive_id", "item_id"], name="one_row_per_workbook"),
        ]

    def __str__(self) -> str:
        return f"{self.drive_id}/{self.item_id}"


class BeforeImage(models.Model):
    """The sheets as they stood when the last writing began, compressed; what a repair restores from."""

    workbook = models.OneToOneField(Workbook, on_delete=models.CASCADE, related_name="before_image")
    data = models.BinaryField()
    sent = models.BinaryField(null=True, help_text="What was sent to the sheets since, compressed.")
    taken_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.workbook} at {self.taken_at:%Y-%m-%d %H:%M:%S}"
