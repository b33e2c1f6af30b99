"""Mail on the wire: what a draft looks like, what is asked for, and how an answer is read."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sync.graph.client import Connection
from sync.graph.errors import Gone, OutcomeUnknown, Refused, RetryLater
from sync.graph.mail import MARKER, Letter, Mailbox, Message
from tests.graph.scripted import Answer, Received, ScriptedGraph, refusal

LETTER = Letter(
    to=("quotes@shop.example", "desk@shop.example"),
    cc=("boss@genthrust.example",),
    subject="Quote for RO 38001?",
    html="<p>Hello</p>",
    marker="0b1f2a6e-31fd-4a43-8f0e-0d6f3c1a2b4c",
)
CONTENT = {
    "body": {"contentType": "html", "content": "<p>Hello</p>"},
    "toRecipients": [
        {"emailAddress": {"address": "quotes@shop.example"}},
        {"emailAddress": {"address": "desk@shop.example"}},
    ],
    "ccRecipients": [{"emailAddress": {"address": "boss@genthrust.example"}}],
    "singleValueExtendedProperties": [{"id": MARKER, "value": LETTER.marker}],
}
SEEN = {
    "@odata.etag": 'W/"CQAA"',
    "id": "AAkALg=",
    "internetMessageId": "<SN4PR@prod.outlook.com>",
    "conversationId": "AAQk=",
    "isDraft": False,
    "subject": "RE: Quote",
    "webLink": "https://outlook.office365.com/owa/?ItemID=1",
    "from": {"emailAddress": {"name": "Quotes", "address": "quotes@shop.example"}},
    "toRecipients": [{"emailAddress": {"name": "Us", "address": "repairs@genthrust.example"}}],
    "ccRecipients": [{"emailAddress": {"address": "boss@genthrust.example"}}],
    "body": {"contentType": "html", "content": "<html>$500</html>"},
    "createdDateTime": "2026-11-20T10:29:00Z",
    "sentDateTime": "2026-11-20T10:30:00.1234567Z",
    "receivedDateTime": "2026-11-20T10:31:00Z",
    "parentFolderId": "inbox-id",
}
FIELDS = {name for name in SEEN if not name.startswith("@")}


def at(minute: int) -> datetime:
    return datetime(2026, 11, 20, 10, minute, tzinfo=UTC)


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return Mailbox(connection)


def asked(got: Received) -> dict[str, str]:
    """The query options, and the path under "path"."""
    parts = urlsplit(got.path)
    return {"path": parts.path, **{name: value for name, (value,) in parse_qs(parts.query).items()}}


def test_a_draft(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(201, {**SEEN, "isDraft": True}))
    draft = mailbox.draft(LETTER)
    (got,) = graph.received
    assert (got.method, got.path) == ("POST", "/v1.0/me/messages")
    assert got.body == {"subject": LETTER.subject, **CONTENT}
    assert (draft.id, draft.is_draft) == ("AAkALg=", True)
    # A draft has the other two times as well, but neither says anything yet.
    assert draft.at == at(29)


def test_the_draft_of_an_answer_keeps_the_subject_of_its_conversation(
    graph: ScriptedGraph, mailbox: Mailbox
) -> None:
    graph.answer(Answer(201, {"id": "new=", "isDraft": True}), Answer(200, {**SEEN, "isDraft": True}))
    draft = mailbox.draft_reply("old=", LETTER)
    assert [(got.method, got.path) for got in graph.received] == [
        ("POST", "/v1.0/me/messages/old%3D/createReply"),
        ("PATCH", "/v1.0/me/messages/new%3D"),
    ]
    assert [got.body for got in graph.received] == [{"message": CONTENT}, CONTENT]
    assert draft.subject == "RE: Quote"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(404, refusal("ErrorItemNotFound")), OutcomeUnknown),
        (Answer(429, refusal("ApplicationThrottled")), RetryLater),
        (Answer(504), OutcomeUnknown),
        (Answer(drop=True), OutcomeUnknown),
    ],
)
def test_an_answer_that_was_made_but_not_filled_in_is_no_draft_yet(
    graph: ScriptedGraph, mailbox: Mailbox, answer: Answer, kind: type[Exception]
) -> None:
    graph.answer(Answer(201, {"id": "new=", "isDraft": True}), answer)
    with pytest.raises(kind):
        mailbox.draft_reply("old=", LETTER)
    assert len(graph.received) == 2


def test_an_answer_to_a_message_that_is_gone(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(404, refusal("ErrorItemNotFound")))
    with pytest.raises(Gone):
        mailbox.draft_reply("old=", LETTER)
    assert len(graph.received) == 1


def test_a_draft_is_changed_with_or_without_its_subject(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(200, SEEN), Answer(200, SEEN))
    mailbox.update("m", LETTER)
    mailbox.update("m", LETTER, keep_subject=True)
    assert [got.body for got in graph.received] == [{"subject": LETTER.subject, **CONTENT}, CONTENT]


def test_sending_has_no_body_and_needs_the_202(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(202), Answer(200), Answer(204))
    mailbox.send("m")
    (got,) = graph.received
    assert (got.method, got.path, got.body) == ("POST", "/v1.0/me/messages/m/send", None)
    assert got.headers["content-length"] == "0"
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            mailbox.send("m")


def test_what_cannot_be_sent_is_said(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(400, refusal("ErrorInvalidRecipients")), Answer(404, refusal("ErrorItemNotFound")))
    with pytest.raises(Refused, match="address"):
        mailbox.send("m")
    with pytest.raises(Gone):
        mailbox.send("m")


def test_a_message_as_outlook_knows_it(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(200, SEEN))
    assert mailbox.get("AAkALg=") == Message(
        id="AAkALg=",
        internet_message_id="<SN4PR@prod.outlook.com>",
        conversation_id="AAQk=",
        is_draft=False,
        subject="RE: Quote",
        web_link="https://outlook.office365.com/owa/?ItemID=1",
        sender="quotes@shop.example",
        recipients=("repairs@genthrust.example", "boss@genthrust.example"),
        body="<html>$500</html>",
        body_is_html=True,
        at=at(31),
        folder_id="inbox-id",
    )
    got = asked(graph.received[0])
    assert got["path"] == "/v1.0/me/messages/AAkALg%3D"
    assert set(got["$select"].split(",")) == FIELDS


@pytest.mark.parametrize(
    "odd",
    [
        {"from": None, "body": None, "toRecipients": None},
        {"from": {}, "body": {}, "toRecipients": [{}, {"emailAddress": None}], "receivedDateTime": "soon"},
    ],
)
def test_what_outlook_leaves_out_stays_empty(
    graph: ScriptedGraph, mailbox: Mailbox, odd: dict[str, Any]
) -> None:
    graph.answer(Answer(200, {"id": "m", "isDraft": False, **odd}))
    found = mailbox.get("m")
    assert found is not None
    assert (found.sender, "".join(found.recipients), found.body, found.at) == ("", "", "", None)
    assert (found.body_is_html, found.folder_id, found.conversation_id) == (False, "", "")


def test_a_message_that_is_gone(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(*[Answer(404, refusal("ErrorItemNotFound"))] * 2)
    assert mailbox.get("m") is None
    mailbox.delete("m")
    assert [got.method for got in graph.received] == ["GET", "DELETE"]


def test_messages_are_found_by_their_marker_in_the_whole_mailbox(
    graph: ScriptedGraph, mailbox: Mailbox
) -> None:
    graph.answer(Answer(200, {"value": [SEEN]}))
    assert [message.id for message in mailbox.find("o'clock & more")] == ["AAkALg="]
    got = asked(graph.received[0])
    assert got["path"] == "/v1.0/me/messages"
    assert got["$filter"] == (
        f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq 'o''clock & more')"
    )
    assert set(got["$select"].split(",")) == FIELDS


def test_a_conversation_comes_oldest_first_and_its_end_counts(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    def message(minute: int) -> dict[str, Any]:
        return {"id": f"m{minute}", "isDraft": False, "receivedDateTime": f"2026-11-20T10:{minute}:00Z"}

    undated = {"id": "undated", "isDraft": False}
    graph.answer(
        Answer(200, {"value": [message(40), undated, message(20)], "@odata.nextLink": f"{graph.base_url}/2"}),
        Answer(200, {"value": [message(30)]}),
    )
    found = mailbox.conversation("AAQk+/='", most=3)
    assert [message.at for message in found] == [at(20), at(30), at(40)]
    got = asked(graph.received[0])
    assert got["$filter"] == "conversationId eq 'AAQk+/='''"
    assert "$orderby" not in got


def test_a_message_in_the_bin(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    thrown = {**SEEN, "parentFolderId": "bin-id"}
    graph.answer(Answer(200, SEEN), Answer(200, thrown), Answer(200, {"id": "bin-id"}))
    kept, gone = mailbox.get("a"), mailbox.get("b")
    assert kept is not None
    assert gone is not None
    assert (mailbox.thrown_away(kept), mailbox.thrown_away(gone)) == (False, True)
    assert [got.path for got in graph.received[2:]] == ["/v1.0/me/mailFolders/deleteditems?$select=id"]
