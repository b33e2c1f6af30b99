"""Drafts that answer a message, in its conversation and with its text below."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from sync.emulator.http import Response
from sync.emulator.outlook import values
from sync.emulator.outlook.answers import find, one
from sync.emulator.outlook.errors import invalid_body
from sync.emulator.outlook.items import Item
from sync.emulator.outlook.messages import new_draft, plain, read_message, show_message
from sync.emulator.outlook.rights import mailbox_of

if TYPE_CHECKING:
    from sync.emulator.state import Call


def create_reply(call: Call) -> Response:
    """A draft to whoever the original came from, with a comment or with changes of the caller's own.

    GraphError 400 for a comment together with a body. A body of the caller's own takes the place of the quoted text.
    """
    box = mailbox_of(call)
    original = find(call, box.messages, "message")
    known = {"message": lambda _name, value: read_message(value), "comment": values.text}
    given = values.read_properties(call.request.json(), "createReply", known)
    changes = given.get("message") or {}
    if "comment" in given and "body" in changes:
        raise invalid_body("Comment and Body parameters cannot both be specified.")
    start = {
        "subject": reply_subject(original.data["subject"]),
        "toRecipients": original.data["replyTo"] or sender_of(original),
        "body": quoting(original, given.get("comment", "")),
    }
    draft = new_draft(call, {**start, **changes}, conversation=original.data["conversationId"])
    draft.in_reply_to = original.data["internetMessageId"]
    box.messages.append(draft)
    call.emulator.post.changed()
    return one(call, box, "messages", show_message(call, box, draft), status=201)


def sender_of(message: Item) -> list[dict[str, Any]]:
    """Who a message is from, as recipients; nobody for a draft. Of a message of one's own that is oneself."""
    return [message.data["from"]] if "from" in message.data else []


def reply_subject(subject: str) -> str:
    """With `RE:` in front, once."""
    return subject if subject.upper().startswith("RE:") else f"RE: {subject}"


def quoting(original: Item, text: str) -> dict[str, str]:
    """A text above the original, in the kind of the original."""
    data = original.data
    sender = data.get("from", {}).get("emailAddress", {}).get("address", "")
    lines = [f"From: {sender}", f"Sent: {data['sentDateTime']}", f"Subject: {data['subject']}"]
    if data["body"]["contentType"] == "text":
        above = [text, "", "________________________________", *lines, ""]
        return {"contentType": "text", "content": "\r\n".join([*above, plain(data["body"])])}
    head = "<br>".join(html.escape(line) for line in lines)
    content = f"<div>{html.escape(text)}</div><hr><div>{head}</div>{data['body']['content']}"
    return {"contentType": "html", "content": values.whole_page(_inner(content))}


def _inner(content: str) -> str:
    """HTML without the frames of the pages that it was put together from."""
    start, end = content.lower().find("<html"), content.lower().rfind("</html>")
    if start < 0 or end < 0:
        return content
    body = content.lower().find("<body", start)
    inner = (
        content[content.find(">", body) + 1 : content.lower().rfind("</body>", 0, end)] if body >= 0 else ""
    )
    return content[:start] + inner + content[end + len("</html>") :]
