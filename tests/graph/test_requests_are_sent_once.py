"""One call is one request on the wire: nothing in the SDK may send a write a second time."""

import socket

import pytest

from sync.graph.client import Connection, Counter
from sync.graph.errors import OutcomeUnknown
from sync.graph.tokens import StaticToken
from tests.graph.scripted import Answer, ScriptedGraph


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_failure_comes_back_without_a_second_try(
    graph: ScriptedGraph, connection: Connection, method: str, status: int
) -> None:
    graph.answer(Answer(status, headers={"Retry-After": "1"}), Answer(200, {}))
    answer = connection.request(method, "/anything", json={"values": [[1]]})
    assert answer.status == status
    assert answer.headers["retry-after"] == "1"
    assert len(graph.received) == connection.http_requests == 1


def test_a_redirect_is_not_followed(graph: ScriptedGraph, connection: Connection) -> None:
    graph.answer(Answer(302, headers={"Location": f"{graph.base_url}/elsewhere"}), Answer(200, {}))
    assert connection.request("GET", "/here").status == 302
    assert len(graph.received) == 1


def test_a_dropped_connection_leaves_the_outcome_unknown(
    graph: ScriptedGraph, connection: Connection
) -> None:
    graph.answer(Answer(drop=True), Answer(200, {"ok": True}))
    with pytest.raises(OutcomeUnknown, match="broke off"):
        connection.request("PATCH", "/cells", json={})
    assert len(graph.received) == 1
    answer = connection.request("GET", "/cells")
    assert answer.body == {"ok": True}


def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(
    graph: ScriptedGraph, connection: Connection
) -> None:
    graph.answer(Answer(hang=True))
    with pytest.raises(OutcomeUnknown, match="did not answer in time"):
        connection.request("PATCH", "/cells", json={}, read_timeout=0.2)
    assert len(graph.received) == 1


def test_an_answer_that_breaks_off_is_no_answer(connection: Connection, graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, raw=b'{"id": "1"', headers={"Content-Encoding": "gzip"}))
    with pytest.raises(OutcomeUnknown):
        connection.request("GET", "/cells")


def test_nobody_listening_is_said_in_words() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        connection = Connection(f"http://127.0.0.1:{port}/v1.0", StaticToken("secret-token"))
        with pytest.raises(OutcomeUnknown, match="could not be reached"):
            connection.request("GET", "/cells")
        connection.close()


def test_each_use_counts_its_own_requests(graph: ScriptedGraph, connection: Connection) -> None:
    graph.answer(*[Answer(200, {})] * 3)
    mine, yours = Counter(), Counter()
    connection.request("GET", "/a", counter=mine)
    connection.request("GET", "/b", counter=yours)
    connection.request("GET", "/c", counter=mine)
    assert (mine.value, yours.value, connection.http_requests) == (2, 1, 3)


def test_a_check_right_before_sending_can_stop_a_request(
    graph: ScriptedGraph, connection: Connection
) -> None:
    def lease_is_lost() -> None:
        raise PermissionError("the lease is lost")

    with pytest.raises(PermissionError):
        connection.request("PATCH", "/cells", json={}, before_send=lease_is_lost)
    assert graph.received == []
    assert connection.http_requests == 0


def test_what_a_request_looks_like(graph: ScriptedGraph, connection: Connection) -> None:
    graph.answer(Answer(200, {"values": [["2024-05-01", "00123"]]}), Answer(204))
    read = connection.request("POST", "/a/b%20c?$select=values", json={"n": [None, "", "é"]})
    empty = connection.request("POST", "/closeSession", headers={"workbook-session-id": "s1"})
    first, second = graph.received
    assert (first.method, first.path) == ("POST", "/v1.0/a/b%20c?$select=values")
    assert first.body == {"n": [None, "", "é"]}
    assert first.headers["content-type"] == "application/json"
    assert first.headers["authorization"] == "Bearer secret-token"
    assert first.headers["client-request-id"] != second.headers["client-request-id"]
    assert "retry-attempt" not in first.headers
    assert (second.headers["content-length"], second.headers["workbook-session-id"]) == ("0", "s1")
    assert "content-type" not in second.headers
    # The SDK's own parser would have made a date of the first value.
    assert read.body == {"values": [["2024-05-01", "00123"]]}
    assert empty.body is None
