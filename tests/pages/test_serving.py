"""`manage.py serve` and `manage.py scheduler`: what they refuse, and how they start and end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import MySQLdb
import pytest

from tests.e2e.serving import ROOT, demo_served, environment, first_start, served
from tests.support.server_processes import free_port


def manage(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


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


def test_a_command_beside_it_uses_the_living_emulator(tmp_path: Path) -> None:
    with demo_served(tmp_path) as server:
        before = json.loads((tmp_path / "emulator.json").read_text())
        done = manage("check_workbook", "--json", env=environment(tmp_path))
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / "emulator.json").read_text()) == before
        assert server.process.poll() is None


def test_a_command_alone_starts_an_emulator_for_its_own_life(tmp_path: Path) -> None:
    shutil.copytree(first_start().data, tmp_path, dirs_exist_ok=True)
    done = manage("import_workbook", "--from-graph", env=environment(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "890 unchanged" in done.stdout
    assert not (tmp_path / "emulator.json").exists()


def test_an_address_of_a_dead_emulator_is_not_believed(tmp_path: Path) -> None:
    shutil.copytree(first_start().data, tmp_path, dirs_exist_ok=True)
    stale = {"base_url": "http://127.0.0.1:9/v1.0", "token": "x", "pid": os.getpid()}
    (tmp_path / "emulator.json").write_text(json.dumps(stale))
    with served(tmp_path) as server:
        assert server.emulator_address() != "http://127.0.0.1:9"
        assert manage("check_workbook", env=environment(tmp_path)).returncode == 0


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
