"""`manage.py import_workbook FILE | --from-graph`: orders from the workbook into the database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from tqdm import tqdm

from genthrust.commands import DatabaseCommand
from repairs import clock
from repairs.wording import counted
from sync.foreground import NotDone
from sync.import_from_graph import read_living_workbook
from sync.import_reading import Ledger, read_ledger
from sync.importer import Progress, Report, import_rows
from sync.marks import the_workbook
from sync.xlsx import Sheets, UnreadableWorkbook, read_workbook


class Command(DatabaseCommand):
    help = "Imports repair orders from an .xlsx file, or from the workbook that Microsoft Graph holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("file", nargs="?", type=Path, help="an .xlsx file")
        source.add_argument("--from-graph", action="store_true", help="read the configured workbook instead")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="report, and leave orders and shops as they are; reading --from-graph is kept in the list of runs",
        )
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the whole report here")
        parser.add_argument("--quiet", action="store_true", help="show no progress bar")

    def handle(self, *_: Any, **options: Any) -> None:
        started = clock.now()
        try:
            sheets = self._living() if options["from_graph"] else read_workbook(options["file"])
            with _progress_bar(shown=not options["quiet"]) as progress:
                since = started if options["from_graph"] else None
                report = self._import(read_ledger(sheets), options, progress, since)
        except (UnreadableWorkbook, NotDone) as error:
            raise CommandError(str(error)) from error
        self._tell(report, dry_run=options["dry_run"])

    def _living(self) -> Sheets:
        return read_living_workbook(tell=self.stderr.write)

    def _import(
        self, ledger: Ledger, options: dict[str, Any], progress: Progress, read_since: datetime | None
    ) -> Report:
        """Import and report stand or fall together. On SQLite nobody else saves meanwhile."""
        with transaction.atomic():
            report = import_rows(
                the_workbook(), ledger, dry_run=options["dry_run"], progress=progress, read_since=read_since
            )
            if options["report"]:
                _write_report(options["report"], report)
            if options["dry_run"]:
                transaction.set_rollback(True)
        return report

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        for row in report.rejected:
            self.stdout.write(f"Not imported: {row.sheet}, row {row.row}: {row.reason}.")
        self.stdout.write(
            f"{report.imported} imported, {report.updated} updated, {report.unchanged} unchanged, "
            f"{counted(len(report.rejected), 'row')} refused, {counted(len(report.issues), 'cell')} to look at, "
            f"{counted(len(report.differences), 'difference')}."
        )
        if dry_run:
            self.stdout.write("This was a dry run; orders and shops are as they were.")


def _write_report(path: Path, report: Report) -> None:
    try:
        path.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The report can't be written to {path}: {error.strerror}.") from error


@contextmanager
def _progress_bar(*, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, for a person at a terminal only."""
    with tqdm(unit=" rows", file=sys.stderr, disable=not (shown and sys.stderr.isatty())) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
