from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class Upload(models.Model):
    """A file that somebody wants imported: tried first, with a report, and imported when they say so.

    `report` is what the last run over it found: counts, and lists of what a person should look at, cut to a length
    that can be looked at. The content goes once it was imported; importing a file again changes nothing anyway.
    """

    class Kind(models.TextChoices):
        ORDERS = "orders", "Orders, from an Excel workbook"
        SHOPS = "shops", "Shops, from a CSV list"
        INVENTORY = "inventory", "Parts in stock, from a CSV list"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=150, help_text="The file's name.")
    content = models.BinaryField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150)
    agreed = models.BooleanField(
        default=False, help_text="A person has seen the report and wants the import."
    )
    imported_at = models.DateTimeField(null=True, blank=True)
    report: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.name
