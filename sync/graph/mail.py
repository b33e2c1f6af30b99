"""Mail in one mailbox: drafts that carry our marker, sent once, and the conversation around them.

Sending twice can't be undone, so the marker is what a caller goes by: look for it before a draft is made
again, and before one is sent again. A mail is only ever sent as a draft that was found or made before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from sync.graph.answers import moment
from sync.graph.client import Connection, no_check
from sync.graph.errors import Gone, OutcomeUnknown, Refused
from sync.graph.outlook import (
    READ_TIMEOUT,
    Outlook,
    Row,
    filtered,
    has_property,
    identity,
    quoted,
    with_property,
    within,
)

MARKER: Final = "String {c08c5814-092a-4159-bd45-aef0f03cd046} Name GenthrustOutboxId"
FIELDS: Final = (
    "$select=id,internetMessageId,conversationId,isDraft,subject,webLink,from,toRecipients,ccRecipients,body,"
    "receivedDateTime,sentDateTime,createdDateTime,parentFolderId"
)
_PAGE: Final = 50
_ACCEPTED: Final = 202
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    """What Outlook knows of a message.

    `at` is when it was received or sent, for a draft when it was made (UTC; None when Outlook doesn't say).
    `recipients` are those of To, then those of Cc. `conversation_id` holds within one mailbox.
    """

    id: str
    internet_message_id: str
    conversation_id: str
    is_draft: bool
    subject: str
    web_link: str
    sender: str
    recipients: tuple[str, ...]
    body: str
    body_is_html: bool
    at: datetime | None
    folder_id: str


@dataclass(frozen=True)
class Letter:
    """What is to be sent. `marker` is our own id of it, which the message carries unseen."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    html: str
    marker: str


class Mailbox:
    """The mailbox of `address`, or our own (`/me`) when that is empty.

    Reads raise RetryLater or NotNow on trouble. Writes raise OutcomeUnknown when they may have happened;
    RetryLater, NotNow and Refused mean that they have not. Gone: the message is not there. NeedsPerson:
    sign-in, a missing right, no such mailbox. Requests, their number at once and `before_send`: see Outlook.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        address: str = "",
        before_send: Callable[[], None] = no_check,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._outlook = Outlook(
            connection, address=address, before_send=before_send, read_timeout=read_timeout
        )
        self._trash = ""

    @property
    def answered_at(self) -> datetime | None:
        """The time of day by Outlook's own clock at its last answer (UTC); None when it never said."""
        return self._outlook.answered_at

    def find(self, marker: str) -> list[Message]:
        """Every message with this marker in any folder: drafts, sent ones, and deleted ones not yet purged.

        For some minutes after `send` the message may still be a draft, although it is on its way.
        """
        return self._outlook.rows(f"/messages?{filtered(has_property(MARKER, marker))}&{FIELDS}", _message)

    def marked_since(self, since: datetime) -> dict[str, Message]:
        """What left since then, in any folder, and carries a marker of ours: by that marker. Drafts are left out.

        `since` is an aware instant. Outlook picks them out: a mailbox may hold any number of other mails.
        """
        at = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        sent = filtered(f"{has_property(MARKER, None)} and isDraft eq false and sentDateTime ge {at}")
        marker = f"$expand=singleValueExtendedProperties($filter={quote(f'id eq {quoted(MARKER)}', safe='')})"
        found = self._outlook.rows(f"/messages?{sent}&{FIELDS}&{marker}&$top={_PAGE}", _marked)
        return {marker: message for marker, message in found if marker}

    def draft(self, letter: Letter) -> Message:
        """Make a draft of the letter."""
        return self._outlook.write("POST", "/messages", _content(letter), _message)

    def draft_reply(self, message_id: str, letter: Letter) -> Message:
        """Make a draft that answers a message, to the letter's own recipients.

        The subject stays the one that Outlook gives an answer, since another one can break the conversation.
        After any error the draft may be there, and not yet hold the letter: `find` it by its marker, then
        `update` it. Gone: the message to be answered is not there or can't be answered, and nothing was made.
        """
        content = _content(letter, keep_subject=True)
        address = f"{_path(message_id)}/createReply"
        try:
            made = self._outlook.write("POST", address, {"message": content}, _message)
        except Refused as error:
            raise Gone("Outlook does not let this message be answered.", detail=error.detail) from error
        try:
            # Whether createReply takes over every part of `message` is not promised anywhere.
            return self.update(made.id, letter, keep_subject=True)
        except Gone as error:
            raise OutcomeUnknown("The draft was removed while it was being made.") from error

    def update(self, message_id: str, letter: Letter, *, keep_subject: bool = False) -> Message:
        """Let a draft hold exactly this letter; may be repeated. `keep_subject`: for the draft of an answer."""
        content = _content(letter, keep_subject=keep_subject)
        return self._outlook.write("PATCH", _path(message_id), content, _message)

    def send(self, message_id: str) -> None:
        """Send a draft, once. Outlook has accepted it when this returns; it may still be a draft for a while.

        Any OutcomeUnknown, and Gone too, may mean that the mail is out: never send again before `find`, some
        minutes later, still shows nothing but a draft.
        """
        answer = self._outlook.act("POST", f"{_path(message_id)}/send")
        if answer.status != _ACCEPTED:
            raise OutcomeUnknown("Outlook did not say that it sends the mail.", status=answer.status)

    def get(self, message_id: str) -> Message | None:
        """The message as it is now, None when it is gone. One in the bin is not gone: see `thrown_away`."""
        try:
            return self._outlook.read(f"{_path(message_id)}?{FIELDS}", _message)
        except Gone:
            return None

    def delete(self, message_id: str) -> None:
        """Delete a message; one that is gone already is fine. Outlook may keep it in the bin."""
        try:
            self._outlook.act("DELETE", _path(message_id))
        except Gone:
            return

    def thrown_away(self, message: Message) -> bool:
        """Whether a message lies in Deleted Items: somebody deleted it, though it could still be sent."""
        if not self._trash:
            self._trash = self._outlook.read("/mailFolders/deleteditems?$select=id", identity)
        return message.folder_id == self._trash

    def conversation(self, conversation_id: str, *, most: int = 50) -> list[Message]:
        """The latest `most` messages of a conversation, oldest first, drafts and deleted ones included."""
        # Outlook refuses to sort what it filters by another property.
        condition = filtered(f"conversationId eq {quoted(conversation_id)}")
        found = self._outlook.rows(f"/messages?{condition}&{FIELDS}&$top={_PAGE}", _message)
        return sorted(found, key=lambda message: message.at or _LONG_AGO)[-most:]


def _path(message_id: str) -> str:
    return within("/messages", message_id)


def _content(letter: Letter, *, keep_subject: bool = False) -> dict[str, Any]:
    return {
        **({} if keep_subject else {"subject": letter.subject}),
        "body": {"contentType": "html", "content": letter.html},
        "toRecipients": [{"emailAddress": {"address": address}} for address in letter.to],
        "ccRecipients": [{"emailAddress": {"address": address}} for address in letter.cc],
        **with_property(MARKER, letter.marker),
    }


def _message(row: Row) -> Message:
    """Raises ValueError for what is no message: without an id, or without saying whether it is a draft."""
    is_draft = row["isDraft"]
    if not isinstance(is_draft, bool):
        raise ValueError("neither a draft nor sent")
    body = row.get("body") or {}
    written = ("createdDateTime",) if is_draft else ("receivedDateTime", "sentDateTime", "createdDateTime")
    moments = (moment(row.get(name)) for name in written)
    return Message(
        id=identity(row),
        internet_message_id=_text(row, "internetMessageId"),
        conversation_id=_text(row, "conversationId"),
        is_draft=is_draft,
        subject=_text(row, "subject"),
        web_link=_text(row, "webLink"),
        sender=_address(row.get("from")),
        recipients=(*_addresses(row, "toRecipients"), *_addresses(row, "ccRecipients")),
        body=_text(body, "content"),
        body_is_html=_text(body, "contentType").lower() == "html",
        at=next((at for at in moments if at), None),
        folder_id=_text(row, "parentFolderId"),
    )


def _marked(row: Row) -> tuple[str, Message]:
    """A message and its marker, "" without one. Outlook writes the id of a property as it likes."""
    values = row.get("singleValueExtendedProperties") or ()
    marker = next((_text(one, "value") for one in values if _text(one, "id").lower() == MARKER.lower()), "")
    return marker.lower(), _message(row)


def _text(row: Row, name: str) -> str:
    return str(row.get(name) or "")


def _addresses(row: Row, name: str) -> list[str]:
    return [_address(recipient) for recipient in row.get(name) or ()]


def _address(recipient: Row | None) -> str:
    return _text((recipient or {}).get("emailAddress") or {}, "address")
