"""A session is opened once, at once or in the background, kept, and closed."""

import pytest

from sync.graph.errors import (
    GraphError,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    RetryLater,
    SessionLost,
)
from sync.graph.workbook import WorkbookFile, Worksheet
from tests.graph.scripted import Answer, ScriptedGraph, refusal

BOOK = "/v1.0/drives/b!drive/items/01ITEM/workbook"
AT_ONCE = {"Retry-After": "0"}


def test_a_session_that_opens_at_once(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(201, {"id": "cluster=1&session=2", "persistChanges": True}))
    assert workbook.open_session() == "cluster=1&session=2"
    got = graph.received[0]
    assert (got.method, got.path) == ("POST", f"{BOOK}/createSession")
    assert got.body == {"persistChanges": True}
    assert got.headers["prefer"] == "respond-async"
    assert "workbook-session-id" not in got.headers


def test_a_session_that_opens_in_the_background(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(
        Answer(202, headers={"Location": f"{graph.base_url}/w/operations/7", **AT_ONCE}),
        Answer(200, {"id": "7", "status": "notStarted"}, AT_ONCE),
        Answer(200, {"id": "7", "status": "running"}, AT_ONCE),
        Answer(200, {"status": "succeeded", "resourceLocation": f"{graph.base_url}/w/info(key='abc')"}),
        Answer(200, {"id": "session-2", "persistChanges": True}),
    )
    assert workbook.open_session() == "session-2"
    assert [got.path for got in graph.received[1:]] == ["/v1.0/w/operations/7"] * 3 + [
        "/v1.0/w/info(key='abc')"
    ]
    assert workbook.http_requests == 5


def test_a_relative_location_is_understood(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(
        Answer(202, headers={"Location": "/v1.0/w/operations/7", **AT_ONCE}),
        Answer(200, {"status": "succeeded", "resourceLocation": "/v1.0/w/info(key='abc')"}),
        Answer(200, {"id": "session-2"}),
    )
    assert workbook.open_session() == "session-2"


def test_a_failed_operation_is_a_failure_although_it_answers_200(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    graph.answer(
        Answer(202, headers={"Location": f"{graph.base_url}/w/operations/7", **AT_ONCE}),
        Answer(200, {"status": "failed", **refusal("forbidden", "unsupportedWorkbook")}),
    )
    with pytest.raises(NeedsPerson, match="cannot open this workbook"):
        workbook.open_session()


def test_an_operation_that_asks_for_too_long_a_wait_is_left_for_later(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    location = {"Location": f"{graph.base_url}/w/operations/7", "Retry-After": "600"}
    graph.answer(Answer(202, headers=location))
    with pytest.raises(RetryLater) as caught:
        workbook.open_session()
    assert caught.value.retry_after == 600
    assert len(graph.received) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(504), OutcomeUnknown),
        (Answer(drop=True), OutcomeUnknown),
        (Answer(202), OutcomeUnknown),
        (Answer(201, {"persistChanges": True}), OutcomeUnknown),
        (Answer(201, raw=b"<html>"), OutcomeUnknown),
        (Answer(429, headers={"Retry-After": "9"}), RetryLater),
        (Answer(503), RetryLater),
        (Answer(404, refusal("itemNotFound")), NeedsPerson),
        (Answer(403, refusal("AccessDenied")), NeedsPerson),
        (Answer(409, refusal("conflict", "accessConflict")), NotNow),
    ],
)
def test_a_session_that_does_not_open(
    workbook: WorkbookFile, graph: ScriptedGraph, answer: Answer, kind: type[GraphError]
) -> None:
    graph.answer(answer)
    with pytest.raises(GraphError) as caught:
        workbook.open_session()
    assert type(caught.value) is kind
    assert len(graph.received) == 1


def test_closing_names_the_session(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(204))
    workbook.close_session("s1")
    (got,) = graph.received
    assert (got.method, got.path, got.body) == ("POST", f"{BOOK}/closeSession", None)
    assert got.headers["workbook-session-id"] == "s1"


@pytest.mark.parametrize("status", [400, 404, 410])
def test_closing_a_session_that_is_gone_is_fine(
    workbook: WorkbookFile, graph: ScriptedGraph, status: int
) -> None:
    graph.answer(
        Answer(status, refusal("badRequest" if status == 400 else "notFound", "invalidSessionReCreatable"))
    )
    workbook.close_session("s1")


@pytest.mark.parametrize(("status", "kind"), [(503, SessionLost), (504, OutcomeUnknown), (401, NeedsPerson)])
def test_closing_that_may_not_have_worked_is_said(
    workbook: WorkbookFile, graph: ScriptedGraph, status: int, kind: type[GraphError]
) -> None:
    graph.answer(Answer(status))
    with pytest.raises(kind):
        workbook.close_session("s1")


def test_sheets_in_their_order_over_several_pages(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    second = {"value": [{"id": "{A}", "name": "Active", "position": 0, "visibility": "Visible"}]}
    first = {
        "value": [{"id": "{B}", "name": "Net", "position": 1}],
        "@odata.nextLink": f"{graph.base_url}/more",
    }
    graph.answer(Answer(200, first), Answer(200, second))
    assert workbook.worksheets("s1") == [Worksheet("{A}", "Active", 0), Worksheet("{B}", "Net", 1)]
    assert [got.path for got in graph.received] == [f"{BOOK}/worksheets", "/v1.0/more"]
    assert {got.headers["workbook-session-id"] for got in graph.received} == {"s1"}


def test_a_list_of_sheets_that_makes_no_sense(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, {"value": [{"name": "Active"}]}), Answer(200, raw=b"<html>"))
    for _ in range(2):
        with pytest.raises(NotNow):
            workbook.worksheets("s1")
