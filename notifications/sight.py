"""What Outlook shows of a delivery: the messages that carry its marker, and what follows from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.models import Delivery
from notifications.plain import text_of, tidy
from repairs import clock
from sync.graph.mail import Letter, Mailbox, Message

WORDS_SHOWN = 300  # characters of a mail's text that a person is shown to recognize it by


@dataclass(frozen=True)
class LeftOver:
    """What else carries the marker of a mail that left: drafts as we made them, drafts that a person wrote into, and
    what was sent besides.
    """

    ours: list[Message]
    written_into: list[Message]
    sent_again: list[Message]

    def told(self, subject: str) -> Iterator[str]:
        """What the history has to say of it."""
        if self.ours:
            yield f"A second draft of “{subject}”, which Outlook had made late, was removed from it."
        if self.written_into:
            yield f"A second draft of “{subject}” lies in Outlook. Somebody wrote into it, so it was left there."
        if self.sent_again:
            yield f"“{subject}” was sent a second time, by somebody in Outlook."


@dataclass(frozen=True)
class Sight:
    """The messages of a delivery: those that were sent, drafts, and drafts in the bin."""

    sent: list[Message]
    drafts: list[Message]
    deleted: list[Message]
    at: datetime | None  # when that was so, by Outlook's own clock

    @property
    def empty(self) -> bool:
        return not (self.sent or self.drafts or self.deleted)

    def left_over(self, delivery: Delivery) -> LeftOver:
        """What lies beside the mail that left. A half-made answer need not hold the approved words yet."""
        drafts = [draft for draft in self.drafts if draft.id != delivery.message_id]
        ours = [draft for draft in drafts if holds(draft, delivery) or delivery.answers_id]
        written_into = [draft for draft in drafts if draft not in ours]
        # A copy that we get ourselves has the same id of the Internet.
        again = [mail for mail in self.sent if mail.internet_message_id != self.sent[0].internet_message_id]
        return LeftOver(ours, written_into, again)

    def describe(self) -> dict[str, str]:
        """What was found, for a person who has to decide."""
        kinds = {"Sent": self.sent, "Draft": self.drafts, "Deleted draft": self.deleted}
        found = {name: _told(messages) for name, messages in kinds.items() if messages}
        return found or {"In the mailbox": "nothing"}


def look(mailbox: Mailbox, delivery: Delivery) -> Sight:
    """Looks a delivery up by its marker, and by the id of its draft where Outlook lost the marker."""
    found = mailbox.find(str(delivery.marker))
    at = mailbox.answered_at
    if delivery.message_id and all(message.id != delivery.message_id for message in found):
        known = mailbox.get(delivery.message_id)
        found += [known] if known else []
    drafts = [message for message in found if message.is_draft]
    deleted = [message for message in drafts if mailbox.thrown_away(message)]
    return Sight(
        sent=[message for message in found if not message.is_draft],
        drafts=[message for message in drafts if message not in deleted],
        deleted=deleted,
        at=at,
    )


def letter_of(delivery: Delivery) -> Letter:
    return Letter(
        to=(delivery.to,),
        cc=tuple(delivery.cc),
        subject=delivery.subject,
        html=delivery.html,
        marker=str(delivery.marker),
    )


def holds(message: Message, delivery: Delivery) -> bool:
    """Whether a draft says what was approved, to whom it was approved.

    Markup and spaces don't count, since Outlook rewrites them. The subject of an answer is Outlook's own.
    """
    return (
        (message.subject == delivery.subject or bool(delivery.answers_id))
        and _folded(message.recipients) == _folded((delivery.to, *delivery.cc))
        and _letters(words_of(message)) == _letters(text_of(delivery.html))
    )


def _folded(addresses: Sequence[str]) -> list[str]:
    return sorted(address.lower() for address in addresses)


def words_of(message: Message) -> str:
    """What a mail says, as plain text."""
    return text_of(message.body) if message.body_is_html else tidy(message.body)


def _letters(text: str) -> str:
    return "".join(text.split())


def _told(messages: Sequence[Message]) -> str:
    return " / ".join(_described(message) for message in messages)


def _described(message: Message) -> str:
    at = f", {clock.written_at(message.at)}" if message.at else ""
    to = ", ".join(message.recipients) or "nobody"
    return f"“{message.subject}” to {to}{at}: {' '.join(words_of(message).split())[:WORDS_SHOWN]}"
