"""/healthz and /readyz: up is not ready, and what is missing is said."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import MySQLdb
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.support.server_processes import MariaDB

ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[[str], tuple[int, Any]]
SERVING = """
from wsgiref.simple_server import make_server
from genthrust.wsgi import application
server = make_server("127.0.0.1", 0, application)
print(server.server_port, flush=True)
server.serve_forever()
"""
UP = (200, {"success": True, "data": {"status": "up"}})
AWAY = (503, {"success": False, "error": "The database can't be reached."})


@pytest.fixture
def serving(child_environment: dict[str, str]) -> Iterator[Callable[[str], Ask]]:
    """Starts the program on the database of a URL; gives who asks it for a page."""
    started: list[subprocess.Popen[str]] = []

    def start(database_url: str) -> Ask:
        program = subprocess.Popen(
            [sys.executable, "-c", SERVING],
            cwd=ROOT,
            env={**child_environment, "DATABASE_URL": database_url},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        assert program.stdout is not None
        port = int(program.stdout.readline())
        return lambda path: _asked(port, path)

    yield start
    for program in started:
        program.kill()
        program.communicate()


def _asked(port: int, path: str) -> tuple[int, Any]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as http:
        http.request("GET", path)
        answer = http.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.mark.both_databases
@pytest.mark.django_db
def test_ready_when_every_migration_is_applied(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"success": True, "data": {"status": "ready"}})


@pytest.mark.both_databases
@pytest.mark.django_db
def test_not_ready_while_migrations_are_missing(client: Client) -> None:
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("notifications")
    MigrationRecorder(connection).record_unapplied(*newest)
    answer = client.get("/readyz")
    told = {"success": False, "error": "Database migrations not applied yet: 1."}
    assert (answer.status_code, answer.json()) == (503, told)


def test_up_without_asking_the_database(client: Client) -> None:
    """Without a mark for it, this test has no database."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == UP


@pytest.mark.chaos
def test_not_ready_without_the_file_of_the_database(serving: Callable[[str], Ask], tmp_path: Path) -> None:
    ask = serving(f"sqlite:///{tmp_path / 'no such folder' / 'db.sqlite3'}")
    assert (ask("/healthz"), ask("/readyz")) == (UP, AWAY)


def test_a_server_that_goes_away_and_comes_back(serving: Callable[[str], Ask], own_mariadb: MariaDB) -> None:
    with MySQLdb.connect(host="127.0.0.1", port=own_mariadb.port, user="root") as direct:
        direct.query("CREATE DATABASE genthrust")
    ask = serving(own_mariadb.url("genthrust"))
    status, told = ask("/readyz")
    assert status == 503
    assert told["error"].startswith("The database is empty; ")
    own_mariadb.kill()
    assert (ask("/readyz"), ask("/healthz"), ask("/readyz")) == (AWAY, UP, AWAY)
    own_mariadb.start()
    assert ask("/readyz") == (503, told)
