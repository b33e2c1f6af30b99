"""What manage.py can't work with ends it with one sentence, not with a traceback."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from genthrust.env import check_database

ROOT = Path(__file__).resolve().parents[2]
Manage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """Runs a command on a data folder of its own, in the embedded mode."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        unset = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SECRET_KEY"), "")
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={**os.environ, **unset, "DATA_DIR": str(tmp_path / "data"), **environment},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that it said."""
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line.removeprefix("CommandError: ")


@pytest.mark.parametrize(
    "command",
    [
        "check",
        "serve",
        *(pytest.param(name, marks=pytest.mark.chaos) for name in ("web", "worker", "scheduler")),
    ],
)
def test_a_bad_value(manage: Manage, command: str) -> None:
    assert sentence(manage(command, DEBUG="perhaps")) == "DEBUG must be true or false, not “perhaps”."


def test_a_value_is_quoted_as_it_was_typed(manage: Manage) -> None:
    assert sentence(manage("check", LOG_LEVEL="loud")).endswith("not “loud”.")


def test_a_data_folder_that_cannot_be_made(manage: Manage, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        assert sentence(manage("check", DATA_DIR=str(folder))).startswith(
            f"DATA_DIR {folder} can't be used ("
        )


def test_a_database_file_that_is_none(manage: Manage, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear shop, please find enclosed")
    told = {
        tmp_path
        / "missing"
        / "db": f"The database {tmp_path}/missing/db can't be used (No such file or directory).",
        tmp_path: f"The database {tmp_path} can't be used (Is a directory).",
        tmp_path / "letter": f"{tmp_path}/letter is no SQLite database.",
    }
    for path, expected in told.items():
        assert sentence(manage("migrate", DATABASE_URL=f"sqlite:///{path}")) == expected
    assert (tmp_path / "letter").read_text().startswith("Dear shop")


def test_mysql_without_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"ENGINE": "genthrust.mysql"}
    check_database(found)
    monkeypatch.setitem(sys.modules, "MySQLdb", None)  # what Python takes for a module that can't be imported
    with pytest.raises(ImproperlyConfigured, match=r"mysqlclient is not installed"):
        check_database(found)


@pytest.mark.parametrize(
    "command",
    [
        "sync_workbook",
        *(
            pytest.param(command, marks=pytest.mark.chaos)
            for command in ("check_workbook", "resync", "import_workbook --from-graph", "import_shops x.csv")
        ),
    ],
)
def test_a_database_without_tables(manage: Manage, command: str) -> None:
    told = "The database is empty; run `manage.py migrate`, or start the program once."
    assert sentence(manage(*command.split())) == told


@pytest.mark.chaos
def test_the_database_is_its_owners_alone(manage: Manage, tmp_path: Path) -> None:
    assert manage("migrate").returncode == 0
    files = [*(tmp_path / "data").glob("genthrust.sqlite3*"), tmp_path / "data" / "secret_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.chaos
def test_a_workbook_that_cannot_be_opened(manage: Manage, tmp_path: Path) -> None:
    book = tmp_path / "data" / "workbook" / "repair_orders.xlsx"
    book.parent.mkdir(parents=True)
    book.write_bytes(b"no workbook")
    told = f"{book}: The workbook cannot be opened."
    assert sentence(manage("serve", "--port", "0")) == told
    assert sentence(manage("check_workbook")) == told
    assert book.read_bytes() == b"no workbook"
