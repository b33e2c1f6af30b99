"""What people do to mailboxes: a shop answers, somebody sends, edits or deletes a draft in Outlook itself.

`mailbox` is an address, that of `me` unless given. `id` is either kind of id, or the value of an extended property,
of the message meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sync.emulator.outlook import values
from sync.emulator.outlook.items import Item
from sync.emulator.outlook.messages import apply_changes, discard, new_message, read_message
from sync.emulator.outlook.postoffice import Mailbox
from sync.emulator.outlook.replies import quoting, reply_subject
from sync.emulator.outlook.sending import submit

if TYPE_CHECKING:
    from sync.emulator.state import Emulator

Told = Mapping[str, Any]


def receive(emulator: Emulator, told: Told) -> dict[str, Any]:
    """A mail comes in: `body`, and for a new one `from` and `subject`.

    With `id` or `conversation_id` it answers that message, or the newest of that conversation, and quotes it.
    """
    box = emulator.post.mailbox(told["mailbox"])
    original = _original(box, told)
    message = new_message(
        _mail(box, told, original),
        folder="inbox",
        now=emulator.post.now(),
        conversation=original.data["conversationId"] if original else told.get("conversation_id"),
    )
    if original:
        message.in_reply_to = original.data["internetMessageId"]
    box.messages.append(message)
    return _seen(message)


def send(emulator: Emulator, told: Told) -> dict[str, Any]:
    """Somebody presses Send."""
    box, message = _meant(emulator, told)
    submit(emulator, box, message, by="person")
    return _seen(message)


def edit(emulator: Emulator, told: Told) -> dict[str, Any]:
    """Somebody changes a draft: `changes` as in a PATCH."""
    _box, message = _meant(emulator, told)
    apply_changes(message, read_message(told["changes"], new=False), when=emulator.post.now())
    return _seen(message)


def delete(emulator: Emulator, told: Told) -> dict[str, Any]:
    """Somebody deletes a message; with `for_good` also out of Deleted Items."""
    box, message = _meant(emulator, told)
    discard(box, message)
    if told.get("for_good") and message in box.messages:
        discard(box, message)
    return _seen(message)


ACTS: dict[str, Callable[[Emulator, Told], dict[str, Any]]] = {
    "receive": receive,
    "send": send,
    "edit": edit,
    "delete": delete,
}


def act(emulator: Emulator, name: str, told: Told) -> dict[str, Any]:
    """Do one of them by name. KeyError and ValueError when it makes no sense, GraphError when Outlook refuses."""
    seen = ACTS[name](emulator, {"mailbox": emulator.options.me, **told})
    emulator.post.changed()
    return seen


def look(emulator: Emulator, address: str) -> dict[str, Any]:
    """Everything in a mailbox, with what Graph doesn't show."""
    return asdict(emulator.post.mailbox(address))


def _meant(emulator: Emulator, told: Told) -> tuple[Mailbox, Item]:
    box = emulator.post.mailbox(told["mailbox"])
    for message in box.messages:
        if message.answers_to(told["id"]):
            return box, message
    raise ValueError(f"there is no message {told['id']} in {box.address}")


def _original(box: Mailbox, told: Told) -> Item | None:
    if "id" in told:
        found = [message for message in box.messages if message.answers_to(told["id"])]
    elif "conversation_id" in told:
        found = [
            message for message in box.messages if message.data["conversationId"] == told["conversation_id"]
        ]
    else:
        return None
    if not found:
        raise ValueError("there is no message to answer")
    return found[-1]


def _mail(box: Mailbox, told: Told, original: Item | None) -> dict[str, Any]:
    own = {"contentType": told.get("content_type", "text"), "content": told["body"]}
    mail = {
        "subject": told.get("subject") or reply_subject(original.data["subject"] if original else ""),
        "from": _person(told.get("from") or _other_side(box, original)),
        "toRecipients": [_person(box.address)],
        "body": values.body("body", own),
        "uniqueBody": values.body("uniqueBody", own),
    }
    if original and own["contentType"] == "text":
        mail["body"] = quoting(original, told["body"])
    return {**mail, "sender": mail["from"]}


def _other_side(box: Mailbox, original: Item | None) -> str:
    """Who would answer: the first one it went to, or else who wrote it."""
    if original is None:
        raise ValueError("a mail that answers nothing needs from")
    people = [*original.data["toRecipients"], original.data.get("from")]
    found = [person["emailAddress"]["address"] for person in people if person]
    others = [str(address) for address in found if address.lower() != box.address]
    if not others:
        raise ValueError("nobody else takes part in what is answered: it needs from")
    return others[0]


def _person(address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": address, "address": address}}


def _seen(message: Item) -> dict[str, Any]:
    return {
        "id": message.id,
        "immutable_id": message.immutable_id,
        "conversation_id": message.data["conversationId"],
        "internet_message_id": message.data["internetMessageId"],
    }
