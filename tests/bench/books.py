"""A workbook behind an emulator, and its orders in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from django.test import override_settings

from sync.emulator.process import EmulatorProcess, start_emulator
from sync.import_reading import read_ledger
from sync.importer import Report, import_rows
from sync.marks import the_workbook
from sync.xlsx import read_workbook
from tests.bench.ledgers import write_ledger

# The emulator keeps what is written in memory: saving the file is its own affair and would only take up a core.
UNSAVED = {"save_lag": 3600.0}


@contextmanager
def emulated(workbook: Path, **options: Any) -> Iterator[EmulatorProcess]:
    """An emulator of this workbook, to which the settings of this process point meanwhile."""
    with (
        start_emulator(workbook, token="bench", options=UNSAVED | options) as emulator,
        override_settings(
            GRAPH_BASE_URL=emulator.base_url,
            GRAPH_STATIC_TOKEN=emulator.token,
            GRAPH_ADDRESS="",
            GRAPH_DRIVE_ID=emulator.drive_id,
            EXCEL_WORKBOOK_ID=emulator.item_id,
        ),
    ):
        try:
            yield emulator
        finally:
            emulator.kill()


@contextmanager
def known_book(folder: Path, *, rows: int, **options: Any) -> Iterator[EmulatorProcess]:
    """An emulated workbook of so many orders, all of them imported."""
    path = write_ledger(folder / f"ledger-{rows}.xlsx", rows=rows)
    with emulated(path, **options) as emulator:
        import_file(path)
        yield emulator


def import_file(path: Path) -> Report:
    return import_rows(the_workbook(), read_ledger(read_workbook(path)))


class Counts:
    """What the server itself counted since it was last begun anew."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self._address = emulator.control_url
        self.take()

    def look(self) -> dict[str, Any]:
        stats: dict[str, Any] = self._ask("GET", "/stats")
        return stats

    def take(self) -> dict[str, Any]:
        """The counts so far; it begins again at nothing."""
        stats = self.look()
        self._ask("DELETE", "/log")
        return stats

    def _ask(self, method: str, path: str) -> Any:
        answer = httpx.request(method, self._address + path, trust_env=False, timeout=30)
        return answer.raise_for_status().json()
