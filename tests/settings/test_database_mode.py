"""A database that would spoil what is written into it is refused, by migrate and at every start."""

import subprocess
import sys
from pathlib import Path

import MySQLdb
import pytest
from django.db import connection

from genthrust.checks import mode_trouble
from tests.support.server_processes import MariaDB

ROOT = Path(__file__).resolve().parents[2]


def session(assignment: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION {assignment}")


@pytest.mark.both_databases
@pytest.mark.django_db
def test_as_the_settings_open_it_nothing_is_wrong() -> None:
    assert mode_trouble(connection) == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("sql_mode = 'ANSI'", "The database is not in strict mode"),
        ("character_set_connection = 'latin1'", "The connection's character set is latin1"),
    ],
)
def test_a_session_that_is_not_strict_is_told(assignment: str, sentence: str) -> None:
    session(assignment)
    try:
        assert mode_trouble(connection).startswith(sentence)
    finally:
        connection.close()


def test_a_database_of_another_character_set_is_refused(
    own_mariadb: MariaDB, child_environment: dict[str, str]
) -> None:
    with MySQLdb.connect(host="127.0.0.1", port=own_mariadb.port, user="root") as direct:
        direct.query("CREATE DATABASE genthrust CHARACTER SET latin1")
    environment = {**child_environment, "DATABASE_URL": own_mariadb.url("genthrust")}
    told = "The database's character set is latin1; it must be utf8mb4: ALTER DATABASE `genthrust`"
    for command in ("migrate", "sync_workbook"):
        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert told in done.stderr
