"""Small ledgers for the stories: sheets as an import reads them, and files that hold them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import openpyxl

from sync.columns import BY_FIELD, COLUMNS
from sync.import_reading import read_ledger
from sync.importer import Report, import_rows
from sync.models import Workbook
from sync.xlsx import Row, Sheets

HEADERS: Row = tuple(column.header for column in COLUMNS)
SAMPLE = Path(__file__).resolve().parents[2] / "repairs" / "demo" / "repair_orders.xlsx"


def row(number: Any, **cells: Any) -> Row:
    """A row with these cells, by field; shop and part number are there unless given."""
    given = {"number": number, "shop": "Coral Bay Aero", "part_number": "762574B", **cells}
    filled: list[Any] = [""] * len(COLUMNS)
    for field, cell in given.items():
        filled[BY_FIELD[field].index] = cell
    return tuple(filled)


def sheets(**rows: Iterable[Row]) -> Sheets:
    """Ledger sheets with their header rows: sheets(Active=[row(1)], Net=[])."""
    return {title: [HEADERS, *given] for title, given in rows.items()}


def import_sheets(workbook: Workbook, content: Sheets, **given: Any) -> Report:
    """Reads the sheets and imports what they say."""
    return import_rows(workbook, read_ledger(content), **given)


def write(path: Path, content: Mapping[str, Iterable[Iterable[Any]]]) -> Path:
    """An .xlsx file with these sheets."""
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for title, rows in content.items():
        sheet = book.create_sheet(title)
        for given in rows:
            sheet.append([None if cell == "" else cell for cell in given])
    book.save(path)
    return path
