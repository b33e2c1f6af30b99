"""`$batch`: a chain or all at once, and what is refused as a whole."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.emulator.client import Graph, inner_code


def _statuses(answer: Any) -> dict[str, int]:
    return {item["id"]: item["status"] for item in answer.json()["responses"]}


def test_a_chain_runs_in_order(graph: Graph) -> None:
    session = graph.session()
    answer = graph.batch(
        [
            graph.step(1, "D2", "first", session=session),
            graph.step(2, "D2", "second", session=session, after=1),
            graph.step(3, "D3", "third", session=session, after=2),
        ]
    )
    assert [item["id"] for item in answer.json()["responses"]] == ["1", "2", "3"]
    assert answer.json()["responses"][2]["body"]["values"] == [["third"]]
    assert graph.values("D2:D3") == [["second"], ["third"]]


def test_a_failure_stops_the_rest_of_a_chain(graph: Graph) -> None:
    items = [
        graph.step(1, "D2", "kept"),
        graph.step(2, "D3", "-bad-", after=1),
        graph.step(3, "D4", "never", after=2),
        graph.step(4, "D5", "never", after=3),
    ]
    assert _statuses(graph.batch(items)) == {"1": 200, "2": 400, "3": 424, "4": 424}
    assert graph.values("D2:D5") == [["kept"], ["note 2"], ["note 3"], ["note 4"]]


def test_reads_at_once_come_back_in_another_order(graph: Graph) -> None:
    items = [
        {
            "id": str(number),
            "method": "GET",
            "url": f"{graph.book_path}/worksheets/Active/range(address='A{number}')",
        }
        for number in (1, 2, 3)
    ]
    answers = graph.batch(items).json()["responses"]
    assert [answer["id"] for answer in answers] == ["3", "2", "1"]
    assert [answer["body"]["values"][0][0] for answer in answers] == [38002, 38001, "RO"]


def test_writes_at_once_get_in_each_others_way(graph: Graph) -> None:
    statuses = _statuses(graph.batch([graph.step(number, f"D{number}", "x") for number in (2, 3, 4)]))
    assert sorted(statuses.values()) == [200, 429, 429]
    assert [row[0] for row in graph.values("D2:D4")].count("x") == 1
    graph.options(lock_conflict_status=409)
    statuses = _statuses(graph.batch([graph.step(number, f"D{number}", "x") for number in (2, 3, 4)]))
    assert sorted(statuses.values()) == [200, 409, 409]


def test_the_outer_session_is_ignored(graph: Graph) -> None:
    private = graph.session(persist=False)
    graph.batch([graph.step(1, "D2", "shared")], **{"workbook-session-id": private})
    assert graph.values("D2") == [["shared"]]
    assert graph.control("GET", "stats")["sessionless_writes"] == 1


@pytest.mark.parametrize("prefix", ["http://127.0.0.1/v1.0", "https://graph.microsoft.com/v1.0", "/v1.0"])
def test_addresses_are_relative(graph: Graph, prefix: str) -> None:
    items = [graph.step(1, "D2", "x"), graph.step(2, "D3", "x", after=1)]
    items[0]["url"] = prefix + items[0]["url"]
    answer = graph.batch(items)
    assert _statuses(answer) == {"1": 400, "2": 424}
    assert "Resource not found for the segment" in answer.json()["responses"][0]["body"]["error"]["message"]


def test_an_address_without_a_leading_slash_is_fine(graph: Graph) -> None:
    item = graph.step(1, "D2", "x")
    item["url"] = item["url"].lstrip("/")
    assert _statuses(graph.batch([item])) == {"1": 200}


def _refused(graph: Graph, items: list[dict[str, Any]]) -> str:
    answer = graph.batch(items)
    assert answer.status_code == 400
    assert graph.values("D2") == [["note 1"]]
    return str(answer.json()["error"]["message"])


def test_twenty_steps_are_enough(graph: Graph) -> None:
    chain = [graph.step(number, "D9", number, after=number - 1 if number else None) for number in range(20)]
    assert set(_statuses(graph.batch(chain)).values()) == {200}
    assert "20" in _refused(graph, [*chain, graph.step(20, "D2", "x", after=19)])


def test_ids_are_unique_whatever_their_case(graph: Graph) -> None:
    assert "unique" in _refused(graph, [graph.step("a", "D2", "x"), graph.step("A", "D2", "x", after="a")])


def test_a_chain_has_no_gaps(graph: Graph) -> None:
    items = [graph.step(1, "D2", "x"), graph.step(2, "D2", "x", after=1), graph.step(3, "D2", "x")]
    assert "one after another" in _refused(graph, items)


@pytest.mark.parametrize("after", [2, 9])
def test_only_earlier_steps_can_be_waited_for(graph: Graph, after: int) -> None:
    assert "Invalid dependency" in _refused(
        graph, [graph.step(1, "D2", "x", after=after), graph.step(2, "D2", "x")]
    )


def test_a_body_needs_a_content_type(graph: Graph) -> None:
    item = graph.step(1, "D2", "x")
    del item["headers"]["Content-Type"]
    assert "Content-Type" in _refused(graph, [item])


@pytest.mark.parametrize("body", [[], [{"id": "1"}], ["x"], [{"id": "1", "method": "BREW", "url": "/x"}]])
def test_nonsense_is_refused(graph: Graph, body: list[Any]) -> None:
    _refused(graph, body)


def test_two_writers_at_once(graph: Graph) -> None:
    graph.options(latency_ms=300)
    answers: dict[str, int] = {}
    codes: list[str] = []

    def write(name: str, cell: str) -> None:
        answer = graph.patch(cell, values=[[name]])
        answers[name] = answer.status_code
        if answer.status_code != 200:
            codes.append(inner_code(answer))

    threads = [threading.Thread(target=write, args=(name, cell)) for name, cell in (("a", "D2"), ("b", "D3"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200, 429]
    assert codes == ["EditModeCannotAcquireLockTooManyRequests"]
    stats = graph.control("GET", "stats")
    assert (stats["overlapping"], stats["lock_conflicts"]) == (1, 1)
    graph.options(latency_ms=0)
    assert graph.patch("D4", values=[["c"]]).status_code == 200
