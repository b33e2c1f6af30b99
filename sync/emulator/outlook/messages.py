"""Messages: drafting, reading, listing, changing, deleting."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sync.emulator.errors import GraphError
from sync.emulator.http import Response
from sync.emulator.outlook import values
from sync.emulator.outlook.answers import find, heading, many, one, preference
from sync.emulator.outlook.errors import not_settable, unknown_property
from sync.emulator.outlook.extended import PROPERTY, expanded_ids, extended_properties, shown
from sync.emulator.outlook.folders import folder_name
from sync.emulator.outlook.items import Item, new_id
from sync.emulator.outlook.postoffice import Mailbox, new_message_id
from sync.emulator.outlook.queries import Collection, selected
from sync.emulator.outlook.rights import mailbox_of

if TYPE_CHECKING:
    from sync.emulator.state import Call

HEADERS = "internetMessageHeaders"
_MOST_HEADERS = 5

_ONLY_IN_DRAFTS: dict[str, values.Check] = {
    "subject": values.text,
    "body": values.body,
    "from": values.recipient,
    "sender": values.recipient,
    "toRecipients": values.recipients,
    "ccRecipients": values.recipients,
    "bccRecipients": values.recipients,
    "replyTo": values.recipients,
    "internetMessageId": values.text,
}
_ALWAYS: dict[str, values.Check] = {
    "categories": values.texts,
    "importance": values.one_of("low", "normal", "high"),
    "inferenceClassification": values.one_of("focused", "other"),
    "isDeliveryReceiptRequested": values.flag,
    "isRead": values.flag,
    "isReadReceiptRequested": values.flag,
    PROPERTY: extended_properties,
}
_READ_ONLY = frozenset(
    {
        *("id", "changeKey", "createdDateTime", "lastModifiedDateTime", "receivedDateTime", "sentDateTime"),
        *(
            "conversationId",
            "isDraft",
            "bodyPreview",
            "hasAttachments",
            "parentFolderId",
            "webLink",
            "uniqueBody",
        ),
    }
)
_SETTABLE = {**_ONLY_IN_DRAFTS, **_ALWAYS}
_NOT_SHOWN = frozenset({HEADERS, "uniqueBody"})
"""Only in an answer when selected."""

COLLECTION = Collection(
    type_name="message",
    properties=_READ_ONLY | (_SETTABLE.keys() - {PROPERTY}) | {HEADERS},
    filters={
        "conversationId": "text",
        "internetMessageId": "text",
        "isDraft": "bool",
        "receivedDateTime": "time",
        "createdDateTime": "time",
        "sentDateTime": "time",
    },
    sorts=("receivedDateTime", "createdDateTime", "sentDateTime"),
    extended=True,
)


def create_message(call: Call) -> Response:
    """A new draft."""
    box = mailbox_of(call)
    message = new_draft(call, read_message(call.request.json()))
    box.messages.append(message)
    call.emulator.post.changed()
    return _answer(call, box, message, status=201)


def get_message(call: Call) -> Response:
    """One message."""
    box = mailbox_of(call)
    return _answer(call, box, find(call, box.messages, "message"))


def list_messages(call: Call) -> Response:
    """The messages of the whole mailbox, Deleted Items included, or of a folder."""
    box = mailbox_of(call)
    items = box.messages
    if "folder" in call.parameters:
        folder = folder_name(box, call.parameters["folder"])
        items = [message for message in items if message.folder == folder]
    return many(
        call, box, "messages", items, COLLECTION, show=lambda message: show_message(call, box, message)
    )


def change_message(call: Call) -> Response:
    """Change a message; most of it only as long as it is a draft."""
    box = mailbox_of(call)
    message = find(call, box.messages, "message")
    apply_changes(message, read_message(call.request.json(), new=False), when=call.emulator.post.now())
    call.emulator.post.changed()
    return _answer(call, box, message)


def delete_message(call: Call) -> Response:
    """Into Deleted Items, and from there away."""
    box = mailbox_of(call)
    discard(box, find(call, box.messages, "message"))
    call.emulator.post.changed()
    return Response(204)


def read_message(body: Any, *, new: bool = True) -> dict[str, Any]:
    """The properties of a body. GraphError 400 for one that is unknown or not for the caller to set."""
    if isinstance(body, dict) and (closed := _READ_ONLY & body.keys()):
        raise not_settable(f"Set action is invalid for property '{sorted(closed)[0]}'.")
    if not new and isinstance(body, dict) and HEADERS in body:
        raise not_settable(f"Set action is invalid for property '{HEADERS}'.")
    return values.read_properties(body, "message", {**_SETTABLE, HEADERS: _headers})


def new_draft(call: Call, given: dict[str, Any], *, conversation: str | None = None) -> Item:
    """A draft with what was given and what the service adds; in no mailbox yet."""
    now = call.emulator.post.now()
    return new_message(given, folder="drafts", now=now, conversation=conversation)


def new_message(given: dict[str, Any], *, folder: str, now: str, conversation: str | None = None) -> Item:
    """A message as it comes into being in one of the folders."""
    draft = folder == "drafts"
    data = {
        "createdDateTime": now,
        "receivedDateTime": now,
        # Drafts have one too: it does not mean that they were sent.
        "sentDateTime": now,
        "hasAttachments": False,
        "internetMessageId": new_message_id(),
        "subject": "",
        "importance": "normal",
        "conversationId": conversation or new_id("AAQkAGEm"),
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": False,
        "isRead": draft,
        "isDraft": draft,
        "inferenceClassification": "focused",
        "categories": [],
        "body": {"contentType": "text", "content": ""},
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        **{name: value for name, value in given.items() if name != PROPERTY},
    }
    message = Item(folder, data, dict(given.get(PROPERTY, {})))
    message.touch(now)
    return message


def apply_changes(message: Item, changes: dict[str, Any], *, when: str) -> None:
    """Take over changes. GraphError 400 when the message is no draft any more, 409 when it is on its way."""
    closed = sorted(changes.keys() & _ONLY_IN_DRAFTS)
    if closed and not message.data["isDraft"]:
        raise not_settable("Message is not draft.")
    if message.leaves_at is not None:
        raise GraphError(
            409,
            "The send or update operation could not be performed because the change key passed in the request "
            "does not match the current change key for the item.",
            code="ErrorIrresolvableConflict",
        )
    message.extended |= changes.pop(PROPERTY, {})
    message.data |= changes
    message.touch(when)


def discard(box: Mailbox, message: Item) -> None:
    """Move a message to Deleted Items, or out of the mailbox when it is there already.

    One that is on its way leaves all the same.
    """
    if message.folder == "deleteditems":
        box.messages.remove(message)
        return
    message.leaves_at = None
    message.move("deleteditems")


def show_message(call: Call, box: Mailbox, message: Item) -> dict[str, Any]:
    """A message as the request wants it."""
    wanted = selected(call.request, COLLECTION)
    expanded = expanded_ids(call.request.query_value("$expand"))
    everything = message.data | {
        "bodyPreview": plain(message.data["body"])[:255],
        "parentFolderId": box.folder_id(message.folder),
        "webLink": f"https://outlook.office365.com/owa/?ItemID={quote(message.id, safe='')}&viewmodel=ReadMessageItem",
        "uniqueBody": message.data.get("uniqueBody", message.data["body"]),
        HEADERS: message.data.get(HEADERS, []),
    }
    if preference(call, "outlook.body-content-type") == "text":
        for name in ("body", "uniqueBody"):
            everything[name] = {"contentType": "text", "content": plain(everything[name])}
    chosen = everything.keys() - _NOT_SHOWN if wanted is None else wanted
    properties = {name: value for name, value in everything.items() if name in chosen}
    return {**heading(call, message), **properties, **shown(message.extended, expanded)}


def plain(body: dict[str, str]) -> str:
    """A body as text."""
    if body["contentType"] == "text":
        return body["content"]
    without_head = re.sub(
        r"<(head|style|script)\b.*?</\1>", "", body["content"], flags=re.DOTALL | re.IGNORECASE
    )
    broken = re.sub(r"<(br|/p|/div|/tr|hr)\b[^>]*>", "\r\n", without_head, flags=re.IGNORECASE)
    return html.unescape(re.sub(r"<[^>]+>", "", broken)).strip()


def _answer(call: Call, box: Mailbox, message: Item, *, status: int = 200) -> Response:
    return one(call, box, "messages", show_message(call, box, message), status=status)


def _headers(name: str, value: Any) -> list[dict[str, str]]:
    """Headers of a program's own: a few, and none of those that Exchange itself writes."""
    if not isinstance(value, list):
        raise unknown_property(name, "message")
    known = {"name": values.text, "value": values.text}
    found = [values.read_properties(part, "internetMessageHeader", known) for part in value]
    for header in found:
        if not header.get("name", "").lower().startswith("x-"):
            raise GraphError(
                400,
                f"The internet message header name '{header.get('name', '')}' should start with 'x-' or 'X-'.",
                code="InvalidInternetMessageHeader",
            )
    if len(found) > _MOST_HEADERS:
        raise GraphError(
            400,
            "Maximum number of headers in one message should be less than or equal to 5.",
            code="InvalidInternetMessageHeaderCollection",
        )
    return found
