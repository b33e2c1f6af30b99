"""Compares the workbook with the database, order by order, and changes neither; asks about rows that are gone."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from genthrust.commands import DatabaseCommand
from sync import agreement, marks
from sync.foreground import NotDone, finish_now, needs_attention
from sync.models import Run, Workbook


class Command(DatabaseCommand):
    help = "Compare every order with its row in the workbook and list the differences."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        workbook = marks.the_workbook()
        try:
            finish_now(Run.Kind.CHECK, agreement.work, started_by="check_workbook")
        except NotDone as error:
            raise CommandError(str(error)) from error
        workbook.refresh_from_db()
        if not options["json"]:
            self._tell(workbook)
        self.stdout.write(json.dumps(self._report(workbook)))

    def _tell(self, workbook: Workbook) -> None:
        self.stdout.write(f"Excel agrees: {workbook.agreeing} of {workbook.compared}, checked now.")
        for difference in workbook.differences:
            self.stdout.write("  " + ", ".join(f"{name}: {value}" for name, value in difference.items()))

    def _report(self, workbook: Workbook) -> dict[str, Any]:
        return {
            "agreeing": workbook.agreeing,
            "compared": workbook.compared,
            "differences": workbook.differences,
            "unknown_rows": workbook.unknown_rows,
            "needs_attention": needs_attention(workbook),
        }
