"""Events on the wire: whole days at midnight, made once, and gone when a person deleted them."""

from datetime import date
from urllib.parse import unquote

import pytest

from sync.graph.calendar import TRANSACTION, Calendar
from sync.graph.client import Connection
from sync.graph.errors import Gone, GraphError, NotNow, OutcomeUnknown, Refused
from tests.graph.scripted import Answer, ScriptedGraph, refusal

ZONE = "America/New_York"
DUPLICATE = Answer(409, refusal("ErrorDuplicateTransactionId"))


@pytest.fixture
def calendar(connection: Connection) -> Calendar:
    return Calendar(connection)


def create(
    calendar: Calendar, *, day: date = date(2026, 12, 31), link: str = "https://r.example/38001"
) -> str:
    return calendar.create(
        transaction_id="t1",
        subject="Ask about RO 38001",
        body="Call them.",
        day=day,
        time_zone=ZONE,
        link=link,
    )


def test_an_event_is_a_whole_day_that_stays_free(graph: ScriptedGraph, calendar: Calendar) -> None:
    graph.answer(Answer(201, {"id": "e1="}))
    assert create(calendar) == "e1="
    (got,) = graph.received
    assert (got.method, got.path) == ("POST", "/v1.0/me/events")
    assert got.body == {
        "transactionId": "t1",
        "subject": "Ask about RO 38001",
        "body": {"contentType": "text", "content": "Call them.\n\nhttps://r.example/38001"},
        "showAs": "free",
        "isAllDay": True,
        "start": {"dateTime": "2026-12-31T00:00:00", "timeZone": ZONE},
        "end": {"dateTime": "2027-01-01T00:00:00", "timeZone": ZONE},
        "singleValueExtendedProperties": [{"id": TRANSACTION, "value": "t1"}],
    }


def test_without_a_link_there_is_only_the_text(graph: ScriptedGraph, calendar: Calendar) -> None:
    graph.answer(Answer(201, {"id": "e1"}))
    create(calendar, link="")
    assert graph.received[0].body["body"]["content"] == "Call them."


@pytest.mark.parametrize("status", [400, 409])
def test_an_event_that_was_made_before_is_found(
    graph: ScriptedGraph, calendar: Calendar, status: int
) -> None:
    graph.answer(
        Answer(status, refusal("ErrorDuplicateTransactionId")), Answer(200, {"value": [{"id": "e0"}]})
    )
    assert create(calendar) == "e0"
    path = unquote(graph.received[1].path)
    assert path == (
        f"/v1.0/me/events?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{TRANSACTION}' "
        "and ep/value eq 't1')&$select=id"
    )


def test_an_event_that_was_made_before_and_deleted_since_is_gone(
    graph: ScriptedGraph, calendar: Calendar
) -> None:
    graph.answer(DUPLICATE, Answer(200, {"value": []}))
    with pytest.raises(Gone):
        create(calendar)


@pytest.mark.parametrize("there", [[], ["e0"], ["e0", "e1"]])
def test_what_was_made_under_an_id_is_found(
    graph: ScriptedGraph, calendar: Calendar, there: list[str]
) -> None:
    graph.answer(Answer(200, {"value": [{"id": event} for event in there]}))
    assert calendar.find("t1") == there


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([Answer(504)], OutcomeUnknown),
        ([Answer(201, {})], OutcomeUnknown),
        ([Answer(400, refusal("ErrorPropertyValidationFailure"))], Refused),
        ([DUPLICATE, Answer(504)], NotNow),
    ],
)
def test_an_event_that_could_not_be_made(
    graph: ScriptedGraph, calendar: Calendar, answers: list[Answer], kind: type[GraphError]
) -> None:
    graph.answer(*answers)
    with pytest.raises(GraphError) as caught:
        create(calendar)
    assert type(caught.value) is kind
    assert len(graph.received) == len(answers)


def test_an_event_is_moved_and_removed(graph: ScriptedGraph, calendar: Calendar) -> None:
    graph.answer(Answer(200, {"id": "e1="}), Answer(204))
    assert calendar.move("e1=", date(2027, 3, 14), ZONE)
    assert calendar.remove("e1=")
    moved, removed = graph.received
    assert (moved.method, moved.path) == ("PATCH", "/v1.0/me/events/e1%3D")
    assert moved.body == {
        "isAllDay": True,
        "start": {"dateTime": "2027-03-14T00:00:00", "timeZone": ZONE},
        "end": {"dateTime": "2027-03-15T00:00:00", "timeZone": ZONE},
    }
    assert (removed.method, removed.path, removed.body) == ("DELETE", "/v1.0/me/events/e1%3D", None)


def test_an_event_that_is_gone_is_no_error(graph: ScriptedGraph, calendar: Calendar) -> None:
    graph.answer(*[Answer(404, refusal("ErrorItemNotFound"))] * 2)
    assert not calendar.move("e1", date(2026, 12, 1), ZONE)
    assert not calendar.remove("e1")
