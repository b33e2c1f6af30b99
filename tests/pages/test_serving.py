"""`manage.py serve` and `manage.py scheduler`: what they refuse, and how they start and end."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import httpx
import MySQLdb
import pytest

from tests.e2e.serving import ROOT, Serving, demo_served, environment, first_start, served
from tests.support.server_processes import free_port

IN_WORK = "SELECT number, version FROM repairs_repairorder WHERE status = 'APPROVED' ORDER BY number LIMIT 50"
ARRIVED = """
    SELECT o.number, o.version FROM repairs_repairorder o JOIN sync_replica r ON r.order_id = o.id
    WHERE o.status = 'SHIPPED' AND r.arrived_version = o.version
"""


def manage(*words: str, env: dict[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout, check=False
    )


def look(server: Serving, question: str) -> list[tuple[int, int]]:
    """Rows of its database, read from beside it."""
    with closing(sqlite3.connect(server.data / "genthrust.sqlite3", timeout=30)) as database:
        return database.execute(question).fetchall()


def orders_to_ship(server: Serving) -> list[tuple[int, int]]:
    """Fifty orders in work, by number and version."""
    found = look(server, IN_WORK)
    assert len(found) == 50
    return found


@contextmanager
def signed_in(server: Serving) -> Iterator[httpx.Client]:
    """Somebody who has a page open."""
    name, password = server.account()
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60, follow_redirects=True) as browser:
        page = browser.get("/")
        token = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": server.url}
        browser.post(page.url, data={"login": name, "password": password}, headers=token).raise_for_status()
        browser.headers.update(token | {"X-CSRFToken": browser.cookies["csrftoken"], "HX-Request": "true"})
        yield browser


def ship(browser: httpx.Client, number: int, version: int) -> tuple[int, bool]:
    """The answer's status, and whether it says that the order is saved."""
    form = {"status": "SHIPPED", "expected_version": version}
    answer = browser.post(f"/orders/{number}/status/", data=form)
    return answer.status_code, "Saved" in answer.text


def asked(database: MySQLdb.Connection, question: str) -> Any:
    """The one value that the database answers."""
    with database.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone()
        return answer


def test_serve_is_not_for_a_deployment(tmp_path: Path, redis_url: str) -> None:
    env = {**environment(tmp_path), "REDIS_URL": redis_url}
    done = manage("serve", "--port", "0", env=env)
    assert done.returncode == 1
    assert "REDIS_URL is set" in done.stderr
    assert not (tmp_path / "workbook").exists()


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = manage("serve", "--port", str(taken.getsockname()[1]), env=environment(tmp_path))
    assert done.returncode == 1
    assert "can't be used (Address already in use)" in done.stderr
    assert not (tmp_path / "workbook").exists()


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    first = first_start()
    assert "890 imported" in first.said
    assert "5216 parts imported" in first.said
    assert first.exit_code in (0, 143)
    with demo_served(tmp_path) as second:
        assert "imported" not in second.text()
        assert urlopen(f"{second.url}/readyz").status == 200  # noqa: S310 (our own server)
        _, _, mails = second.text().partition("The mails that left: ")
        assert httpx.get(mails.split()[0], trust_env=False).json() == []


@pytest.mark.chaos
@pytest.mark.timeout(300)  # on a busy machine a first start takes a minute
def test_fifty_saves_at_once_and_a_command_beside_them(tmp_path: Path) -> None:
    """On SQLite, through the pages: nobody is turned away, and all of it reaches the workbook."""
    with demo_served(tmp_path) as server:
        chosen = orders_to_ship(server)
        with signed_in(server) as browser, ThreadPoolExecutor(len(chosen)) as people:
            answers = list(people.map(partial(ship, browser), *zip(*chosen, strict=True)))
        assert [answer for answer in answers if answer != (200, True)] == []
        before = json.loads((tmp_path / "emulator.json").read_text())
        done = manage("sync_workbook", "--json", env=environment(tmp_path), timeout=240)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert (report["pending"], report["needs_attention"]) == (0, [])
        arrived = set(look(server, ARRIVED))
        assert {(number, version + 1) for number, version in chosen} <= arrived
        assert json.loads((tmp_path / "emulator.json").read_text()) == before
        assert server.process.poll() is None


@pytest.mark.chaos
def test_a_command_alone_starts_an_emulator_for_its_own_life(tmp_path: Path) -> None:
    shutil.copytree(first_start().data, tmp_path, dirs_exist_ok=True)
    done = manage("import_workbook", "--from-graph", env=environment(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "890 unchanged" in done.stdout
    assert not (tmp_path / "emulator.json").exists()


@pytest.mark.chaos
def test_an_address_of_a_dead_emulator_is_not_believed(tmp_path: Path) -> None:
    shutil.copytree(first_start().data, tmp_path, dirs_exist_ok=True)
    stale = {"base_url": "http://127.0.0.1:9/v1.0", "token": "x", "pid": os.getpid()}
    (tmp_path / "emulator.json").write_text(json.dumps(stale))
    with served(tmp_path) as server:
        assert server.emulator_address() != "http://127.0.0.1:9"
        assert manage("check_workbook", env=environment(tmp_path)).returncode == 0


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_request_that_runs_on_does_not_hold_up_the_end(tmp_path: Path, database_url: str) -> None:
    settings = {
        "DATABASE_URL": database_url,
        "GRAPH_BASE_URL": f"http://127.0.0.1:{free_port()}/v1.0",
        "GRAPH_STATIC_TOKEN": "t",
    }
    place = urlsplit(database_url)
    with (
        MySQLdb.connect(
            host="127.0.0.1", port=place.port or 0, user="root", database=place.path[1:]
        ) as database,
        served(tmp_path, **settings) as server,
        socket.socket() as browser,
    ):
        database.query("LOCK TABLES django_session WRITE")
        browser.connect(("127.0.0.1", urlsplit(server.url).port or 0))
        browser.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={'x' * 32}\r\n\r\n".encode())
        waits = "SELECT count(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
        while not asked(database, waits):
            time.sleep(0.05)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) == 0


@pytest.mark.chaos
@pytest.mark.django_db
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_scheduler_ends_when_it_is_told(
    child_environment: dict[str, str], number: signal.Signals
) -> None:
    command = [sys.executable, "-u", "manage.py", "scheduler"]
    with subprocess.Popen(
        command, cwd=ROOT, env=child_environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert "runs" in process.stdout.readline()
        process.send_signal(number)
        assert process.wait(30) == 0
