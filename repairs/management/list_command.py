"""What the commands that import a CSV list have in common."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from tqdm import tqdm

from genthrust.commands import DatabaseCommand
from repairs.csv_lists import Progress, UnreadableList


class ListCommand(DatabaseCommand):
    """Imports FILE, shows its progress, and tells what it did. Import and report stand or fall together."""

    unit = "rows"
    file_help = "a CSV file"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=self.file_help)
        parser.add_argument("--dry-run", action="store_true", help="report, and leave the database as it is")
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the whole report here")
        parser.add_argument("--quiet", action="store_true", help="show no progress bar")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            with self._progress_bar(shown=not options["quiet"]) as progress, transaction.atomic():
                report = self.import_file(options["file"], dry_run=options["dry_run"], progress=progress)
                if options["report"]:
                    _write_report(options["report"], report.as_json())
        except UnreadableList as error:
            raise CommandError(str(error)) from error
        self._tell(report, dry_run=options["dry_run"])

    def import_file(self, path: Path, *, dry_run: bool, progress: Progress) -> Any:
        """Imports the file and gives the report; raises UnreadableList."""
        raise NotImplementedError

    def summary(self, report: Any) -> str:
        """What the report says, in a sentence."""
        raise NotImplementedError

    def _tell(self, report: Any, *, dry_run: bool) -> None:
        for row in report.rejected:
            self.stdout.write(f"Not imported: line {row['row']}: {row['reason']}.")
        self.stdout.write(self.summary(report))
        if dry_run:
            self.stdout.write("This was a dry run; the database is as it was.")

    @contextmanager
    def _progress_bar(self, *, shown: bool) -> Iterator[Progress]:
        """A bar on stderr, for a person at a terminal only."""
        with tqdm(unit=f" {self.unit}", disable=not (shown and sys.stderr.isatty())) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield progress


def _write_report(path: Path, report: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The report can't be written to {path}: {error.strerror}.") from error
