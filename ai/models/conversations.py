from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from repairs.models import RepairOrder
from sync.models import Run


class Conversation(models.Model):
    """What one person and the assistant said. Nobody else sees it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations"
    )
    title = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("conversation", args=[self.pk])


class Turn(models.Model):
    """One question and its answer, which is a run: the steps are kept as they come, so that no death loses them."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    question = models.TextField()
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="turn")
    created_at = models.DateTimeField(auto_now_add=True)
    trouble = models.CharField(max_length=500, blank=True, help_text="Why the answer is not whole, in words.")

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.question[:60]

    @property
    def is_open(self) -> bool:
        return self.run is not None and self.run.state in Run.OPEN

    @property
    def told_trouble(self) -> str:
        """What a person should know of an answer that is not whole."""
        if self.run is None or self.run.state == Run.State.FAILED:
            return self.trouble or "The answer could not be written. Please ask again."
        return "Stopped" if self.run.state == Run.State.CANCELLED else self.trouble


class Step(models.Model):
    """One answer of the model in a turn: the text so far, and once it is whole what the next request needs of it."""

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True, help_text="What a person sees of it.")
    answered: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list, blank=True)
    done = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["turn", "number"], name="one_step_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.turn_id}/{self.number}"


class Card(models.Model):
    """The use of a tool: what it was given, checked, and what it told. Shown by the templates of the pages."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="cards")
    use_id = models.CharField(max_length=100)
    tool = models.CharField(max_length=64)
    given: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    told = models.TextField(blank=True, help_text="What the model was told.")
    refused = models.CharField(max_length=500, blank=True, help_text="Why it was not done, in words.")

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["step", "use_id"], name="one_card_for_a_use")
        ]

    def __str__(self) -> str:
        return self.tool


class Proposal(models.Model):
    """A change that the assistant proposes. Only its person confirms it, once, and only what they saw."""

    class State(models.TextChoices):
        OPEN = "open", "Waits for you"
        CONFIRMED = "confirmed", "Confirmed"
        DISCARDED = "discarded", "Discarded"
        EXPIRED = "expired", "Expired"
        OVERTAKEN = "overtaken", "Overtaken by another change"

    card = models.OneToOneField(Card, on_delete=models.CASCADE, related_name="proposal")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="proposals")
    order = models.ForeignKey(RepairOrder, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The order's, when it was proposed."
    )
    title = models.CharField(max_length=200)
    difference: "models.JSONField[list[list[str]], list[list[str]]]" = models.JSONField(
        default=list, blank=True, help_text="Field, old value, new value."
    )
    now: "models.JSONField[list[list[str]], list[list[str]]]" = models.JSONField(
        default=list, blank=True, help_text="What stood against it in the end: field, value."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True, help_text="What became of it, in words.")
    outcome_url = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.title
