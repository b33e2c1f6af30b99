from typing import ClassVar

from django.conf import settings
from django.db import models

from repairs.models import RepairOrder, StatusChange


class FollowUp(models.Model):
    """A durable timer on an order: at `due_at`, if nothing moved, a draft or a reminder is made.

    It holds the change of status that started it, so that leaving a status and coming back starts a new clock.
    One that fired waits again, in its next round, when the order's next update is set anew.
    """

    class Kind(models.TextChoices):
        STATUS = "status", "after a change of status"
        PAYMENT = "payment", "payment by NET terms"
        REMINDER = "reminder", "set by hand"

    class State(models.TextChoices):
        WAITING = "waiting"
        FIRED = "fired"
        CANCELLED = "cancelled"

    order = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status_change = models.ForeignKey(
        StatusChange, null=True, blank=True, on_delete=models.CASCADE, related_name="follow_ups"
    )
    for_status = models.CharField(max_length=20, blank=True, help_text="The status that it follows.")
    text = models.TextField(blank=True, help_text="What the person wants to be reminded of.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="follow_ups"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(help_text="When it fires: 08:00 company time on its day.")
    round = models.PositiveIntegerField(default=1, help_text="Counts up each time it waits anew.")
    # Unique while it waits, empty (NULL) afterwards: so an order has one waiting follow-up of a kind at most.
    # One that was set by hand has none: an order may have several of these.
    open_key = models.CharField(max_length=60, null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    fired_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="Why it could not fire although it is due, in words.",
    )
    retry_at = models.DateTimeField(null=True, blank=True, help_text="It is not tried again before this.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["due_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["status_change", "kind"], name="one_follow_up_per_change_and_kind"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "due_at"], name="follow_up_due"),
            models.Index(fields=["order", "state"], name="follow_up_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_kind_display()}, due {self.due_at:%Y-%m-%d}"


class OutlookItem(models.Model):
    """A follow-up's calendar event or To Do task, in the Outlook of its person: what should be there and what is.

    Level-triggered like a row of the workbook: `wanted_day` says where it should stand (None: nowhere any more),
    `there_day` where it is known to stand; `pending_since` is set while they differ.
    """

    class Kind(models.TextChoices):
        EVENT = "event", "calendar event"
        TASK = "task", "To Do task"

    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    mailbox = models.CharField(
        max_length=254, blank=True, help_text="The person's address; empty when unknown."
    )
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    wanted_day = models.DateField(null=True, blank=True)
    there_day = models.DateField(null=True, blank=True)
    item_id = models.TextField(blank=True)
    list_id = models.TextField(blank=True)
    transaction_id = models.UUIDField(help_text="Lets Outlook tell a repeated creation from a second one.")
    creating = models.BooleanField(
        default=False, help_text="A creation was begun; its outcome is not known yet."
    )
    ending = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its end was begun; whether Outlook carried that out is not known yet.",
    )
    pending_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="Not tried before this instant.")
    failures = models.PositiveIntegerField(default=0)
    trouble = models.TextField(blank=True, help_text="Why it is not there, in words.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["follow_up", "kind"], name="one_item_per_follow_up_and_kind"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["pending_since", "due_at"], name="outlook_item_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"
