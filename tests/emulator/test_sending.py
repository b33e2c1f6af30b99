"""Sending, what really left, replies, and people at work in Outlook itself."""

from __future__ import annotations

import httpx
import pytest

from tests.emulator.client import Graph
from tests.emulator.outlook import IMMUTABLE, OFFICE, SHOP, Outlook, by_marker, code, marked, people

_SEND = {"method": "POST", "path_regex": "/send$"}


def test_a_sent_message_stays_in_drafts_for_a_while(office: Outlook) -> None:
    draft = office.draft(singleValueExtendedProperties=marked("m1"))
    answer = office.send(draft["id"])
    assert (answer.status_code, answer.content) == (202, b"")
    waiting = office.get(f"messages/{draft['id']}")
    assert (waiting["isDraft"], waiting["parentFolderId"]) == (True, draft["parentFolderId"])
    office.later(3)
    sent = office.get(f"messages/{draft['id']}")
    assert sent["isDraft"] is False
    assert sent["from"]["emailAddress"]["address"] == OFFICE
    assert sent["sentDateTime"] > draft["sentDateTime"]
    assert sent["internetMessageId"] == draft["internetMessageId"]
    assert [m["id"] for m in office.list("mailFolders/sentitems/messages")] == [draft["id"]]
    assert office.list("mailFolders/drafts/messages") == []
    assert office.list(filter=by_marker("m1"))[0]["id"] == draft["id"]


def test_an_ordinary_id_is_gone_after_the_send(graph: Graph) -> None:
    plain = Outlook(graph, immutable=False)
    draft = plain.draft()
    assert plain.send(draft["id"]).status_code == 202
    plain.later(3)
    assert plain.call("GET", f"messages/{draft['id']}").status_code == 404
    assert plain.list()[0]["id"] != draft["id"]


def test_what_left_is_in_the_outbox(office: Outlook) -> None:
    draft = office.draft(
        body={"contentType": "text", "content": "When?"},
        ccRecipients=people("boss@other.example"),
        singleValueExtendedProperties=marked("m1"),
        internetMessageHeaders=[{"name": "x-ro", "value": "38001"}],
    )
    assert office.outbox() == []
    office.send(draft["id"])
    (mail,) = office.outbox()
    assert (mail["mailbox"], mail["to"], mail["cc"]) == (OFFICE, [SHOP], ["boss@other.example"])
    assert (mail["subject"], mail["body"], mail["marker"]) == ("RO 38001", "When?", "m1")
    assert (mail["immutable_id"], mail["conversation_id"]) == (draft["id"], draft["conversationId"])
    assert (mail["headers"], mail["by"]) == ({"x-ro": "38001"}, "service")
    assert office.graph.control("GET", "outbox?marker=other") == []


def test_a_second_send_delivers_a_second_time_while_it_is_on_its_way(office: Outlook) -> None:
    draft = office.draft()
    assert [office.send(draft["id"]).status_code for _ in range(2)] == [202, 202]
    assert len(office.outbox()) == 2
    office.later(3)
    answer = office.send(draft["id"])
    assert (answer.status_code, code(answer)) == (404, "ErrorItemNotFound")
    assert len(office.outbox()) == 2


def test_a_second_send_can_also_be_refused(office: Outlook) -> None:
    office.graph.options(second_send="refused")
    draft = office.draft()
    assert [office.send(draft["id"]).status_code for _ in range(2)] == [202, 404]
    assert len(office.outbox()) == 1


@pytest.mark.parametrize(
    ("address", "good"),
    [
        (SHOP, True),
        ("o'brien+ro@mail.shop.example", True),
        ("a@shop.example, b@shop.example", False),
        ("a@shop.example;b@shop.example", False),
        ("Shop <a@shop.example>", False),
        ("a@shop", False),
        ("a.@shop.example", False),
        ("a@-shop.example", False),
        ("a@shop.example\n", False),
        ("ask the shop", False),
        ("", False),
    ],
)
def test_an_address_must_be_one(office: Outlook, address: str, *, good: bool) -> None:
    draft = office.draft(toRecipients=people(SHOP), ccRecipients=people(address))
    answer = office.send(draft["id"])
    assert answer.status_code == (202 if good else 400)
    assert good or code(answer) == "ErrorInvalidRecipients"
    assert len(office.outbox()) == good


def test_a_message_needs_a_recipient(office: Outlook) -> None:
    answer = office.send(office.draft(toRecipients=[])["id"])
    assert (answer.status_code, code(answer)) == (400, "ErrorInvalidRecipients")
    assert "contains no recipients" in answer.json()["error"]["message"]


def test_send_mail(office: Outlook) -> None:
    message = {"subject": "at once", "toRecipients": people(SHOP)}
    assert office.call("POST", "sendMail", {"message": message}).status_code == 202
    assert office.call("POST", "sendMail", {"message": message, "saveToSentItems": False}).status_code == 202
    assert len(office.list("mailFolders/drafts/messages")) == 2
    office.later(3)
    assert [m["subject"] for m in office.list()] == ["at once"]
    assert len(office.outbox()) == 2
    for bad in ({}, {"message": {"subjekt": "x"}}, {"mail": message}):
        assert office.call("POST", "sendMail", bad).status_code == 400
    assert code(office.call("POST", "sendMail", {"message": {}})) == "ErrorInvalidRecipients"
    assert len(office.outbox()) == 2


@pytest.mark.parametrize("kind", ["status_after_apply", "drop_after_apply"])
def test_a_send_whose_answer_is_lost_was_carried_out(office: Outlook, kind: str) -> None:
    draft = office.draft(singleValueExtendedProperties=marked("m1"))
    office.graph.fault(kind, match=_SEND, status=504)
    if kind == "status_after_apply":
        assert office.send(draft["id"]).status_code == 504
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            office.send(draft["id"])
    assert [mail["marker"] for mail in office.outbox()] == ["m1"]


@pytest.mark.parametrize("kind", ["status", "drop"])
def test_a_send_that_fails_before_was_not(office: Outlook, kind: str) -> None:
    draft = office.draft()
    office.graph.fault(kind, match=_SEND, status=503)
    if kind == "status":
        assert office.send(draft["id"]).status_code == 503
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            office.send(draft["id"])
    assert office.outbox() == []
    assert office.send(draft["id"]).status_code == 202


@pytest.mark.parametrize("lost", ["marker", "internet_message_id", "immutable_id"])
def test_what_is_not_promised_can_be_lost_on_the_way(office: Outlook, lost: str) -> None:
    office.graph.options(loses_on_send=lost)
    draft = office.draft(singleValueExtendedProperties=marked("m1"))
    office.send(draft["id"])
    office.later(3)
    (sent,) = office.list("mailFolders/sentitems/messages")
    kept = {
        "marker": len(office.list(filter=by_marker("m1"))) == 1,
        "internet_message_id": sent["internetMessageId"] == draft["internetMessageId"],
        "immutable_id": sent["id"] == draft["id"],
    }
    assert [name for name, is_kept in kept.items() if not is_kept] == [lost]


def test_a_mail_inside_the_house_arrives_in_the_other_mailbox(office: Outlook) -> None:
    colleague = Outlook(office.graph, "boss@genthrust.example")
    draft = office.draft(
        ccRecipients=people("Boss@genthrust.example"), singleValueExtendedProperties=marked("m1")
    )
    office.send(draft["id"])
    (copy,) = colleague.list("mailFolders/inbox/messages")
    assert copy["internetMessageId"] == draft["internetMessageId"]
    assert (copy["isDraft"], copy["isRead"]) == (False, False)
    assert colleague.list(filter=by_marker("m1")) == []


def test_a_shop_answers_and_is_answered(office: Outlook) -> None:
    draft = office.draft(
        body={"contentType": "html", "content": "<p>When?</p>"}, singleValueExtendedProperties=marked("m1")
    )
    office.send(draft["id"])
    office.later(60)
    told = office.by_hand("receive", id="m1", body="Next week, <promised>.")
    (mail,) = office.list(
        "mailFolders/inbox/messages", select="subject,from,isRead,conversationId,body,uniqueBody"
    )
    assert mail["from"]["emailAddress"]["address"] == SHOP
    assert (mail["subject"], mail["isRead"]) == ("RE: RO 38001", False)
    assert mail["conversationId"] == draft["conversationId"] == told["conversation_id"]
    assert mail["uniqueBody"]["content"] == "Next week, <promised>."
    assert "Next week, &lt;promised&gt;." in mail["body"]["content"]
    assert "<p>When?</p>" in mail["body"]["content"]
    assert mail["body"]["content"].count("<html>") == 1

    reply = office.make(f"messages/{mail['id']}/createReply", {"comment": "Thanks"})
    assert (reply["subject"], reply["isDraft"]) == ("RE: RO 38001", True)
    assert reply["conversationId"] == draft["conversationId"]
    assert [person["emailAddress"]["address"] for person in reply["toRecipients"]] == [SHOP]
    assert "Thanks" in reply["body"]["content"]
    assert "Next week" in reply["body"]["content"]
    office.send(reply["id"])
    assert office.outbox()[-1]["in_reply_to"] == told["internet_message_id"]


def test_a_reply_takes_a_message_or_a_comment(office: Outlook) -> None:
    told = office.by_hand("receive", **{"from": SHOP, "subject": "Quote", "body": "100 USD"})
    path = f"messages/{told['immutable_id']}/createReply"
    message = {
        "body": {"contentType": "text", "content": "mine"},
        "singleValueExtendedProperties": marked("m2"),
    }
    assert office.call("POST", path, {"message": message, "comment": "x"}).status_code == 400
    assert office.call("POST", path, {"message": {"subjekt": "x"}}).status_code == 400
    assert office.call("POST", path, {"note": "x"}).status_code == 400
    assert len(office.list()) == 1
    reply = office.make(path, {"message": message})
    assert reply["body"]["content"] == "mine"
    assert [m["id"] for m in office.list(filter=by_marker("m2"))] == [reply["id"]]
    url = f"{office.graph.emulator.base_url}/users/{OFFICE}/{path}"
    bare = office.graph.http.post(url, headers={**IMMUTABLE, "Content-Length": "0"})
    assert bare.status_code == 201
    assert "100 USD" in bare.json()["body"]["content"]
    other = Outlook(office.graph, "other@genthrust.example")
    assert other.call("POST", path, {}).status_code == 404


def test_a_reply_to_ones_own_mail_goes_to_oneself(office: Outlook) -> None:
    draft = office.draft()
    office.send(draft["id"])
    office.later(3)
    reply = office.make(f"messages/{draft['id']}/createReply", {})
    assert [person["emailAddress"]["address"] for person in reply["toRecipients"]] == [OFFICE]


def test_the_newest_of_a_conversation_is_answered(office: Outlook) -> None:
    told = office.by_hand("receive", **{"from": SHOP, "subject": "Quote", "body": "1"})
    again = office.by_hand("receive", conversation_id=told["conversation_id"], body="2", **{"from": SHOP})
    found = office.list(filter=f"conversationId eq '{told['conversation_id']}'", select="subject")
    assert {m["id"] for m in found} == {told["immutable_id"], again["immutable_id"]}


def test_a_person_sends_edits_and_deletes_in_outlook(office: Outlook) -> None:
    draft = office.draft(singleValueExtendedProperties=marked("m1"))
    office.by_hand("edit", id="m1", changes={"subject": "by hand"})
    assert office.get(f"messages/{draft['id']}")["subject"] == "by hand"
    office.by_hand("send", id=draft["id"])
    (mail,) = office.outbox()
    assert (mail["subject"], mail["by"]) == ("by hand", "person")
    other = office.draft(singleValueExtendedProperties=marked("m2"))
    office.by_hand("delete", id="m2")
    assert len(office.list("mailFolders/deleteditems/messages")) == 1
    office.by_hand("delete", id="m2", for_good=True)
    assert office.call("GET", f"messages/{other['id']}").status_code == 404
    missing = office.graph.http.post(f"{office.graph.emulator.control_url}/mail/send", json={"id": "none"})
    assert missing.status_code == 400


def test_a_mail_that_is_deleted_on_its_way_leaves_all_the_same(office: Outlook) -> None:
    draft = office.draft()
    office.send(draft["id"])
    office.by_hand("delete", id=draft["id"])
    office.later(3)
    assert len(office.outbox()) == 1
    assert [m["isDraft"] for m in office.list("mailFolders/deleteditems/messages")] == [True]
    assert office.list("mailFolders/sentitems/messages") == []


def test_a_person_is_quicker_than_our_send(office: Outlook) -> None:
    office.graph.options(drafts_linger=0.0)
    draft = office.draft()
    office.graph.fault("by_hand", match=_SEND, act="send")
    assert office.send(draft["id"]).status_code == 404
    assert [mail["by"] for mail in office.outbox()] == ["person"]
    other = office.draft()
    office.graph.fault("by_hand", match=_SEND, act="delete", when="after", id=other["id"], mailbox=OFFICE)
    assert office.send(other["id"]).status_code == 202
    assert len(office.outbox()) == 2


def test_a_mailbox_can_be_looked_into(office: Outlook) -> None:
    office.draft(singleValueExtendedProperties=marked("m1"))
    seen = office.graph.control("GET", f"mailbox?address={OFFICE}")
    assert [message["folder"] for message in seen["messages"]] == ["drafts"]
