"""What every line of measurements stands on: servers, a database of its own, and the environment of processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import caches
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from sync import wanted
from sync.emulator.process import EmulatorProcess
from sync.marks import the_workbook
from sync.models import Run, Workbook
from tests.bench.processes import PATIENCE, wait_until
from tests.servers import Servers


@dataclass(frozen=True)
class World:
    """The servers of a run of the measurements, and a folder for its files."""

    servers: Servers
    folder: Path

    @contextmanager
    def fresh_database(self, name: str | None = None) -> Iterator[None]:
        """An empty database, dropped afterwards; with a name, it may be one more."""
        connection.settings_dict["TEST"]["NAME"] = name
        made = setup_databases(verbosity=0, interactive=False)
        try:
            yield
        finally:
            teardown_databases(made, verbosity=0)

    def environment(self, emulator: EmulatorProcess) -> dict[str, str]:
        """For processes that shall work with this database and this emulator."""
        assert self.servers.mariadb is not None
        return {
            **os.environ,
            "DATABASE_URL": self.servers.mariadb.url(str(connection.settings_dict["NAME"])),
            "GRAPH_BASE_URL": emulator.base_url,
            "GRAPH_STATIC_TOKEN": emulator.token,
            "GRAPH_DRIVE_ID": emulator.drive_id,
            "EXCEL_WORKBOOK_ID": emulator.item_id,
        }


def turn_to(database: str) -> None:
    """From here on everything is asked of this database, and only what was kept of it is known."""
    connection.close()
    connection.settings_dict["NAME"] = database
    connection.ensure_connection()
    caches["counted"].key_prefix = database


def settle(patience: float = PATIENCE) -> None:
    """Waits until the workers have carried everything over and ended; a pause after failures is cut short."""
    Workbook.objects.update(backoff_until=None, not_before=None, failures=0)
    Run.objects.filter(state=Run.State.QUEUED).update(due_at="2000-01-01T00:00Z")
    workbook = the_workbook()
    wait_until(
        lambda: not wanted.pending(workbook).exists(), "all changes are in the workbook", patience=patience
    )
    writing = Run.objects.filter(kind=Run.Kind.FLUSH, state__in=Run.OPEN)
    wait_until(lambda: not writing.exists(), "no flush goes on")


def flushes() -> list[Run]:
    """The flushes so far that wrote something."""
    runs = Run.objects.filter(kind=Run.Kind.FLUSH).order_by("id")
    return [run for run in runs if run.result.get("longest_gap")]


def gaps() -> list[float]:
    return [float(run.result["longest_gap"]) for run in flushes()]
