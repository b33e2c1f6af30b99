"""`manage.py import_shops FILE`: the list of shops into the database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from tqdm import tqdm

from genthrust.commands import DatabaseCommand
from repairs.shop_list import Report, UnreadableList, import_shops, read_list


class Command(DatabaseCommand):
    help = "Imports the list of shops from a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file with the header “Business Name”")
        parser.add_argument("--dry-run", action="store_true", help="report, and leave the database as it is")
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the whole report here")
        parser.add_argument("--quiet", action="store_true", help="show no progress bar")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            rows = read_list(options["file"])
        except UnreadableList as error:
            raise CommandError(str(error)) from error
        with tqdm(unit=" shops", disable=options["quiet"] or not sys.stderr.isatty()) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            with transaction.atomic():
                report = import_shops(rows, dry_run=options["dry_run"], progress=progress)
                if options["report"]:
                    _write_report(options["report"], report)
        self._tell(report, dry_run=options["dry_run"])

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        for row in report.rejected:
            self.stdout.write(f"Not imported: line {row['row']}: {row['reason']}.")
        self.stdout.write(
            f"{report.imported} shops imported, {report.updated} updated, {report.unchanged} unchanged, "
            f"{len(report.rejected)} lines refused, {len(report.issues)} cells to look at, "
            f"{len(report.differences)} differences."
        )
        if dry_run:
            self.stdout.write("This was a dry run; the database is as it was.")


def _write_report(path: Path, report: Report) -> None:
    try:
        path.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The report can't be written to {path}: {error.strerror}.") from error
