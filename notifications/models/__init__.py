"""The models of follow-ups and mail, by noun."""

from notifications.models.conversations import Conversation, ConversationMessage
from notifications.models.deliveries import Delivery
from notifications.models.followups import FollowUp, OutlookItem
from notifications.models.notifications import Notification
from notifications.models.outlook import ClockSlot, OutlookBox, OutlookSlot
from notifications.models.templates import MailTemplate

__all__ = [
    "ClockSlot",
    "Conversation",
    "ConversationMessage",
    "Delivery",
    "FollowUp",
    "MailTemplate",
    "Notification",
    "OutlookBox",
    "OutlookItem",
    "OutlookSlot",
]
