from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from sync import work
from sync.models.workbooks import Workbook


class Run(models.Model):
    """A piece of background work that a person may wait for. The row is the job; a message is only a doorbell."""

    class Kind(models.TextChoices):
        """This app's own kinds; other apps add theirs in sync.work."""

        FLUSH = "flush"
        CHECK = "check"
        READ = "read"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (State.QUEUED, State.RUNNING)

    kind = models.CharField(max_length=20, choices=work.choices)
    workbook = models.ForeignKey(
        Workbook, null=True, blank=True, on_delete=models.CASCADE, related_name="runs"
    )
    about = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The row that the work is about, in the table that its kind knows."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # Unique while the run is open, empty (NULL) afterwards: so at most one open run of a kind per subject.
    open_key = models.CharField(max_length=100, null=True, blank=True, unique=True, editable=False)
    started_by = models.CharField(max_length=150, help_text="A person's user name, or what set it off.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    phase = models.CharField(max_length=200, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    due_at = models.DateTimeField(help_text="Not claimed before this instant.")
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Claims. Counted before the work begins.")
    forgiven = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Attempts before a person took it up; they don't count towards giving up.",
    )
    cancel_asked = models.BooleanField(default=False)

    error = models.CharField(max_length=500, blank=True, help_text="A sentence for people.")
    detail = models.TextField(blank=True, help_text="What an engineer needs to know of the error.")
    result: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "due_at"], name="run_due"),
            models.Index(fields=["kind", "-id"], name="run_by_kind"),
            models.Index(fields=["kind", "about"], name="run_about"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.pk])

    @property
    def percent(self) -> int:
        """Progress in whole percent: 100 only when the run succeeded."""
        if self.state == self.State.SUCCEEDED:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0


class RunStep(models.Model):
    """Something that a run finished, in words, in order."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(auto_now_add=True)
    attempt = models.PositiveIntegerField()
    text = models.TextField()
    trouble = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.text
