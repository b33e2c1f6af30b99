"""Reading the ledger sheets of the living workbook through Microsoft Graph."""

from __future__ import annotations

from typing import Any

from sync.columns import LAST_LETTER, ledger_name
from sync.foreground import finish_now
from sync.graph.workbook import Step, WorkbookFile, read_range, used_range
from sync.models import Run
from sync.visit import Visit, visit
from sync.xlsx import Row, Sheets, plain_rows

# One answer stays far below the 5 MB that Graph allows, whatever people wrote into the notes.
ROWS_AT_ONCE = 2000


def read_living_workbook() -> Sheets:
    """The ledger sheets of the configured workbook, read in a visit of its own. Raises sync.foreground.NotDone."""
    found: Sheets = {}

    def read(going: Visit) -> None:
        going.claim.report("Reading the workbook")
        found.update(read_sheets(going.file, going.session_id))

    finish_now(Run.Kind.READ, lambda claim: visit(claim, read), started_by="import_workbook")
    return found


def read_sheets(file: WorkbookFile, session_id: str) -> Sheets:
    """The ledger sheets by their titles, in the form in which sync.xlsx gives those of a file."""
    ledgers = [sheet for sheet in file.worksheets(session_id) if ledger_name(sheet.name)]
    return {sheet.name: _read_sheet(file, session_id, sheet.id) for sheet in ledgers}


def _read_sheet(file: WorkbookFile, session_id: str, sheet_id: str) -> list[Row]:
    used = _run_one(file, session_id, used_range(sheet_id))
    last = int(used["rowIndex"]) + int(used["rowCount"])
    rows: list[Row] = []
    for first in range(1, last + 1, ROWS_AT_ONCE):
        address = f"A{first}:{LAST_LETTER}{min(first + ROWS_AT_ONCE - 1, last)}"
        rows += _run_one(file, session_id, read_range(sheet_id, address))["values"]
    return plain_rows(rows)


def _run_one(file: WorkbookFile, session_id: str, step: Step) -> dict[str, Any]:
    [result] = file.run(session_id, [step])
    if result.error is not None:
        raise result.error
    return result.body or {}
