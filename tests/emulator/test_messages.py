"""Drafting, reading, finding, changing and deleting messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Graph
from tests.emulator.outlook import IMMUTABLE, MARKER, OFFICE, SHOP, Outlook, by_marker, code, marked, people

NUMBER = MARKER.replace("String", "Long")


def test_a_draft_gets_what_the_service_gives_it(office: Outlook) -> None:
    draft = office.draft(body={"contentType": "HTML", "content": "<p>When?</p>"}, ccRecipients=people(OFFICE))
    assert draft["isDraft"] is True
    assert draft["internetMessageId"].startswith("<")
    assert {"id", "conversationId", "webLink", "createdDateTime", "changeKey"} <= draft.keys()
    assert draft["body"]["contentType"] == "html"
    assert draft["body"]["content"].startswith("<html>")
    assert draft["bodyPreview"] == "When?"
    assert draft["toRecipients"] == [{"emailAddress": {"name": SHOP, "address": SHOP}}]
    assert not {"from", "uniqueBody", "internetMessageHeaders"} & draft.keys()
    assert office.list("mailFolders/drafts/messages")[0]["id"] == draft["id"]
    assert office.list("mailFolders/SentItems/messages") == []


def test_two_posts_make_two_drafts(office: Outlook) -> None:
    assert office.draft()["id"] != office.draft()["id"]
    assert len(office.list()) == 2


def test_me_is_the_person_of_the_token(graph: Graph) -> None:
    mine = Outlook(graph, None).draft()
    assert Outlook(graph, "Demo@GenThrust.example").get(f"messages/{mine['id']}")["id"] == mine["id"]
    graph.options(app_only=True)
    answer = Outlook(graph, None).call("GET", "messages")
    assert (answer.status_code, code(answer)) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"subjekt": "x"}, "RequestBodyRead"),
        ({"transactionId": "x"}, "RequestBodyRead"),
        ({"subject": 5}, "RequestBodyRead"),
        ({"toRecipients": "a@shop.example"}, "RequestBodyRead"),
        ({"toRecipients": ["a@shop.example"]}, "RequestBodyRead"),
        ({"toRecipients": [{"address": "a@shop.example"}]}, "RequestBodyRead"),
        ({"body": "text"}, "RequestBodyRead"),
        ({"body": {"contentType": "markdown", "content": "x"}}, "RequestBodyRead"),
        ({"isDraft": False}, "ErrorInvalidPropertySet"),
        ({"conversationId": "x"}, "ErrorInvalidPropertySet"),
        ({"singleValueExtendedProperties": marked("x", "OutboxId")}, "ErrorInvalidProperty"),
        ({"singleValueExtendedProperties": marked("x", NUMBER)}, "ErrorInvalidExtendedProperty"),
        ({"internetMessageHeaders": [{"name": "In-Reply-To", "value": "<x>"}]}, "InvalidInternetMessageHeader"),
        (
            {"internetMessageHeaders": [{"name": f"x-{n}", "value": "x"} for n in range(6)]},
            "InvalidInternetMessageHeaderCollection",
        ),
        ([], "RequestBodyRead"),
    ],
)  # fmt: skip
def test_a_body_that_the_service_refuses(office: Outlook, body: Any, expected: str) -> None:
    answer = office.call("POST", "messages", body)
    assert (answer.status_code, code(answer)) == (400, expected)
    assert office.list() == []


def test_an_unknown_property_is_named(office: Outlook) -> None:
    message = office.call("POST", "messages", {"subjekt": "x"}).json()["error"]["message"]
    assert message.startswith("The property 'subjekt' does not exist on type 'microsoft.graph.message'.")


def test_the_types_that_libraries_add_are_no_properties(office: Outlook) -> None:
    assert office.draft(**{"@odata.type": "#microsoft.graph.message"})["subject"] == "RO 38001"


def test_a_marker_is_shown_only_when_asked_for(office: Outlook) -> None:
    draft = office.draft(singleValueExtendedProperties=marked("Abc-1"))
    assert "singleValueExtendedProperties" not in draft
    found = office.list(filter=by_marker("aBC-1"))
    assert [message["id"] for message in found] == [draft["id"]]
    assert "singleValueExtendedProperties" not in found[0]
    other = MARKER.replace("OutboxId", "Other")
    expand = f"singleValueExtendedProperties($filter=id eq '{other}' or id eq '{MARKER.upper()[:45]}{MARKER[45:]}')"
    shown = office.get(f"messages/{draft['id']}", expand=expand, select="subject")
    assert shown["singleValueExtendedProperties"] == [{"id": MARKER, "value": "Abc-1"}]
    assert shown.keys() == {"@odata.context", "@odata.etag", "id", "subject", "singleValueExtendedProperties"}


def test_the_name_of_a_marker_is_case_sensitive(office: Outlook) -> None:
    office.draft(singleValueExtendedProperties=marked("abc"))
    for value in ("abc", None):
        assert office.list(filter=by_marker(value, MARKER.replace("OutboxId", "outboxid"))) == []


def test_finding_what_has_a_marker_at_all(office: Outlook) -> None:
    marked_ones = [office.draft(singleValueExtendedProperties=marked(value))["id"] for value in ("a", "b")]
    sent = office.draft(singleValueExtendedProperties=marked("c"))["id"]
    office.draft()
    office.send(sent)
    office.later(60)
    found = office.list(filter=f"{by_marker(None)} and isDraft eq true")
    assert {message["id"] for message in found} == {*marked_ones}
    assert len(office.list(filter=by_marker(None))) == 3


def test_finding_by_other_properties(office: Outlook) -> None:
    first, second = office.draft(), office.draft(subject="another")
    for name in ("conversationId", "internetMessageId"):
        assert [m["id"] for m in office.list(filter=f"{name} eq '{first[name]}'")] == [first["id"]]
    office.send(second["id"])
    office.later(60)
    assert [m["subject"] for m in office.list(filter="isDraft eq false")] == ["another"]
    since = f"receivedDateTime ge {second['createdDateTime']} and isDraft eq true"
    assert [m["id"] for m in office.list(filter=since)] == [first["id"]]
    assert office.list(filter="receivedDateTime ge 2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"filter": "contains(subject, 'RO')"}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": "subject eq 'x'"}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": "isDraft eq 'true'"}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": "receivedDateTime ge yesterday"}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": "isDraft eq true or isDraft eq false"}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": "isDraft eq true and "}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": ""}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": by_marker("x", "OutboxId")}, "ErrorInvalidProperty"),
        ({"filter": by_marker("x").replace("eq 'x'", "eq null")}, "ErrorInvalidUrlQueryFilter"),
        ({"filter": "conversationId eq 'x'", "orderby": "receivedDateTime desc"}, "InefficientFilter"),
        ({"orderby": "subject"}, "RequestBroker--ParseUri"),
        ({"orderby": "receivedDateTime up"}, "RequestBroker--ParseUri"),
        ({"top": "many"}, "RequestBroker--ParseUri"),
        ({"search": '"RO"'}, "RequestBroker--ParseUri"),
        ({"expand": "attachments"}, "RequestBroker--ParseUri"),
        ({"expand": "singleValueExtendedProperties"}, "RequestBroker--ParseUri"),
        ({"select": "id,subjekt"}, "RequestBroker--ParseUri"),
    ],
)
def test_a_query_that_the_service_refuses(office: Outlook, query: dict[str, str], expected: str) -> None:
    office.draft()
    answer = office.call("GET", "messages", **query)
    assert (answer.status_code, code(answer)) == (400, expected)


def test_a_list_comes_in_pages(office: Outlook) -> None:
    for number in range(12):
        office.draft(subject=f"{number}")
        office.later(1)
    first = office.get("messages", orderby="createdDateTime asc", select="subject")
    assert [m["subject"] for m in first["value"]] == [str(number) for number in range(10)]
    rest = office.graph.http.get(first["@odata.nextLink"], headers=IMMUTABLE).json()
    assert [m["subject"] for m in rest["value"]] == ["10", "11"]
    assert "@odata.nextLink" not in rest
    assert [m["subject"] for m in office.list(top="2")] == ["11", "10"]
    since = f"receivedDateTime ge {office.list(top='3')[2]['receivedDateTime']}"
    assert len(office.list(filter=since, orderby="receivedDateTime asc")) == 3


def test_a_draft_can_be_changed_and_a_sent_message_hardly(office: Outlook) -> None:
    draft = office.draft(singleValueExtendedProperties=marked("m1"))
    path = f"messages/{draft['id']}"
    changed = office.call("PATCH", path, {"subject": "better", "toRecipients": people("b@shop.example")})
    assert (changed.status_code, changed.json()["subject"]) == (200, "better")
    assert changed.json()["changeKey"] != draft["changeKey"]
    assert changed.json()["conversationId"] == draft["conversationId"]
    assert len(office.list(filter=by_marker("m1"))) == 1
    office.send(draft["id"])
    assert code(office.call("PATCH", path, {"subject": "too late"})) == "ErrorIrresolvableConflict"
    office.later(60)
    refused = office.call("PATCH", path, {"subject": "too late"})
    assert (refused.status_code, code(refused)) == (400, "ErrorInvalidPropertySet")
    assert office.call("PATCH", path, {"isRead": False}).json()["isRead"] is False
    assert office.call("PATCH", path, {"internetMessageHeaders": []}).status_code == 400


def test_an_ordinary_id_changes_with_the_folder(graph: Graph, office: Outlook) -> None:
    plain = Outlook(graph, immutable=False)
    draft = plain.draft()
    lasting = office.list()[0]["id"]
    assert draft["id"] != lasting
    assert plain.call("DELETE", f"messages/{draft['id']}").status_code == 204
    gone = plain.call("GET", f"messages/{draft['id']}")
    assert (gone.status_code, code(gone)) == (404, "ErrorItemNotFound")
    assert office.get(f"messages/{lasting}")["isDraft"] is True


def test_an_id_is_understood_only_as_the_kind_it_was_asked_for_as(graph: Graph, office: Outlook) -> None:
    plain = Outlook(graph, immutable=False)
    lasting, passing = office.draft()["id"], plain.list()[0]["id"]
    for mailbox, wrong in ((plain, lasting), (office, passing), (office, "nonsense")):
        answer = mailbox.call("GET", f"messages/{wrong}")
        assert (answer.status_code, code(answer)) == (400, "ErrorInvalidIdMalformed")
    assert office.call("GET", f"messages/{lasting[:-6]}XXXXX=").status_code == 404


def test_a_deleted_message_is_still_found_in_the_mailbox(office: Outlook) -> None:
    draft = office.draft(singleValueExtendedProperties=marked("m1"))
    path = f"messages/{draft['id']}"
    assert office.call("DELETE", path).status_code == 204
    assert office.list("mailFolders/drafts/messages") == []
    (found,) = office.list(filter=by_marker("m1"))
    assert found["isDraft"] is True
    assert found["parentFolderId"] != draft["parentFolderId"]
    assert len(office.list("mailFolders/deleteditems/messages")) == 1
    assert office.call("DELETE", path).status_code == 204
    assert office.list(filter=by_marker("m1")) == []
    assert office.call("DELETE", path).status_code == 404


def test_a_folder_is_also_found_by_its_id(office: Outlook) -> None:
    draft = office.draft()
    assert office.list(f"mailFolders/{draft['parentFolderId']}/messages")[0]["id"] == draft["id"]
    assert office.call("GET", "mailFolders/nonsense/messages").status_code == 404


def test_a_body_can_be_had_as_text(office: Outlook) -> None:
    draft = office.draft(body={"contentType": "html", "content": "<p>Tom &amp; <b>Ann</b></p><p>2</p>"})
    office.headers = {"Prefer": 'IdType="ImmutableId", outlook.body-content-type="text"'}
    body = office.get(f"messages/{draft['id']}")["body"]
    assert body == {"contentType": "text", "content": "Tom & Ann\r\n2"}


def test_messages_in_a_batch(graph: Graph, office: Outlook) -> None:
    steps: list[dict[str, Any]] = [
        {
            "id": "1",
            "method": "POST",
            "url": "/me/messages",
            "headers": {"Content-Type": "application/json", **IMMUTABLE},
            "body": {"subject": "from a batch"},
        },
        {"id": "2", "method": "GET", "url": f"/users/{OFFICE}/messages?$top=1", "dependsOn": ["1"]},
        {"id": "3", "method": "GET", "url": "/me/messages?$filter=nonsense", "dependsOn": ["2"]},
    ]
    first, second, third = graph.batch(steps).json()["responses"]
    assert (first["status"], first["body"]["subject"]) == (201, "from a batch")
    assert (second["status"], second["body"]["value"]) == (200, [])
    assert third["status"] == 400


def test_a_folder_is_known_by_its_name_and_by_its_id(office: Outlook) -> None:
    draft = office.draft()
    drafts = office.get("mailFolders/Drafts")
    assert (drafts["id"], drafts["displayName"]) == (draft["parentFolderId"], "Drafts")
    assert (drafts["totalItemCount"], drafts["unreadItemCount"]) == (1, 0)
    office.call("DELETE", f"messages/{draft['id']}")
    (deleted,) = office.list("mailFolders/deleteditems/messages")
    trash = office.get(f"mailFolders/{deleted['parentFolderId']}", select="id")
    assert trash.keys() == {"@odata.context", "id"}
    assert office.call("GET", "mailFolders/elsewhere").status_code == 404
