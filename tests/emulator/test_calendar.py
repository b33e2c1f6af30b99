"""Events: made once, all day in one zone, found again by their own property."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Graph
from tests.emulator.outlook import (
    IMMUTABLE,
    MARKER,
    OFFICE,
    ZONE,
    Outlook,
    all_day,
    at,
    by_marker,
    code,
    marked,
)


def test_an_event_is_made_changed_and_deleted(office: Outlook) -> None:
    event = office.make("events", all_day(showAs="free", singleValueExtendedProperties=marked("e1")))
    path = f"events/{event['id']}"
    assert event["start"] == {"dateTime": "2026-12-01T00:00:00.0000000", "timeZone": "UTC"}
    assert event["originalStartTimeZone"] == ZONE
    assert "singleValueExtendedProperties" not in event
    assert [found["id"] for found in office.list("events", filter=by_marker("E1"))] == [event["id"]]
    expand = f"singleValueExtendedProperties($filter=id eq '{MARKER}')"
    assert office.get(path, expand=expand)["singleValueExtendedProperties"] == marked("e1")
    changed = office.call("PATCH", path, {"subject": "done", "end": at("2026-12-03T00:00:00")})
    assert (changed.status_code, changed.json()["subject"]) == (200, "done")
    assert office.call("DELETE", path).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        answer = office.call(method, path, {} if method == "PATCH" else None)
        assert (answer.status_code, code(answer)) == (404, "ErrorItemNotFound")
    assert office.list("events") == []


def test_times_are_shown_in_utc_or_in_the_zone_asked_for(office: Outlook) -> None:
    times = {"start": at("2026-12-01T09:00:00", "Eastern Standard Time"), "end": at("2026-12-01T10:00:00")}
    event = office.make("events", {"subject": "call", **times})
    assert event["start"] == {"dateTime": "2026-12-01T14:00:00.0000000", "timeZone": "UTC"}
    assert event["originalStartTimeZone"] == "Eastern Standard Time"
    office.headers = {"Prefer": 'IdType="ImmutableId", outlook.timezone="Europe/Berlin"'}
    shown = office.get(f"events/{event['id']}")["start"]
    assert shown == {"dateTime": "2026-12-01T15:00:00.0000000", "timeZone": "Europe/Berlin"}


def test_a_transaction_makes_one_event(office: Outlook) -> None:
    first = office.make("events", all_day(transactionId="t1"))
    office.call("PATCH", f"events/{first['id']}", {"subject": "changed meanwhile"})
    again = office.make("events", all_day(transactionId="t1"))
    assert (again["id"], again["subject"]) == (first["id"], "changed meanwhile")
    other = office.call("POST", "events", all_day(transactionId="t1", subject="another"))
    assert (other.status_code, code(other)) == (409, "ErrorDuplicateTransactionId")
    office.graph.options(duplicate_transaction_status=400)
    assert office.call("POST", "events", all_day(transactionId="t1", subject="another")).status_code == 400
    assert len(office.list("events")) == 1
    assert office.make("events", all_day())["id"] != office.make("events", all_day())["id"]
    refused = office.call("PATCH", f"events/{first['id']}", {"transactionId": "t2"})
    assert (refused.status_code, code(refused)) == (400, "ErrorInvalidPropertySet")


def test_an_event_whose_answer_is_lost_is_made_once(office: Outlook) -> None:
    office.graph.fault("status_after_apply", match={"method": "POST", "path_regex": "/events$"}, status=504)
    assert office.call("POST", "events", all_day(transactionId="t1")).status_code == 504
    office.make("events", all_day(transactionId="t1"))
    assert len(office.list("events")) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"start": at("2026-12-01T05:00:00")}, "ErrorPropertyValidationFailure"),
        ({"end": at("2026-12-01T23:59:59")}, "ErrorPropertyValidationFailure"),
        ({"end": at("2026-12-01T00:00:00")}, "ErrorPropertyValidationFailure"),
        ({"end": at("2026-11-30T00:00:00")}, "ErrorPropertyValidationFailure"),
        ({"end": at("2026-12-02T00:00:00", "UTC")}, "ErrorPropertyValidationFailure"),
        ({"start": at("2026-12-01T00:00:00", "Company Time")}, "TimeZoneNotSupportedException"),
        ({"start": {"dateTime": "2026-12-01T00:00:00"}}, "TimeZoneNotSupportedException"),
        ({"start": at("2026-12-01T00:00:00Z")}, "RequestBodyRead"),
        ({"start": at("12/01/2026")}, "RequestBodyRead"),
        ({"start": "2026-12-01"}, "RequestBodyRead"),
        ({"showAs": "away"}, "RequestBodyRead"),
        ({"reminder": True}, "RequestBodyRead"),
        ({"iCalUId": "x"}, "ErrorInvalidPropertySet"),
    ],
)
def test_an_event_that_the_service_refuses(office: Outlook, changes: dict[str, Any], expected: str) -> None:
    refused = office.call("POST", "events", all_day(**changes))
    assert (refused.status_code, code(refused)) == (400, expected)
    assert office.list("events") == []
    event = office.make("events", all_day())
    patched = office.call("PATCH", f"events/{event['id']}", changes)
    assert (patched.status_code, code(patched)) == (400, expected)
    assert office.get(f"events/{event['id']}")["changeKey"] == event["changeKey"]


@pytest.mark.parametrize("missing", ["start", "end"])
def test_an_event_needs_times(office: Outlook, missing: str) -> None:
    body = {name: value for name, value in all_day().items() if name != missing}
    assert office.call("POST", "events", body).status_code == 400


def test_ids_of_events_come_in_two_kinds(graph: Graph, office: Outlook) -> None:
    event = office.make("events", all_day())
    plain = Outlook(graph, immutable=False)
    assert plain.list("events")[0]["id"] != event["id"]
    assert code(plain.call("GET", f"events/{event['id']}")) == "ErrorInvalidIdMalformed"


def test_events_are_searched_for_as_far_as_the_service_can(office: Outlook) -> None:
    office.make("events", all_day())
    assert len(office.list("events", filter="createdDateTime ge 2020-01-01T00:00:00Z", select="subject")) == 1
    for query in ({"filter": "subject eq 'x'"}, {"orderby": "subject"}, {"select": "title"}):
        assert office.call("GET", "events", **query).status_code == 400


def test_events_in_a_batch(graph: Graph, office: Outlook) -> None:
    step = {
        "id": "1",
        "method": "POST",
        "url": f"/users/{OFFICE}/events",
        "headers": {"Content-Type": "application/json", **IMMUTABLE},
        "body": all_day(),
    }
    (answer,) = graph.batch([step]).json()["responses"]
    assert (answer["status"], answer["body"]["id"]) == (201, office.list("events")[0]["id"])
