"""Pytest plugin: MariaDB, Redis and the browser, and the account of what a run really used.

It is loaded with `-p`, before pytest-django reads the settings, because the environment tells them where the
database and Redis are. `--database=mariadb` (the default) tests the program as it is deployed, on MariaDB and
Redis; `--database=sqlite` as one embedded process, on a SQLite file and without Redis.

With `-n 2` each of the two processes that run tests loads this too, and so has servers of its own; the process that
hands the tests out has none, and adds up what they used.
"""

import gc
import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import Any

import hypothesis
import MySQLdb
import pytest
import redis

from tests.support.real_world import leave_real_world
from tests.support.run_folder import RunFolder
from tests.support.server_processes import MariaDB, MissingProgram, Redis, ServerFailed, program
from tests.support.spreading import Spread

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PARTS = ("mariadb", "redis", "chromium")
WORKER = "PYTEST_XDIST_WORKER"
SHARED_FOLDER = "GENTHRUST_TESTS_FOLDER"
"""Names the variable with the folder that all processes of a run have in common."""

hypothesis.settings.register_profile("default", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.register_profile(
    "chaos",
    deadline=None,
    max_examples=200,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


class Servers:
    """The servers of this run. Redis runs with either database, for the tests that ask for it by name."""

    def __init__(self, database: str) -> None:
        self._open = ExitStack()
        self.folder = self._open.enter_context(RunFolder()).path
        self.redis = Redis(self.folder / "redis")
        self.mariadb = MariaDB(self.folder / "mariadb") if database == "mariadb" else None

    def start(self) -> None:
        self.redis.start()
        self._open.callback(self.redis.kill)
        if self.mariadb:
            self.mariadb.start()
            self._open.callback(self.mariadb.kill)

    def tell(self) -> None:
        """Put into the environment where the settings find the servers."""
        data = self.folder / "data"
        (data / "static").mkdir(parents=True)
        leave_real_world(os.environ, data)
        os.environ.setdefault(SHARED_FOLDER, str(self.folder))  # the folder of the process that hands out
        if self.mariadb:
            os.environ["DATABASE_URL"] = self.mariadb.url("genthrust")
            os.environ["DATABASE_CONNECTIONS"] = (
                "100"  # stories with fifty people at once play in one process
            )
            os.environ["REDIS_URL"] = self.redis.url
        else:
            os.environ["DATABASE_URL"] = f"sqlite:///{self.folder / 'genthrust.sqlite3'}"

    def close(self) -> None:
        self._open.close()

    def used(self) -> dict[str, str]:
        """The version of each server that was given work in this run."""
        found = {}
        if self.mariadb is None:
            found["sqlite"] = sqlite3.sqlite_version
        elif _tables_made(self.mariadb):
            found["mariadb"] = self.mariadb.version
        if _commands_given(self.redis):
            found["redis"] = self.redis.version
        return found


def _tables_made(server: MariaDB) -> int:
    """How many tables were created since the server started: none before Django made its test database."""
    connection = MySQLdb.connect(host="127.0.0.1", port=server.port, user="root")
    try:
        cursor = connection.cursor()
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_create_table'")
        return int(cursor.fetchone()[1])
    finally:
        connection.close()


def _commands_given(server: Redis) -> int:
    with redis.Redis(port=server.port) as client:
        statistics = client.info("commandstats")
    assert isinstance(statistics, dict)
    housekeeping = ("cmdstat_info", "cmdstat_hello", "cmdstat_client", "cmdstat_ping")
    return sum(numbers["calls"] for name, numbers in statistics.items() if not name.startswith(housekeeping))


SERVERS = pytest.StashKey[Servers]()


def browser_executable() -> str:
    for name in BROWSERS[1:]:
        try:
            return program(name, name)
        except MissingProgram:
            continue
    return program(BROWSERS[0], BROWSERS[0])


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("genthrust")
    group.addoption("--database", choices=("mariadb", "sqlite"), default="mariadb", help="default: mariadb")
    group.addoption(
        "--whole",
        action="store_true",
        help="fail when a test is skipped, or when MariaDB, Redis or the browser went unused",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    options = early_config.known_args_namespace
    if not hands_out(early_config):
        gc.disable()  # thousands of tests are made, and none of them is garbage
    if not options.help and not options.version:
        _start(early_config, options.database)
    yield


def hands_out(config: pytest.Config) -> bool:
    """Does this process only hand tests out to others (pytest-xdist)?"""
    return bool(config.known_args_namespace.numprocesses) and WORKER not in os.environ


def _start(config: pytest.Config, database: str) -> None:
    try:
        browser_executable()
        servers = Servers("sqlite" if hands_out(config) else database)
        config.add_cleanup(servers.close)
        if not hands_out(config):
            servers.start()
    except (MissingProgram, ServerFailed) as error:
        raise pytest.UsageError(str(error)) from error
    servers.tell()
    config.stash[SERVERS] = servers


def pytest_configure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.pluginmanager.register(Account(config, config.stash[SERVERS]), "account-of-parts")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spread:
    return Spread(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running in this thread from its first test on."""
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))


def pytest_collection_finish(session: pytest.Session) -> None:
    """The thousands of tests themselves are not garbage, and what one leaves is little: the collector looks seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()


class Account:
    """Which parts a run used and what it skipped, for the closing line and for --whole."""

    def __init__(self, config: pytest.Config, servers: Servers) -> None:
        self._whole = bool(config.getoption("whole")) and WORKER not in os.environ
        self._servers = None if hands_out(config) else servers
        self._skipped: list[str] = []
        self._used: dict[str, str] = {}
        self._missing: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        result = yield
        if fixturedef.argname == "browser" and (version := getattr(result, "version", "")):
            self._used["chromium"] = str(version)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._servers:
            self._used = self._servers.used() | self._used
        if WORKER in os.environ:
            session.config.workeroutput["used"] = self._used  # type: ignore[attr-defined]  # xdist sets it on each
        self._missing = [part for part in PARTS if part not in self._used]
        if self._whole and exitstatus == pytest.ExitCode.OK and (self._missing or self._skipped):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """One of the processes that run tests has ended; it has no output of its own when it crashed."""
        self._used |= getattr(node, "workeroutput", {}).get("used", {})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(closing_line(self._used))
        if not self._whole:
            return
        if self._missing:
            terminalreporter.write_line(f"No test used {', '.join(self._missing)}; the run fails.", red=True)
        for nodeid in self._skipped:
            terminalreporter.write_line(f"Skipped, and so the run fails: {nodeid}", red=True)


def closing_line(used: Mapping[str, str]) -> str:
    """The parts and their versions by name, whichever process used one first; the CI script looks for this line."""
    return f"parts used: {', '.join(f'{part} {used[part]}' for part in sorted(used)) or 'none'}"
