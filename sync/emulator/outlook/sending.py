"""Sending: a message that is accepted stays in Drafts for a while, goes to Sent Items, and is noted in the outbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sync.emulator.http import Response
from sync.emulator.outlook import values
from sync.emulator.outlook.answers import find
from sync.emulator.outlook.errors import invalid_body, invalid_recipients, item_not_found
from sync.emulator.outlook.items import Item
from sync.emulator.outlook.messages import new_draft, new_message, read_message
from sync.emulator.outlook.postoffice import Mailbox
from sync.emulator.outlook.rights import check_send_as, exists, mailbox_of

if TYPE_CHECKING:
    from sync.emulator.state import Call, Emulator

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_COPIED = (
    "subject",
    "body",
    "importance",
    "internetMessageId",
    "from",
    "sender",
    "toRecipients",
    "ccRecipients",
)
_KINDS = ("toRecipients", "ccRecipients", "bccRecipients")


def send_message(call: Call) -> Response:
    """202: accepted. GraphError 404 for what is no draft, 400 without good addresses, 403 without the right."""
    box = mailbox_of(call)
    message = find(call, box.messages, "message")
    submit(call.emulator, box, message, by="service")
    return Response(202)


def send_mail(call: Call) -> Response:
    """Draft and send in one go; the caller learns no id."""
    box = mailbox_of(call)
    known = {"message": lambda _name, value: read_message(value), "saveToSentItems": values.flag}
    given = values.read_properties(call.request.json(), "sendMail", known)
    if "message" not in given:
        raise invalid_body("The parameter 'message' is missing.")
    message = new_draft(call, given["message"])
    message.keep_copy = given.get("saveToSentItems", True)
    submit(call.emulator, box, message, by="service")
    box.messages.append(message)
    return Response(202)


def submit(emulator: Emulator, box: Mailbox, message: Item, *, by: str) -> None:
    """Hand a message to transport, by the service or a person. It leaves now, whatever becomes of the answer."""
    refused = message.leaves_at is not None and emulator.options.second_send == "refused"
    if not message.data["isDraft"] or refused:
        raise item_not_found()
    _check_recipients(message)
    _set_sender(emulator, box, message)
    post = emulator.post
    message.leaves_at = emulator.clock.utc().timestamp() + emulator.options.drafts_linger
    post.outbox.append(_note(box, message, by=by, at=post.now()))
    _deliver_inside(emulator, message)
    post.changed()


def addresses(message: Item, kind: str) -> list[str]:
    """The addresses in one of the lists of recipients."""
    return [person["emailAddress"]["address"] for person in message.data[kind]]


def _check_recipients(message: Item) -> None:
    everybody = [address for kind in _KINDS for address in addresses(message, kind)]
    if not everybody:
        raise invalid_recipients("A message can't be sent because it contains no recipients.")
    for address in everybody:
        if not _ADDRESS.fullmatch(address):
            raise invalid_recipients(
                f"Recipient '{address}' is not resolved. All recipients must be resolved before a message can be "
                "submitted."
            )


def _set_sender(emulator: Emulator, box: Mailbox, message: Item) -> None:
    """Who it comes from: the mailbox itself unless somebody else was named. GraphError 403 without the right."""
    own = values.recipient("from", {"emailAddress": {"address": box.address}})
    given = message.data.get("from", own)
    check_send_as(emulator, str(given["emailAddress"]["address"]))
    message.data |= {"from": given, "sender": message.data.get("sender", own)}


def _note(box: Mailbox, message: Item, *, by: str, at: str) -> dict[str, Any]:
    data = message.data
    return {
        "mailbox": box.address,
        "from": data["from"]["emailAddress"]["address"],
        "to": addresses(message, "toRecipients"),
        "cc": addresses(message, "ccRecipients"),
        "bcc": addresses(message, "bccRecipients"),
        "subject": data["subject"],
        "body": data["body"]["content"],
        "content_type": data["body"]["contentType"],
        "marker": next(iter(message.extended.values()), None),
        "id": message.id,
        "immutable_id": message.immutable_id,
        "internet_message_id": data["internetMessageId"],
        "conversation_id": data["conversationId"],
        "in_reply_to": message.in_reply_to,
        "headers": {header["name"]: header["value"] for header in data.get("internetMessageHeaders", [])},
        "by": by,
        "at": at,
    }


def _deliver_inside(emulator: Emulator, message: Item) -> None:
    """A copy for everybody of the tenant among the recipients, without the sender's own properties."""
    everybody = {address.lower() for kind in _KINDS for address in addresses(message, kind)}
    content = {name: message.data[name] for name in _COPIED}
    for address in sorted(everybody):
        if exists(emulator, address):
            copy = new_message(
                content,
                folder="inbox",
                now=emulator.post.now(),
                conversation=message.data["conversationId"],
            )
            emulator.post.mailbox(address).messages.append(copy)
