"""Compares the workbook with the database, order by order, and changes neither; asks about rows that are gone."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError

from genthrust.commands import DatabaseCommand
from repairs.wording import counted, quoted
from sync import agreement, marks
from sync.columns import BY_FIELD
from sync.foreground import NotDone, finish_now, needs_attention
from sync.models import Run, Workbook


class Command(DatabaseCommand):
    help = "Compare every order with its row in the workbook and list the differences."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        workbook = marks.the_workbook()
        try:
            finish_now(Run.Kind.CHECK, agreement.work, started_by="check_workbook", tell=self.stderr.write)
        except NotDone as error:
            raise CommandError(str(error)) from error
        workbook.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(self._report(workbook)))
        else:
            self.stdout.write("\n".join(_told(workbook)))

    def _report(self, workbook: Workbook) -> dict[str, Any]:
        return {
            "agreeing": workbook.agreeing,
            "compared": workbook.compared,
            "differences": workbook.differences,
            "unknown_rows": workbook.unknown_rows,
            "needs_attention": needs_attention(workbook),
        }


def _told(workbook: Workbook) -> Iterator[str]:
    """What a comparison found, in sentences."""
    yield f"Excel agrees: {workbook.agreeing} of {workbook.compared}, checked now."
    for difference in workbook.differences:
        yield f"  G{difference['order']}: {_told_difference(difference)}"
    if workbook.unknown_rows:
        yield f"{counted(workbook.unknown_rows, 'row')} with a number that the tracker does not know."
    for entry in needs_attention(workbook):
        who = f"G{entry['order']}" if entry["order"] else "The workbook"
        yield f"{who} needs a person: {entry['reason']}"


def _told_difference(difference: dict[str, Any]) -> str:
    if difference["kind"] == "duplicate":
        return f"it stands in row {difference['row']} of {difference['sheet']} as well."
    if "reason" in difference:
        return str(difference["reason"])
    name, theirs, ours = difference["field"], difference["excel"], difference["tracker"]
    column = BY_FIELD[name].header if name in BY_FIELD else name
    said = f"{column}: Excel says {_value(theirs)}, the tracker {_value(ours)}"
    return f"{said}, which is on its way." if difference["kind"] == "pending" else f"{said}."


def _value(text: str) -> str:
    return quoted(text) if text else "nothing"
