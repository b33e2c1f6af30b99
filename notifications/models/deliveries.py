import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from notifications.models.conversations import Conversation
from notifications.models.notifications import Notification
from repairs.models import RepairOrder


class Delivery(models.Model):
    """One approved mail on its way: what is sent, word for word, who approved it when, and how far it got.

    `marker` goes with the mail, so that it can be found in Outlook whatever became of an answer. SENDING is
    committed before the mail is sent; what can't be known afterwards is UNKNOWN, and a person is asked.
    """

    class State(models.TextChoices):
        NEW = "NEW", "Approved"
        DRAFTED = "DRAFTED", "Drafted in Outlook"
        SENDING = "SENDING", "Sending"
        SENT = "SENT", "Sent"
        UNKNOWN = "UNKNOWN", "Not known whether it was sent"
        FAILED = "FAILED", "Failed"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    OPEN = (State.NEW, State.DRAFTED, State.SENDING)

    notification = models.OneToOneField(Notification, on_delete=models.PROTECT, related_name="delivery")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    marker = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    mailbox = models.CharField(max_length=254, help_text="The address that it is sent from.")
    to = models.CharField(max_length=254)
    cc: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=255)
    html = models.TextField()
    text = models.TextField(help_text="The same without markup.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by_name = models.CharField(max_length=150)
    approved_at = models.DateTimeField()

    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    draft_begun = models.BooleanField(
        default=False, help_text="A draft was begun in Outlook and may lie there. Set before it is made."
    )
    drafts_asked_for = models.PositiveIntegerField(
        default=0,
        help_text="How often Outlook was asked for a draft with this marker. Set before it is asked.",
    )
    overwrites = models.BooleanField(
        default=False, help_text="Its draft in Outlook may hold words that were approved before."
    )
    removing = models.BooleanField(
        default=False, help_text="We remove its draft from Outlook: that it lies in the bin is no question."
    )
    may_be_gone = models.BooleanField(
        default=False,
        help_text="A person answered that it was not sent: that its draft is gone is no question.",
    )
    answers_id = models.TextField(blank=True, help_text="The message in Outlook that it replies to.")
    message_id = models.TextField(blank=True)
    internet_message_id = models.TextField(blank=True)
    web_link = models.TextField(blank=True)
    given_subject = models.TextField(
        blank=True, help_text="The subject that Outlook gave it, where it answers a mail."
    )
    send_begun_at = models.DateTimeField(null=True, blank=True)
    outlook_at_send = models.DateTimeField(
        null=True, blank=True, help_text="The time by Outlook's own clock right before it was told to send."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="How often in a row Outlook was no help.")
    sends_in_vain = models.PositiveIntegerField(
        default=0, help_text="After how many sends nothing but the draft was found."
    )
    error = models.TextField(blank=True, help_text="Why it failed or is not known, in words.")
    look_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When Outlook is asked again: whether it was sent, or what is left of it.",
    )
    found: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict, blank=True, help_text="What was found in Outlook when the outcome was not known."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(approved_by_name=""), name="delivery_is_approved"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state"], name="delivery_by_state")]

    def __str__(self) -> str:
        return self.subject

    @property
    def real_subject(self) -> str:
        """The subject under which it goes: Outlook's own for an answer, else the approved one."""
        return self.given_subject or self.subject

    def orders(self) -> models.QuerySet[RepairOrder]:
        """The orders that it is about."""
        about = models.Q(notifications=self.notification_id) | models.Q(
            notifications__parent=self.notification_id
        )
        return RepairOrder.objects.filter(about).distinct().order_by("pk")
