"""The rows of the ledger sheets, read: which become orders, which are refused, which cells a person must look at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from repairs import reading
from repairs.reading import Cell, HistoryEntry, Read
from sync.columns import (
    ALWAYS,
    BY_FIELD,
    COLUMNS,
    SHEETS,
    WIDTH,
    ForeignHeaders,
    Value,
    ledger_name,
    match_headers,
    meaning,
)
from sync.xlsx import Row, Sheets, UnreadableWorkbook

NO_NUMBER = "no RO number"
DUPLICATE = "duplicate RO number"
NO_COLUMN = "The sheet has no such column, so nothing of it was imported."


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row that stands for an order: where it is, and what each cell says. Rows count from 1, as in Excel."""

    sheet: str
    row: int
    number: int
    cells: dict[str, Cell]
    reads: dict[str, Read[Value]]
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that is not imported, with all its values."""

    sheet: str
    row: int
    reason: str
    values: list[Cell]


@dataclass(frozen=True, slots=True)
class Issue:
    """One cell that a person should look at, as typed, and why."""

    sheet: str
    row: int
    field: str
    value: str
    reason: str


@dataclass(slots=True)
class Ledger:
    """Everything that the sheets say. `highest` is the highest RO number seen, refused rows included."""

    rows: list[OrderRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    highest: int = 0


def read_ledger(sheets: Sheets) -> Ledger:
    """Reads the ledger sheets in the order Active, Net, Paid, Returns; of two rows with one number the first counts.

    Raises UnreadableWorkbook when there is no ledger sheet, or one has foreign headers.
    """
    titles = _ledger_titles(sheets)
    places = {title: _places(title, sheets[title]) for title in titles.values()}
    ledger = Ledger()
    known: set[int] = set()
    for name, title in titles.items():
        ledger.issues += _missing_columns(name, places[title], sheets[title])
        for row_number, row in _filled_rows(sheets[title]):
            _read_row(ledger, known, name, row_number, row, places[title])
    return ledger


def _ledger_titles(sheets: Sheets) -> dict[str, str]:
    titles: dict[str, str] = {}
    for title in sheets:
        name = ledger_name(title)
        if name in titles:
            raise UnreadableWorkbook(f"This workbook has two sheets called {name}.")
        if name:
            titles[name] = title
    if not titles:
        raise UnreadableWorkbook("This workbook has no sheet called Active, Net, Paid or Returns.")
    return {name: titles[name] for name in SHEETS if name in titles}


def _places(title: str, rows: Sequence[Row]) -> list[int | None]:
    try:
        return match_headers(rows[0] if rows else ())
    except ForeignHeaders as error:
        raise UnreadableWorkbook(f"The sheet “{title}” is not a list of repair orders: {error}.") from error


def _missing_columns(name: str, places: Sequence[int | None], rows: Sequence[Row]) -> Iterator[Issue]:
    for column in COLUMNS:
        if places[column.index] is None:
            yield Issue(name, 1, column.field, reading.read_text(rows[0][column.index]).value, NO_COLUMN)


def _filled_rows(rows: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    for row_number, row in enumerate(rows[1:], start=2):
        if not all(reading.is_blank(cell) for cell in row[:ALWAYS]):
            yield row_number, row


def _read_row(
    ledger: Ledger, known: set[int], sheet: str, row_number: int, row: Row, places: Sequence[int | None]
) -> None:
    cells = {
        column.field: row[place] for column, place in zip(COLUMNS, places, strict=True) if place is not None
    }
    number = reading.read_number(cells["number"])
    ledger.highest = max(ledger.highest, *reading.numbers_mentioned(cells["number"]), 0)
    if number is None or number in known:
        values = [_jsonable(cell) for cell in row[:WIDTH]]
        ledger.refused.append(RefusedRow(sheet, row_number, DUPLICATE if number else NO_NUMBER, values))
        return
    known.add(number)
    read = order_row(sheet, row_number, number, cells)
    ledger.rows.append(read)
    ledger.issues += _issues(read)


def order_row(sheet: str, row_number: int, number: int, cells: dict[str, Cell]) -> OrderRow:
    """A row that stands for the order with this number, by what its cells say."""
    reads = {name: meaning(BY_FIELD[name], cell) for name, cell in cells.items()}
    history = reading.read_notes(cells.get("notes")).value.history
    return OrderRow(sheet, row_number, number, cells, reads, history)


def _issues(row: OrderRow) -> Iterator[Issue]:
    for name, read in row.reads.items():
        if read.problem:
            yield Issue(row.sheet, row.row, name, reading.read_text(row.cells[name]).value, read.problem)


def _jsonable(cell: Cell) -> Cell:
    return str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell
