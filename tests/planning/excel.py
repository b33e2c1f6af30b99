"""A workbook in memory that takes blocks and row deletes as Graph does, and people's edits as Excel does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openpyxl.utils import column_index_from_string, coordinate_to_tuple, get_column_letter

from sync.columns import COLUMNS, SHEETS, field_columns
from sync.emulator.coercion import coerce
from sync.graph.workbook import Step
from sync.sheets import Book, RawCell, SheetView

GENERAL = "General"
HEADERS = {column.index + 1: column.header for column in COLUMNS}
FIELDS = {column.field: column.index + 1 for column in COLUMNS}
SHOWN = 7  # what every formula shows: no rule depends on what it comes to


@dataclass(frozen=True)
class Cell:
    """One cell. In a formula {row} stands for the cell's own row, which is how Excel keeps references."""

    value: RawCell = ""
    number_format: str = GENERAL
    formula: str = ""

    @property
    def is_blank(self) -> bool:
        return self.value == "" and not self.formula


EMPTY = Cell()
Row = dict[int, Cell]


def with_formula(text: str, number_format: str = GENERAL) -> Cell:
    return Cell(SHOWN, number_format, text)


@dataclass
class Paper:
    """A sheet: its rows from row 1 on, and which column each field has."""

    name: str
    rows: list[Row] = field(default_factory=list)
    columns: Mapping[str, int] = field(default_factory=lambda: FIELDS)
    too_wide: bool = False

    def __post_init__(self) -> None:
        if not self.rows:
            self.rows = [{c: Cell(h) for c, h in HEADERS.items() if c in self.columns.values()}]

    def head(self, column: int, header: str) -> None:
        """A person types a header; the fields are looked for anew, as the reader does."""
        self.put(1, column, Cell(header))
        self.columns = field_columns([self.at(1, c).value for c in range(1, max(self.rows[0]) + 1)])

    def insert_column(self, at: int, header: str) -> None:
        """A person inserts a column. Formulas follow."""
        self.rows = [
            {c + (c >= at): replace(cell, formula=_pushed(cell.formula, at)) for c, cell in row.items()}
            for row in self.rows
        ]
        self.head(at, header)

    def at(self, row: int, column: int) -> Cell:
        return self.rows[row - 1].get(column, EMPTY) if row <= len(self.rows) else EMPTY

    def put(self, row: int, column: int, cell: Cell) -> None:
        while len(self.rows) < row:
            self.rows.append({})
        self.rows[row - 1][column] = cell

    def add(self, cells: Mapping[int, Cell]) -> int:
        """A row below all others; its number."""
        self.rows.append(dict(cells))
        return len(self.rows)

    def insert(self, at: int, cells: Mapping[int, Cell] | None = None) -> None:
        self.rows.insert(at - 1, dict(cells or {}))

    def delete(self, row: int) -> None:
        if row <= len(self.rows):
            self.rows.pop(row - 1)

    def sort(self, column: int) -> None:
        """All rows below the headers by one column, blanks last, as Excel's button does."""
        body = [row for row in self.rows[1:] if any(not cell.is_blank for cell in row.values())]
        body.sort(key=lambda row: _sorting_key(row.get(column, EMPTY)))
        self.rows[1:] = body

    def find(self, column: int, value: RawCell) -> list[int]:
        """The rows that hold a value in a column."""
        return [n for n, row in enumerate(self.rows, start=1) if row.get(column, EMPTY).value == value]


def _pushed(formula: str, at: int) -> str:
    def name(letters: re.Match[str]) -> str:
        column = column_index_from_string(letters[0])
        return get_column_letter(column + (column >= at))

    return re.sub(r"[A-Z]+(?=\{row\}|[0-9])", name, formula)


def _sorting_key(cell: Cell) -> tuple[int, float, str]:
    if cell.value == "":
        return 2, 0.0, ""
    return (1, 0.0, str(cell.value)) if isinstance(cell.value, str) else (0, float(cell.value), "")


def corners(address: str) -> tuple[int, int, int, int]:
    """The first row and column of an address such as A5:U7, and the last ones."""
    first, last = address.split(":")
    return *coordinate_to_tuple(first), *coordinate_to_tuple(last)


@dataclass
class Excel:
    """The workbook. `keeps_apostrophes` is the undocumented half of Excel's rule for text cells."""

    papers: dict[str, Paper] = field(default_factory=lambda: {name: Paper(name) for name in SHEETS})
    keeps_apostrophes: bool = False
    refused: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Excel:
        papers = {name: replace(p, rows=[dict(row) for row in p.rows]) for name, p in self.papers.items()}
        return replace(self, papers=papers)

    def read(self) -> Book:
        """All sheets, as the reader finds them."""
        views = {n: _view(p) for n, p in self.papers.items() if n not in self.refused}
        return Book(views, dict(self.refused))

    def apply(self, step: Step) -> None:
        """One step of a batch. The sheet's id is its name."""
        where = re.fullmatch(r"/worksheets/(\w+)/range\(address='([^']+)'\)(/delete)?", step.path)
        assert where
        paper = self.papers[where[1]]
        if where[3]:
            first, last = where[2].split(":")
            assert first == last
            paper.delete(int(first))
        else:
            assert step.body is not None
            self._patch(paper, where[2], step.body)

    def _patch(self, paper: Paper, address: str, body: Mapping[str, Any]) -> None:
        top, left, bottom, right = corners(address)
        for name, write in (("numberFormat", self._format), ("values", self._enter)):
            if name in body:
                assert len(body[name]) == bottom - top + 1
                _each(paper, top, left, right, body[name], write)

    @staticmethod
    def _format(cell: Cell, number_format: str, _row: int) -> Cell:
        return replace(cell, number_format=number_format or GENERAL)

    def _enter(self, cell: Cell, value: RawCell, row: int) -> Cell:
        typed = coerce(value, number_format=cell.number_format, keep_apostrophe=self.keeps_apostrophes)
        own_format = cell.number_format
        if own_format == GENERAL and typed.number_format:
            own_format = typed.number_format
        if typed.kind == "f":
            return Cell(SHOWN, own_format, re.sub(rf"(?<=[A-Z]){row}\b", "{row}", str(typed.value)))
        return Cell("" if typed.value is None else typed.value, own_format)

    def type_in(self, sheet: str, address: str, value: RawCell) -> None:
        """A person types into a cell."""
        row, column = coordinate_to_tuple(address)
        paper = self.papers[sheet]
        paper.put(row, column, self._enter(paper.at(row, column), value, row))


def _each(
    paper: Paper,
    top: int,
    left: int,
    right: int,
    rows: Sequence[Sequence[Any]],
    write: Callable[[Cell, Any, int], Cell],
) -> None:
    for row, cells in enumerate(rows, start=top):
        assert len(cells) == right - left + 1
        for column, cell in enumerate(cells, start=left):
            if cell is not None:
                paper.put(row, column, write(paper.at(row, column), cell, row))


def _view(paper: Paper) -> SheetView:
    width = max([*paper.columns.values(), *(c for row in paper.rows for c in row)])
    span = range(1, width + 1)
    numbers = range(1, len(paper.rows) + 1)
    return SheetView(
        paper.name,
        paper.name,
        paper.columns,
        width,
        [[paper.at(r, c).value for c in span] for r in numbers],
        formats=[[paper.at(r, c).number_format for c in span] for r in numbers],
        formulas={
            (r, c): cell.formula.format(row=r)
            for r in numbers
            for c, cell in paper.rows[r - 1].items()
            if cell.formula
        },
        too_wide=paper.too_wide,
    )
