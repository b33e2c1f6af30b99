"""Carries everything that is pending to the workbook, in the foreground."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from genthrust.commands import DatabaseCommand
from repairs.wording import counted
from sync.foreground import NotDone, drain, dry_run


class Command(DatabaseCommand):
    help = "Write every pending change to the workbook now. The last line on stdout is one line of JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the line of JSON only")
        parser.add_argument("--dry-run", action="store_true", help="show the plan and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tell = self.stderr.write
        try:
            report = (
                dry_run(tell=tell) if options["dry_run"] else drain(started_by="sync_workbook", tell=tell)
            )
        except NotDone as error:
            raise CommandError(str(error)) from error
        if not options["json"]:
            self._tell(report, dry_run=options["dry_run"])
        self.stdout.write(json.dumps(report))

    def _tell(self, report: dict[str, Any], *, dry_run: bool) -> None:
        would = "would be " if dry_run else ""
        if dry_run and (repairs := report["plan"]["repairs"]):
            first = counted(len(repairs), "row")
            self.stdout.write(f"First {first} would be put back; the rest is planned once that is done.")
        self.stdout.write(
            f"{counted(report['rows_written'], 'row')} {would}changed, {report['rows_added']} {would}added, "
            f"{report['rows_deleted']} {would}removed; pending: {counted(report['pending'], 'order')}."
        )
        for entry in report["needs_attention"]:
            who = f"G{entry['order']}" if entry["order"] else "The workbook"
            self.stdout.write(f"{who} needs a person: {entry['reason']}")
