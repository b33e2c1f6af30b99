"""Steps go out as one strict chain, and each answer finds its step again."""

import pytest

from sync.graph.errors import (
    GraphError,
    Missing,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    Refused,
    RetryLater,
    SessionBroken,
    SessionLost,
)
from sync.graph.workbook import (
    Step,
    WorkbookFile,
    delete_rows,
    read_range,
    used_range,
    write_range,
)
from tests.graph.scripted import Answer, ScriptedGraph, refusal

SHEET = "{00000000-0001-0000-0000-000000000000}"
ON_SHEET = "/drives/b!drive/items/01ITEM/workbook/worksheets/%7B00000000-0001-0000-0000-000000000000%7D"


def done(number: int, body: object = None, status: int = 200) -> dict[str, object]:
    return {"id": str(number), "status": status, "headers": {}, "body": {} if body is None else body}


def failed(number: int, status: int, code: str = "", wait: str = "") -> dict[str, object]:
    headers = {"Retry-After": wait} if wait else {}
    return {"id": str(number), "status": status, "headers": headers, "body": refusal(code or "x", code)}


def batch(*responses: object) -> Answer:
    return Answer(200, {"responses": list(responses)})


def write(row: int = 5) -> Step:
    return write_range(SHEET, f"A{row}:B{row}", [[row, None]])


def test_the_exact_shape_of_a_chain(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(batch(done(1), done(2), done(3), done(4)))
    steps = [
        used_range(SHEET),
        read_range(SHEET, "A1:U500", select=("values", "numberFormat")),
        write_range(SHEET, "N5:O6", [["x", None], ["", 3]], [["@", None], [None, "0.00"]]),
        delete_rows(SHEET, 5, 7),
    ]
    workbook.run("s1", steps)
    got = graph.received[0]
    fields = "address,rowIndex,rowCount,columnIndex,columnCount"
    assert (got.method, got.path) == ("POST", "/v1.0/$batch")
    assert "workbook-session-id" not in got.headers
    assert got.body == {
        "requests": [
            {
                "id": "1",
                "method": "GET",
                "url": f"{ON_SHEET}/usedRange(valuesOnly=true)?$select={fields}",
                "headers": {"workbook-session-id": "s1"},
            },
            {
                "id": "2",
                "method": "GET",
                "url": f"{ON_SHEET}/range(address='A1:U500')?$select=values,numberFormat",
                "headers": {"workbook-session-id": "s1"},
                "dependsOn": ["1"],
            },
            {
                "id": "3",
                "method": "PATCH",
                "url": f"{ON_SHEET}/range(address='N5:O6')",
                "headers": {"workbook-session-id": "s1", "Content-Type": "application/json"},
                "body": {"numberFormat": [["@", None], [None, "0.00"]], "values": [["x", None], ["", 3]]},
                "dependsOn": ["2"],
            },
            {
                "id": "4",
                "method": "POST",
                "url": f"{ON_SHEET}/range(address='5:7')/delete",
                "headers": {"workbook-session-id": "s1", "Content-Type": "application/json"},
                "body": {"shift": "Up"},
                "dependsOn": ["3"],
            },
        ]
    }
    # A text format has to be in place before the text that it protects.
    assert list(got.body["requests"][2]["body"]) == ["numberFormat", "values"]


def test_a_single_step_goes_as_a_batch_too_and_formats_are_left_out_when_there_are_none(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    graph.answer(batch(done(1)))
    workbook.run("s1", [write()])
    (item,) = graph.received[0].body["requests"]
    assert "dependsOn" not in item
    assert item["body"] == {"values": [[5, None]]}


def test_answers_in_any_order_find_their_steps(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(batch(done(3, {"n": 3}), done(1, {"n": 1}), done(2, {"n": 2})))
    found = workbook.run("s1", [read_range(SHEET, "A1"), write(), read_range(SHEET, "A2")])
    assert [result.body for result in found] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert not any(result.error or result.skipped for result in found)


def test_work_is_counted(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(batch(done(1), done(2), done(3)), batch(done(1)))
    block = write_range(SHEET, "A1:C2", [[1, 2, 3], [4, 5, 6]])
    workbook.run("s1", [read_range(SHEET, "A1:U5000"), block, delete_rows(SHEET, 9, 9)])
    workbook.run("s1", [write()])
    assert (workbook.http_requests, workbook.batch_steps) == (2, 3)


def test_the_first_failure_has_its_error_and_the_rest_is_skipped(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    graph.answer(batch(done(1), failed(2, 400, "invalidArgument"), failed(3, 424), failed(4, 424)))
    ok, bad, *rest = workbook.run("s1", [write(5), write(6), write(7), write(8)])
    assert (ok.error, ok.skipped) == (None, False)
    assert type(bad.error) is Refused
    assert (bad.error.inner_code, bad.error.status) == ("invalidArgument", 400)
    assert [(result.error, result.skipped) for result in rest] == [(None, True)] * 2


def test_steps_behind_a_failure_may_be_left_out_of_the_answer(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    graph.answer(batch(done(1), failed(2, 400, "invalidArgument")))
    found = workbook.run("s1", [write(5), write(6), write(7)])
    assert [result.skipped for result in found] == [False, False, True]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "invalidSessionReCreatable", SessionLost),
        (503, "", SessionLost),
        (502, "", SessionLost),
        (504, "", OutcomeUnknown),
        (500, "", OutcomeUnknown),
        (202, "", OutcomeUnknown),
        (409, "accessConflict", NotNow),
        (500, "internalServerErrorUncategorized", SessionBroken),
        (403, "", NeedsPerson),
        (404, "itemNotFound", Missing),
    ],
)
def test_a_failed_step_is_sorted_as_one_with_a_session(
    workbook: WorkbookFile, graph: ScriptedGraph, status: int, code: str, kind: type[GraphError]
) -> None:
    graph.answer(batch(failed(1, status, code)))
    (result,) = workbook.run("s1", [write()])
    assert type(result.error) is kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400, refusal("badRequest")), Refused),
        (Answer(401), NeedsPerson),
        (Answer(429, headers={"Retry-After": "3"}), RetryLater),
        (Answer(503), RetryLater),
        (Answer(502), OutcomeUnknown),
        (Answer(504), OutcomeUnknown),
        (Answer(drop=True), OutcomeUnknown),
    ],
)
def test_a_post_that_failed_as_a_whole_is_raised(
    workbook: WorkbookFile, graph: ScriptedGraph, answer: Answer, kind: type[GraphError]
) -> None:
    graph.answer(answer)
    with pytest.raises(GraphError) as caught:
        workbook.run("s1", [write()])
    assert type(caught.value) is kind


NONSENSE = [
    Answer(200, raw=b"<html>"),
    Answer(204),
    Answer(200, {}),
    Answer(200, {"responses": "none"}),
    batch("none"),
    batch(),
    batch(done(1)),
    batch(done(1), done(1)),
    batch(done(1), done(1), done(2)),
    batch(done(1), done(3)),
    batch(done(1), done(2), done(3)),
    batch(done(1), failed(2, 424)),
    batch(done(1), {"id": "2"}),
    batch(done(1), {"id": "2", "status": "200"}),
    batch(done(1), failed(2, 4290)),
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_an_answer_that_makes_no_sense_leaves_a_write_unknown(
    workbook: WorkbookFile, graph: ScriptedGraph, answer: Answer
) -> None:
    graph.answer(answer)
    with pytest.raises(OutcomeUnknown):
        workbook.run("s1", [read_range(SHEET, "A1"), write()])


@pytest.mark.parametrize("answer", [*NONSENSE, batch(done(1), {"id": "2", "status": 200, "body": "text"})])
def test_an_answer_that_makes_no_sense_to_a_read_is_only_a_failed_read(
    workbook: WorkbookFile, graph: ScriptedGraph, answer: Answer
) -> None:
    graph.answer(answer)
    with pytest.raises(NotNow):
        workbook.run("s1", [read_range(SHEET, "A1"), read_range(SHEET, "A2")])


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_of_no_or_too_many_steps_is_a_mistake_of_ours(
    workbook: WorkbookFile, graph: ScriptedGraph, count: int
) -> None:
    with pytest.raises(ValueError, match="1 to 20"):
        workbook.run("s1", [write()] * count)
    with pytest.raises(ValueError, match="session"):
        workbook.run("", [write()])
    assert graph.received == []


@pytest.mark.parametrize(
    "address", ["", "A", "5:7", "A5:B", "a5", "A0", "A5:A4", "B1:A1", "A1:B2')/clear", "A1048577"]
)
def test_an_address_that_is_no_block_is_a_mistake_of_ours(address: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        read_range(SHEET, address)


def test_values_must_have_the_shape_of_their_address() -> None:
    for values in ([[1]], [[1, 2], [3, 4]], [[1, 2, 3]], []):
        with pytest.raises(ValueError, match="values does not have the shape"):
            write_range(SHEET, "A5:B5", values)
    with pytest.raises(ValueError, match="numberFormat does not have the shape"):
        write_range(SHEET, "A5:B5", [[1, 2]], [["@"]])


@pytest.mark.parametrize(("first", "last"), [(0, 1), (5, 4), (1, 1_048_577)])
def test_rows_that_are_none_cannot_be_deleted(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="no rows"):
        delete_rows(SHEET, first, last)


def test_names_in_addresses_are_encoded(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(batch(done(1)))
    workbook.run("s1", [read_range("O'Brien/50% #1", "A1")])
    url = graph.received[0].body["requests"][0]["url"]
    assert "/worksheets/O%27Brien%2F50%25%20%231/range(address='A1')?$select=values" in url
