"""Misbehavior that can be switched on, and people at work between two requests."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.emulator.client import Graph, inner_code

_WRITES = {"method": "PATCH"}


def test_an_error_before_applying(graph: Graph) -> None:
    graph.fault("status", match=_WRITES, status=503, inner_code="serviceUnavailableUncategorized")
    answer = graph.patch("D2", values=[["x"]])
    assert (answer.status_code, inner_code(answer)) == (503, "serviceUnavailableUncategorized")
    assert answer.json()["error"]["code"] == "serviceUnavailable"
    assert graph.values("D2") == [["note 1"]]
    assert graph.patch("D2", values=[["x"]]).status_code == 200


def test_an_error_after_applying(graph: Graph) -> None:
    graph.fault("status_after_apply", match=_WRITES, status=504, code="MaxRequestDurationExceeded")
    answer = graph.patch("D2", values=[["x"]])
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "MaxRequestDurationExceeded")
    assert graph.values("D2") == [["x"]]


@pytest.mark.parametrize(("kind", "value"), [("drop", "note 1"), ("drop_after_apply", "x")])
def test_a_dropped_connection(graph: Graph, kind: str, value: str) -> None:
    graph.fault(kind, match=_WRITES)
    with pytest.raises(httpx.RemoteProtocolError):
        graph.patch("D2", values=[["x"]])
    assert graph.values("D2") == [[value]]
    assert graph.control("GET", "log")[0]["status"] == 0


def test_a_connection_dropped_in_the_middle_of_a_batch(graph: Graph) -> None:
    graph.fault("drop", match={"in_batch": True, "nth": 2})
    with pytest.raises(httpx.RemoteProtocolError):
        graph.batch([graph.step(1, "D2", "x"), graph.step(2, "D3", "x", after=1)])
    assert graph.values("D2:D3") == [["x"], ["note 2"]]
    assert graph.patch("D3", values=[["free again"]]).status_code == 200


def test_a_request_that_hangs(graph: Graph) -> None:
    graph.fault("hang", match=_WRITES, seconds=0.2)
    with pytest.raises(httpx.RemoteProtocolError):
        graph.patch("D2", values=[["x"]])
    assert graph.values("D2") == [["note 1"]]


def test_a_caller_that_gives_up_is_served_all_the_same(graph: Graph) -> None:
    graph.fault("delay", match=_WRITES, seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        graph.http.patch(graph.range_url("D2"), json={"values": [["x"]]}, timeout=0.1)
    while graph.values("D2") != [["x"]]:
        pass


def test_a_late_step_in_a_closed_session_applies_nothing(graph: Graph) -> None:
    session = graph.session()
    graph.fault("delay", match=_WRITES, seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        graph.http.patch(
            graph.range_url("D2"),
            json={"values": [["late"]]},
            headers={"workbook-session-id": session},
            timeout=0.1,
        )
    graph.close(session)
    while graph.control("GET", "stats")["sessions_refused"] == 0:
        pass
    assert graph.values("D2") == [["note 1"]]


def test_nothing_may_be_sent_during_a_retry_after(graph: Graph) -> None:
    graph.fault(
        "status", match=_WRITES, status=429, retry_after=60, inner_code="tooManyRequestsUncategorized"
    )
    answer = graph.patch("D2", values=[["x"]])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    refused = graph.http.get(graph.range_url("A1"))
    assert refused.status_code == 429
    assert 50 <= int(refused.headers["Retry-After"]) <= 60
    assert graph.control("GET", "stats")["retry_after_violations"] == 1
    graph.control("POST", "clock", advance_seconds=61)
    assert graph.patch("D2", values=[["x"]]).status_code == 200
    assert graph.control("GET", "stats")["retry_after_violations"] == 1


def test_a_fault_that_ends_leaves_a_retry_after_running(graph: Graph) -> None:
    other = graph.fault("refuse_cell_text", times=None, text="poison")
    graph.fault("status", match=_WRITES, status=429, retry_after=60)
    assert graph.patch("D2", values=[["x"]]).status_code == 429
    graph.control("DELETE", f"faults?id={other['id']}")
    assert graph.patch("D2", values=[["x"]]).status_code == 429
    graph.control("DELETE", "faults")
    assert graph.patch("D2", values=[["x"]]).status_code == 200


def test_a_retry_after_on_one_step_of_a_batch(graph: Graph) -> None:
    graph.fault("status", match={"in_batch": True, "nth": 2}, status=429, retry_after=30)
    answer = graph.batch(
        [graph.step(1, "D2", "x"), graph.step(2, "D3", "x", after=1), graph.step(3, "D4", "x", after=2)]
    )
    items = answer.json()["responses"]
    assert [item["status"] for item in items] == [200, 429, 424]
    assert items[1]["headers"]["Retry-After"] == "30"
    assert graph.http.get(graph.range_url("A1")).status_code == 429


def test_an_expired_session(graph: Graph) -> None:
    session = graph.session()
    graph.fault("expire_session", match=_WRITES)
    answer = graph.patch("D2", session=session, values=[["x"]])
    assert inner_code(answer) == "invalidSessionReCreatable"
    assert graph.values("D2") == [["note 1"]]


def test_a_text_that_is_never_taken(graph: Graph) -> None:
    rule = graph.fault("refuse_cell_text", times=None, text="poison")
    for _ in range(2):
        assert graph.patch("D2:D3", values=[["fine"], ["some poison here"]]).status_code == 400
    assert graph.patch("D2", values=[["fine"]]).status_code == 200
    graph.control("DELETE", f"faults?id={rule['id']}")
    assert graph.patch("D3", values=[["some poison here"]]).status_code == 200


def test_what_is_held_goes_on_once_its_rule_is_switched_off(graph: Graph) -> None:
    rule = graph.fault("delay", match=_WRITES, seconds=600)
    with ThreadPoolExecutor() as beside:
        written = beside.submit(graph.patch, "D2", values=[["held"]])
        while not graph.control("GET", "faults")[-1]["fired"]:
            time.sleep(0.005)
        assert not written.done()
        graph.control("DELETE", f"faults?id={rule['id']}")
        assert written.result(60).status_code == 200


def test_a_claims_challenge(graph: Graph) -> None:
    graph.fault("claims_challenge")
    answer = graph.http.get(graph.range_url("A1"))
    assert answer.status_code == 401
    assert 'error="insufficient_claims", claims="' in answer.headers["WWW-Authenticate"]


def test_rules_can_be_told_apart(graph: Graph) -> None:
    graph.fault("status", match={"path_regex": r"address='D3'", "nth": 2}, times=2, status=500)
    statuses = [graph.patch(cell, values=[["x"]]).status_code for cell in ("D3", "D2", "D3", "D3", "D3")]
    assert statuses == [200, 200, 500, 500, 200]
    rule = graph.control("GET", "faults")[0]
    assert (rule["seen"], rule["fired"]) == (4, 2)
    assert graph.control("DELETE", "faults") == []


@pytest.mark.parametrize(
    "rule",
    [
        {"action": {"kind": "nonsense"}},
        {"action": {"kind": "status"}},
        {"action": {"kind": "drop"}, "times": 0},
        {"action": {"kind": "drop"}, "match": {"verb": "GET"}},
        {"action": {"kind": "drop"}, "match": {"path_regex": "("}},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(graph: Graph, rule: dict[str, Any]) -> None:
    assert graph.http.post(f"{graph.emulator.control_url}/faults", json=rule).status_code == 400


def test_a_person_edits_between_two_requests(graph: Graph) -> None:
    edit = {
        "sheet": "Active",
        "ops": [
            {"set": {"D2": "by hand", "E2": "10"}},
            {"insert_row": {"at": 3, "values": [1, None, "new"]}},
            {"delete_row": 5},
        ],
    }
    graph.control("POST", "edit", **edit)
    assert graph.values("A2:D5") == [
        [38001, 46327, "Shop 1", "by hand"],
        [1, "", "new", ""],
        [38002, 46328, "Shop 2", "note 2"],
        [38004, 46330, "Shop 4", "note 4"],
    ]
    assert graph.values("E2") == [[10]]
    assert graph.values("V4") == [["mine 2"]]


def test_a_person_sorts_and_moves_rows(graph: Graph) -> None:
    graph.control("POST", "edit", sheet="active", ops=[{"sort": {"column": "A", "descending": True}}])
    assert graph.values("A1:A6") == [["RO"], [38005], [38004], [38003], [38002], [38001]]
    assert graph.values("V2") == [["mine 5"]]
    graph.control("POST", "edit", sheet="Active", ops=[{"move_row": {"from": 2, "to": 5}}])
    assert graph.values("A2:A6") == [[38004], [38003], [38002], [38005], [38001]]


def test_a_person_inserts_a_column(graph: Graph) -> None:
    graph.control("POST", "edit", sheet="Active", ops=[{"set": {"W2": "=A2*2"}}])
    graph.control("POST", "edit", sheet="Active", ops=[{"insert_column": {"at": "A", "header": "COLOR"}}])
    assert graph.values("A1:B2") == [["COLOR", "RO"], ["", 38001]]
    assert graph.values("X2") == [[76002]]


def test_a_person_edits_around_a_certain_step(graph: Graph) -> None:
    for when, text in (("before", "early"), ("after", "late")):
        graph.fault(
            "edit", match={"in_batch": True, "nth": 2}, when=when, sheet="Active", ops=[{"set": {"D4": text}}]
        )
    read = {"id": "2", "method": "GET", "url": f"{graph.book_path}/worksheets/Active/range(address='D4')"}
    items = [graph.step(1, "D4", "ours"), {**read, "dependsOn": ["1"]}]
    answer = graph.batch(items)
    assert answer.json()["responses"][1]["body"]["values"] == [["early"]]
    assert graph.values("D4") == [["late"]]


def test_a_person_edits_before_a_request_that_is_then_refused(graph: Graph) -> None:
    graph.fault("status", status=500)
    graph.fault("edit", sheet="Active", ops=[{"set": {"D4": "early"}}])
    assert graph.patch("D5", values=[["ours"]]).status_code == 500
    assert graph.values("D4:D5") == [["early"], ["note 4"]]


@pytest.mark.parametrize(
    "ops", [[{"paint": 1}], [{"set": {"": 1}}], [{"insert_row": {}}], [{"delete_row": None}]]
)
def test_an_edit_that_makes_no_sense_is_refused(graph: Graph, ops: list[Any]) -> None:
    answer = graph.http.post(f"{graph.emulator.control_url}/edit", json={"sheet": "Active", "ops": ops})
    assert answer.status_code == 400


def test_an_unknown_option_is_refused(graph: Graph) -> None:
    for body in ({"nonsense": 1}, {"latency_ms": "x"}, {"latency_ms": -1}, {"lock_conflict_status": 500}):
        assert graph.http.post(f"{graph.emulator.control_url}/options", json=body).status_code == 400


def test_the_log_tells_what_was_asked(graph: Graph) -> None:
    session = graph.session()
    graph.batch(
        [graph.step(1, "D2", "x", session=session), graph.step(2, "D3", "-bad-", session=session, after=1)]
    )
    graph.patch("D2:D4", session=session, values=[[None], ["y"], ["z"]])
    created, batch, patch = graph.control("GET", "log")
    assert (created["method"], created["status"]) == ("POST", 201)
    assert [(step["id"], step["status"], step["cells"]) for step in batch["steps"]] == [
        ("1", 200, 1),
        ("2", 400, 0),
    ]
    assert batch["steps"][0]["session"] == session
    assert (patch["cells"], patch["written"]) == (3, 2)
    assert created["finished"] <= batch["started"] <= batch["finished"]
    stats = graph.control("GET", "stats")
    assert (stats["http_requests"], stats["batch_steps"], stats["writing_steps"]) == (3, 2, 2)
    assert (stats["max_cells_in_a_step"], stats["sessionless_writes"], stats["overlapping"]) == (3, 0, 0)
    graph.control("DELETE", "log")
    assert graph.control("GET", "log") == []


def test_the_live_cells_can_be_looked_at(graph: Graph) -> None:
    graph.patch("A2", values=[[5]])
    cells = graph.control("GET", "cells?sheet=Active")["values"]
    assert (cells[0][:2], cells[1][0], len(cells)) == (["RO", "DATE MADE"], 5, 6)
