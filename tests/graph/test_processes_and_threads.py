"""One connection serves every thread of a process, survives a fork on both sides, and loads little."""

import gc
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync.graph.client import Connection
from sync.graph.tokens import StaticToken
from tests.graph.scripted import Answer, ScriptedGraph


def loops() -> int:
    return sum(thread.name == "graph-loop" for thread in threading.enumerate())


def test_threads_share_one_loop_and_get_their_own_answers(
    graph: ScriptedGraph, connection: Connection
) -> None:
    graph.answer(*[Answer(200, {"n": n}) for n in range(40)])
    before = loops()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: connection.request("GET", f"/{n}"), range(40)))
    found = [answer.body["n"] for answer in answers if answer.body]
    assert sorted(found) == list(range(40))
    assert connection.http_requests == 40
    assert loops() == before + 1


def test_one_that_hangs_does_not_hold_up_another(graph: ScriptedGraph, connection: Connection) -> None:
    graph.answer(Answer(hang=True))
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(connection.request, "GET", "/slow", read_timeout=20)
        while not graph.received:
            assert not hanging.done()
        graph.answer(Answer(200, {"n": 1}))
        assert connection.request("GET", "/quick").body == {"n": 1}
        assert not hanging.done()
        graph.closing.set()
        assert hanging.exception() is not None


def test_a_forked_child_makes_its_own_connection(graph: ScriptedGraph, connection: Connection) -> None:
    graph.answer(*[Answer(200, {"n": n}) for n in range(3)])
    connection.request("GET", "/parent")
    child = os.fork()
    if child == 0:
        # A child that waits for a thread which it does not have must end, too.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)
        try:
            body = connection.request("GET", "/child", read_timeout=10).body
            os._exit(7 if body == {"n": 1} and connection.http_requests == 1 else 8)
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert connection.request("GET", "/parent").body == {"n": 2}
    assert [got.path for got in graph.received] == ["/v1.0/parent", "/v1.0/child", "/v1.0/parent"]


def test_a_closed_connection_starts_again_when_it_is_used(
    graph: ScriptedGraph, connection: Connection
) -> None:
    graph.answer(Answer(200, {}), Answer(200, {}))
    connection.request("GET", "/a")
    connection.close()
    connection.close()
    assert connection.request("GET", "/b").status == 200


def test_a_connection_that_nobody_holds_ends_its_thread(graph: ScriptedGraph) -> None:
    before = set(threading.enumerate())
    graph.answer(Answer(200, {}))
    dropped = Connection(graph.base_url, StaticToken("secret-token"))
    dropped.request("GET", "/a")
    (thread,) = [one for one in set(threading.enumerate()) - before if one.name == "graph-loop"]
    del dropped
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("module", ["msgraph", "azure.identity", "httpx"])
def test_large_libraries_are_loaded_only_by_the_first_request(module: str) -> None:
    code = f"import sys, sync.graph.connection, sync.graph.workbook; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
