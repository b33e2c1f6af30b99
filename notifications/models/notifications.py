from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from notifications.models.followups import FollowUp
from repairs.models import RepairOrder, Shop


class Notification(models.Model):
    """An entry of the queue: an email draft that waits for a person's approval, or a reminder for a person.

    A mail about several orders is one entry without an order, whose `children` are the drafts that it replaced:
    they share its state. `rows` is its table. What was approved is frozen in the entry's Delivery.
    """

    class Kind(models.TextChoices):
        EMAIL_DRAFT = "EMAIL_DRAFT", "Email to a shop"
        TASK_REMINDER = "TASK_REMINDER", "Reminder"

    class State(models.TextChoices):
        PENDING_APPROVAL = "PENDING_APPROVAL", "Waiting for approval"
        APPROVED = "APPROVED", "Approved"
        SENT = "SENT", "Sent"
        REJECTED = "REJECTED", "Rejected"
        FAILED = "FAILED", "Failed"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    class Cause(models.TextChoices):
        FOLLOW_UP = "follow-up", "A follow-up is due"
        OVERDUE = "overdue", "The order is overdue"
        PAYMENT = "payment", "A payment is due"
        BY_HAND = "by hand", "Asked for by a person"

    OPEN = (State.PENDING_APPROVAL, State.APPROVED, State.FAILED)

    kind = models.CharField(max_length=15, choices=Kind.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING_APPROVAL)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    order = models.ForeignKey(
        RepairOrder, null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    shop = models.ForeignKey(
        Shop, null=True, blank=True, on_delete=models.PROTECT, related_name="notifications"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    follow_up = models.ForeignKey(
        FollowUp, null=True, blank=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    round = models.PositiveIntegerField(null=True, blank=True, help_text="The round of the follow-up.")
    for_status = models.CharField(
        max_length=20, blank=True, help_text="The order's status when this was made."
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="reminders"
    )

    to_address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=255)
    own_subject = models.BooleanField(
        default=False, help_text="A person wrote the subject: the mail begins a conversation of its own."
    )
    body = models.TextField(blank=True)
    rows: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField(
        default=list, blank=True, help_text="The table of a mail about several orders."
    )
    written_by = models.CharField(max_length=100, default="the template")
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    edited_by_name = models.CharField(max_length=150, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    warning = models.TextField(blank=True, help_text="What a person should know before approving.")
    version = models.PositiveIntegerField(default=1)

    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by_name = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was rejected or withdrawn.")

    # Unique while it is open, empty (NULL) afterwards: so an order has one open draft at most.
    open_key = models.CharField(max_length=60, null=True, blank=True, unique=True, editable=False)
    raised_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it stands at the top because it waited too long."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["follow_up", "round"], name="one_notification_per_round"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # All that the queue's lists are counted and sorted by.
            models.Index(
                fields=["state", "parent", "kind", "person", "raised_at"], name="notification_queued"
            ),
            models.Index(fields=["shop", "state"], name="notification_of_shop"),
            models.Index(fields=["order", "state"], name="notification_of_order"),
        ]

    def __str__(self) -> str:
        return self.subject or self.get_kind_display()

    def get_absolute_url(self) -> str:
        return reverse("notification", args=[self.pk])
