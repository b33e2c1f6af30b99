from typing import ClassVar

from django.conf import settings
from django.db import models

from notifications.models import Notification
from sync.models import Run


class Rewording(models.Model):
    """A wish that the model puts a draft into other words. How far it is says its run; `outcome` is how it ended."""

    class Tone(models.TextChoices):
        OWN = "", "In the company's tone"
        SHORTER = "shorter", "Shorter"
        FIRMER = "firmer", "Firmer"

    draft = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="rewordings")
    tone = models.CharField(max_length=10, blank=True, choices=Tone.choices)
    version = models.PositiveIntegerField(help_text="The draft's version whose words are to be replaced.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="rewording")
    created_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=200, blank=True, help_text="A sentence for people.")
    worded = models.BooleanField(default=False, help_text="Whether the draft has the model's words.")

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.draft}: {self.get_tone_display()}"
