"""Reading the ledger sheets of the living workbook through Microsoft Graph."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from repairs import clock
from sync.columns import LAST_LETTER, ledger_name
from sync.graph.connection import connection
from sync.graph.errors import GraphError, RetryLater
from sync.graph.workbook import Step, WorkbookFile, default_drive_id, read_range, used_range
from sync.models import Workbook
from sync.xlsx import Row, Sheets, plain_rows

# One answer stays far below the 5 MB that Graph allows, whatever people wrote into the notes.
ROWS_AT_ONCE = 2000


def read_living_workbook() -> Sheets:
    """The ledger sheets of the configured workbook. Raises GraphError.

    Waits first for as long as Microsoft has asked everybody to stay away.
    """
    _wait_until_allowed()
    drive_id = settings.GRAPH_DRIVE_ID or default_drive_id(connection(), settings.SHAREPOINT_SITE_ID)
    file = WorkbookFile(connection(), drive_id=drive_id, item_id=settings.EXCEL_WORKBOOK_ID)
    session_id = file.open_session()
    try:
        return read_sheets(file, session_id)
    except RetryLater as error:
        _keep_away(error)
        raise
    finally:
        # A session that stays open ends by itself after some minutes.
        with suppress(GraphError):
            file.close_session(session_id)


def read_sheets(file: WorkbookFile, session_id: str) -> Sheets:
    """The ledger sheets by their titles, in the form in which sync.xlsx gives those of a file."""
    ledgers = [sheet for sheet in file.worksheets(session_id) if ledger_name(sheet.name)]
    return {sheet.name: _read_sheet(file, session_id, sheet.id) for sheet in ledgers}


def _our_row() -> QuerySet[Workbook]:
    return Workbook.objects.filter(drive_id=settings.GRAPH_DRIVE_ID, item_id=settings.EXCEL_WORKBOOK_ID)


def _wait_until_allowed() -> None:
    not_before = _our_row().values_list("not_before", flat=True).first()
    if not_before:
        time.sleep(max(0.0, (not_before - clock.now()).total_seconds()))


def _keep_away(error: RetryLater) -> None:
    """Tells everybody who writes to this workbook how long Microsoft wants to be left alone."""
    if error.retry_after:
        _our_row().update(not_before=clock.now() + timedelta(seconds=error.retry_after))


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
