"""Workers in processes of their own, to be killed and frozen. They are forked from one that is warm already."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from django.db import connection

from sync.emulator.process import EmulatorProcess
from tests.flush.house import eventually
from tests.support.server_processes import DIE_WITH_PARENT

ROOT = Path(__file__).resolve().parents[2]


LOOKS = 100  # at whether a transaction is over
SEEN_ANEW_AFTER = 0.11  # seconds; asked more often than each 0.1 s, MariaDB tells again what it saw before


def rows_are_locked() -> bool:
    """Is anybody else in the middle of a transaction on this database?"""
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist "
                "ON id = trx_mysql_thread_id WHERE id <> CONNECTION_ID() AND db = DATABASE()"
            )
            return bool(cursor.fetchone()[0])
    with closing(
        sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=0, isolation_level=None)
    ) as own:
        try:
            own.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        own.execute("ROLLBACK")
        return False


def wait_for_the_database() -> None:
    """Until it has noticed who is dead: what they had begun is rolled back, a commit under way is done."""
    _seen(lambda: not rows_are_locked(), "the end of a dead worker's transaction")


def wait_for_one_that_waits() -> None:
    """Until a transaction that has written something waits for a row that another holds. MariaDB only."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist "
                "ON id = trx_mysql_thread_id WHERE id <> CONNECTION_ID() AND db = DATABASE() "
                "AND trx_state = 'LOCK WAIT' AND trx_rows_modified > 0"
            )
            return bool(cursor.fetchone()[0])

    _seen(waits, "a transaction that has written and waits for a row")


def _seen(look: Callable[[], bool], told: str) -> None:
    for _ in range(LOOKS):
        if look():
            return
        time.sleep(SEEN_ANEW_AFTER)
    raise AssertionError(f"never seen: {told}")


@dataclass(frozen=True)
class Worker:
    """A process that carries changes to the workbook. Its words go to `log`."""

    pid: int
    log: Path

    def kill(self) -> None:
        """The power goes."""
        self._signal(signal.SIGKILL)
        eventually(lambda: not self.is_alive(), "the end of a killed worker")

    def stop(self) -> None:
        """It does nothing any more, wherever it stands, also in the middle of a transaction: for one to be killed."""
        self._signal(signal.SIGSTOP)

    def freeze(self) -> None:
        """Stops one that is to go on later, between two transactions: one that stands in the middle of one, as when it
        renews its lease, would keep everybody else out of those rows, which is the database's matter and another test.
        """
        self.stop()
        for _ in range(LOOKS):
            time.sleep(SEEN_ANEW_AFTER)  # also what was sent just before may be begun only now
            if not rows_are_locked():
                return
            self.thaw()
            time.sleep(0.005)
            self.stop()
        raise AssertionError(f"worker {self.pid} was in the middle of a transaction {LOOKS} times in a row")

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def is_alive(self) -> bool:
        try:
            return psutil.Process(self.pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        except psutil.NoSuchProcess:
            return False

    def join(self) -> None:
        eventually(lambda: not self.is_alive(), f"the end of worker {self.pid}: {self.log.read_text()}")

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def environment(emulator: EmulatorProcess, database_url: str) -> dict[str, str]:
    """For a program of ours that shall see this database and this workbook."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "GRAPH_BASE_URL": emulator.base_url,
        "GRAPH_STATIC_TOKEN": emulator.token,
        "GRAPH_DRIVE_ID": emulator.drive_id,
        "EXCEL_WORKBOOK_ID": emulator.item_id,
    }


class Nursery:
    """A process that has loaded the program and forks a worker when it is told to."""

    def __init__(self, emulator: EmulatorProcess, database_url: str, *modules: str) -> None:
        self._workers: list[Worker] = []
        self._process = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, "-m", "tests.flush.nursery", *modules],
            cwd=ROOT,
            env={**environment(emulator, database_url), "DJANGO_SETTINGS_MODULE": "genthrust.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.thaw()
            worker.kill()
        self._process.communicate()

    def start(self, work: str, folder: Path, *, lease: int = 30, **settings: object) -> Worker:
        """A new worker: one of nursery.WORK or a function by its path, a lease of so many seconds, other settings."""
        log = folder / f"worker-{len(self._workers)}.log"
        log.touch()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"work": work, "log": str(log), "settings": {"SYNC_LEASE_SECONDS": lease, **settings}}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        worker = Worker(int(self._process.stdout.readline()), log)
        self._workers.append(worker)
        return worker
