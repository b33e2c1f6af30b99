"""Once Graph asks for a wait, nothing at all is sent before it has passed."""

import pytest

from sync.graph.errors import RetryLater
from sync.graph.workbook import Step, WorkbookFile, write_range
from tests.graph.scripted import Answer, ScriptedGraph, refusal


def write(row: int) -> Step:
    return write_range("{A}", f"A{row}", [[row]])


def test_not_even_the_session_is_closed_while_we_are_asked_to_wait(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    graph.answer(Answer(429, headers={"Retry-After": "60"}))
    with pytest.raises(RetryLater) as first:
        workbook.run("s1", [write(1)])
    assert first.value.retry_after == 60
    for send in (
        workbook.item,
        workbook.open_session,
        workbook.download,
        lambda: workbook.close_session("s1"),
    ):
        with pytest.raises(RetryLater) as caught:
            send()
        assert caught.value.retry_after is not None
        assert 0 < caught.value.retry_after <= 60
    assert len(graph.received) == workbook.http_requests == 1


def test_a_throttled_step_carries_the_longest_wait_of_the_batch(
    workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    throttled = {"id": "1", "status": 429, "headers": {"Retry-After": 5}, "body": refusal("TooManyRequests")}
    longer = {"id": "2", "status": 424, "headers": {"retry-after": "40"}, "body": None}
    graph.answer(Answer(200, {"responses": [throttled, longer]}))
    first, second = workbook.run("s1", [write(1), write(2)])
    assert type(first.error) is RetryLater
    assert first.error.retry_after == 40
    assert second.skipped
    with pytest.raises(RetryLater):
        workbook.item()
    assert len(graph.received) == 1


def test_a_wait_of_nothing_is_over_at_once(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(429, headers={"Retry-After": "0"}), Answer(204))
    with pytest.raises(RetryLater):
        workbook.run("s1", [write(1)])
    workbook.close_session("s1")
    assert len(graph.received) == 2


def test_a_throttled_download_is_waited_for_too(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(429, headers={"Retry-After": "60"}))
    for _ in range(2):
        with pytest.raises(RetryLater):
            workbook.download()
    assert len(graph.received) == 1
