"""The last mails with a shop about an order, as the model is told of them: without addresses."""

from django.utils.timezone import localtime

from notifications import conversations
from notifications.models import ConversationMessage
from notifications.texts import day
from repairs.models import RepairOrder

SHOWN, LONGEST = 5, 1500


def last_mails(order: RepairOrder) -> list[ConversationMessage]:
    """Oldest first."""
    return list(conversations.timeline(order).messages)[-SHOWN:]


def told(mails: list[ConversationMessage]) -> list[dict[str, str]]:
    return [
        {
            "from": "us" if mail.ours else "the shop",
            "on": day(localtime(mail.at).date()) if mail.at else "",
            "text": mail.text[:LONGEST],
        }
        for mail in mails
    ]
