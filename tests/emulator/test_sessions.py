"""Sessions: what is shared, what is lost, and what a dead one may not do."""

from __future__ import annotations

import pytest

from tests.emulator.client import Graph, inner_code


def test_persistent_sessions_share_one_copy(graph: Graph) -> None:
    first, second = graph.session(), graph.session()
    graph.patch("D2", session=first, values=[["changed"]])
    assert graph.values("D2", session=second) == [["changed"]]
    assert graph.values("D2") == [["changed"]]


def test_a_session_that_does_not_persist_keeps_its_changes_to_itself(graph: Graph) -> None:
    private = graph.session(persist=False)
    graph.patch("D2", session=private, values=[["private"]])
    graph.post("3:3", "delete", session=private, shift="Up")
    assert graph.values("D2:D3", session=private) == [["private"], ["note 3"]]
    assert graph.values("D2:D3") == [["note 1"], ["note 2"]]


def test_a_closed_session_applies_nothing(graph: Graph) -> None:
    session = graph.session()
    assert graph.close(session).status_code == 204
    answer = graph.patch("D2", session=session, values=[["late"]])
    assert (answer.status_code, inner_code(answer)) == (404, "invalidSessionReCreatable")
    assert graph.values("D2") == [["note 1"]]
    assert graph.close(session).status_code == 404


def test_the_status_of_a_dead_session_can_be_chosen(graph: Graph) -> None:
    graph.options(session_error_status=400)
    answer = graph.http.get(graph.range_url("A1"), headers={"Workbook-Session-Id": "unknown"})
    assert (answer.status_code, inner_code(answer)) == (400, "invalidSessionReCreatable")


def test_a_session_dies_of_inactivity(graph: Graph) -> None:
    session = graph.session()
    graph.control("POST", "clock", advance_seconds=290)
    refreshed = graph.http.post(f"{graph.book}/refreshSession", headers={"workbook-session-id": session})
    assert refreshed.status_code == 204
    graph.control("POST", "clock", advance_seconds=290)
    assert graph.patch("D2", session=session, values=[["x"]]).status_code == 200
    graph.control("POST", "clock", advance_seconds=301)
    assert graph.patch("D2", session=session, values=[["y"]]).status_code == 404
    assert graph.values("D2") == [["x"]]


@pytest.mark.parametrize("verb", ["closeSession", "refreshSession"])
def test_the_session_must_be_named(graph: Graph, verb: str) -> None:
    assert graph.http.post(f"{graph.book}/{verb}", content=b"").status_code == 400


def test_persist_changes_must_be_said(graph: Graph) -> None:
    assert graph.http.post(f"{graph.book}/createSession", json={}).status_code == 400


def test_a_session_may_take_its_time(graph: Graph) -> None:
    graph.options(async_sessions=True, async_session_polls=2)
    url = f"{graph.book}/createSession"
    assert graph.http.post(url, json={"persistChanges": True}).status_code == 201
    started = graph.http.post(url, json={"persistChanges": True}, headers={"Prefer": "respond-async"})
    assert (started.status_code, started.content) == (202, b"")
    polls = [graph.http.get(started.headers["Location"]).json() for _ in range(3)]
    assert [poll["status"] for poll in polls] == ["running", "running", "succeeded"]
    made = graph.http.get(polls[-1]["resourceLocation"]).json()
    assert made["persistChanges"] is True
    assert graph.values("A1", session=made["id"]) == [["RO"]]


def test_a_failed_operation_is_answered_with_200(graph: Graph) -> None:
    graph.fault("async_session", polls=0, fails=True)
    started = graph.http.post(
        f"{graph.book}/createSession", json={"persistChanges": True}, headers={"Prefer": "respond-async"}
    )
    ended = graph.http.get(started.headers["Location"])
    assert (ended.status_code, ended.json()["status"]) == (200, "failed")
    assert ended.json()["error"]["innerError"]["code"] == "internalServerErrorUncategorized"


def test_an_unknown_operation(graph: Graph) -> None:
    assert graph.http.get(f"{graph.book}/operations/unknown").status_code == 404
