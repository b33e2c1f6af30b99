from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from repairs.models import RepairOrder
from sync.models import Run


class Brief(models.Model):
    """What the database knows of a part, on one page, as it was when it was gathered."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="briefs")
    part = models.CharField(max_length=255)
    order = models.ForeignKey(
        RepairOrder, null=True, blank=True, on_delete=models.SET_NULL, related_name="briefs"
    )
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="brief")
    found: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    summary = models.TextField(
        blank=True, help_text="The model's words, which passed the check of their numbers."
    )
    remark = models.CharField(max_length=255, blank=True, help_text="Who summed it up, or why nobody did.")
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was added to the order's notes."
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"Research on {self.part}"

    def get_absolute_url(self) -> str:
        return reverse("brief", args=[self.pk])
