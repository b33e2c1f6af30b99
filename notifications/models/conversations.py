from typing import ClassVar

from django.db import models

from repairs.models import RepairOrder


class Conversation(models.Model):
    """An Outlook conversation about orders, as far as it is known here."""

    key = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of mailbox and conversation id."
    )
    mailbox = models.CharField(max_length=254)
    conversation_id = models.TextField()
    orders = models.ManyToManyField(RepairOrder, related_name="conversations", blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    trouble = models.TextField(blank=True, help_text="Why the last fetch failed, in words.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.mailbox} {self.conversation_id}"


class ConversationMessage(models.Model):
    """One mail of a conversation, as text: what it said when it was fetched."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    key = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the message id.")
    message_id = models.TextField()
    ours = models.BooleanField()
    sender = models.CharField(max_length=254, blank=True)
    recipients: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list, blank=True)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    at = models.DateTimeField(null=True, blank=True)
    web_link = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "id"]

    def __str__(self) -> str:
        return self.subject
