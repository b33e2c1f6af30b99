from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class Use(models.Model):
    """One request to the model: what was sent, what came back, and what it cost. Kept for AI_KEEP_DAYS."""

    class Purpose(models.TextChoices):
        DRAFT = "draft", "Draft of a mail"
        ASSISTANT = "assistant", "Assistant"
        RESEARCH = "research", "Research"

    at = models.DateTimeField(db_index=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    about = models.CharField(max_length=100, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    person_name = models.CharField(max_length=150, help_text="The person's user name, or the system's.")
    model = models.CharField(max_length=100)
    asked: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict, help_text="The whole request as it was sent, with the tools that it offered."
    )
    answered: "models.JSONField[list[Any], list[Any]]" = models.JSONField(
        default=list, blank=True, help_text="What came back, as far as it came."
    )
    stop_reason = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        default=Decimal(0),
        help_text="US dollars, at the prices of the settings.",
    )
    seconds = models.FloatField(default=0, help_text="From the request to the end of the answer.")

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person", "at"], name="use_of_person")]
        verbose_name = "use of the model"
        verbose_name_plural = "uses of the model"

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} #{self.pk}"
