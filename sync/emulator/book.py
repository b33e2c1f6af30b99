"""The workbook in memory: read from an .xlsx file, changed cell by cell, written back with everything else kept."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from sync.emulator.a1 import Area
from sync.emulator.errors import GraphError, not_found
from sync.emulator.formula import CellError, FormulaError, NotWorkedOut, Scalar, evaluate, parse_formula
from sync.emulator.references import Shift, shift_formula
from sync.emulator.sheet import AnyCell, Sheet, formula_of, serial_of

MAX_DEPTH = 30
"""How far references are followed from one formula to the next; beyond it the last known value counts."""

_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    SyntaxError,  # what the XML parsers raise
    BadZipFile,
    EOFError,
    zlib.error,
    InvalidFileException,
    NotImplementedError,
)


class UnreadableWorkbook(Exception):
    """The bytes are not a workbook that can be opened."""


class Book:
    """All worksheets in order, and what changes more than one of them."""

    def __init__(self, workbook: Any, sheets: list[Sheet], *, private: bool = False) -> None:
        self.workbook = workbook
        self.sheets = sheets
        self.private = private

    @classmethod
    def read(cls, data: bytes) -> Book:
        """Open a workbook. UnreadableWorkbook when it is none."""
        try:
            with _quiet():
                workbook = load_workbook(BytesIO(data))
            sheets = [
                Sheet.take_over(worksheet, sheet_id(worksheet.title)) for worksheet in workbook.worksheets
            ]
            book = cls(workbook, sheets)
            if any(sheet.formulas for sheet in sheets):
                book._read_cached_values(data)
        except _UNREADABLE as error:
            raise UnreadableWorkbook(str(error)) from error
        return book

    def _read_cached_values(self, data: bytes) -> None:
        """What Excel last worked out for each formula stands in the file beside it."""
        with _quiet():
            shadow = load_workbook(BytesIO(data), read_only=True, data_only=True)
        for sheet in self.sheets:
            places = {(cell.row, cell.column): cell for cell in sheet.formulas}
            last = max((row for row, _ in places), default=0)
            rows = shadow[sheet.title].iter_rows(min_row=1, max_row=last, min_col=1, values_only=True)
            for number, values in enumerate(rows if places else (), start=1):
                for column, value in enumerate(values, start=1):
                    if value is not None and (cell := places.get((number, column))) is not None:
                        sheet.cached[cell] = self._plain(value)
        shadow.close()

    def _plain(self, value: Any) -> Scalar:
        return value if isinstance(value, (str, int, float)) else serial_of(value, self.workbook.epoch)

    def write(self, path: Path) -> None:
        """Write the file. The book is of no further use in this process afterwards."""
        for sheet in self.sheets:
            sheet.give_back()
        self.workbook.save(path)

    def private_copy(self) -> Book:
        """The book as it is now, for a session whose changes are to be lost."""
        return Book(self.workbook, [sheet.private_copy() for sheet in self.sheets], private=True)

    def sheet(self, key: str) -> Sheet:
        """A worksheet by its id or its name, whatever the case. GraphError 404 when there is none."""
        wanted = key.casefold()
        for sheet in self.sheets:
            if wanted in (sheet.id.casefold(), sheet.title.casefold()):
                return sheet
        raise not_found("The requested resource doesn't exist.")

    def content(self, sheet: Sheet, cell: AnyCell | None, *, depth: int = 0) -> tuple[Scalar, str]:
        """A cell's value and its kind as in `Typed.kind`; formulas give what they come to, "" means empty."""
        if cell is None or cell._value is None:
            return "", "n"
        kind: str = cell.data_type
        if kind == "f":
            return self._formula_value(sheet, cell, depth)
        if isinstance(cell._value, (str, int, float)):
            return cell._value, kind
        return str(cell._value), "s"

    def _formula_value(self, sheet: Sheet, cell: AnyCell, depth: int) -> tuple[Scalar, str]:
        def lookup(title: str | None, row: int, column: int) -> Scalar:
            other = self._other_sheet(title) if title else sheet
            value, kind = self.content(other, other.cell(row, column), depth=depth + 1)
            if kind == "e":
                raise CellError(str(value))
            return value

        try:
            if depth > MAX_DEPTH:
                raise NotWorkedOut
            return _with_kind(evaluate(parse_formula(formula_of(cell)), lookup))
        except CellError as error:
            return error.code, "e"
        except (NotWorkedOut, FormulaError):
            return _with_kind(sheet.cached.get(cell, 0))

    def _other_sheet(self, title: str) -> Sheet:
        try:
            return self.sheet(title)
        except GraphError as error:
            raise CellError("#REF!") from error

    def insert(self, sheet: Sheet, area: Area, *, down: bool) -> None:
        """Make room, and let formulas, merges and filters follow."""
        self._follow(sheet, sheet.insert(area, down=down))

    def delete(self, sheet: Sheet, area: Area, *, up: bool) -> None:
        """Close the gap, and let formulas, merges and filters follow."""
        self._follow(sheet, sheet.delete(area, up=up))

    def _follow(self, moved: Sheet, shift: Shift) -> None:
        for sheet in self.sheets:
            for cell in sheet.formulas:
                if isinstance(cell._value, str):
                    cell._value = shift_formula(
                        cell._value, own_sheet=sheet.title, sheet=moved.title, shift=shift
                    )
        if not self.private:
            _follow_ranges(moved.worksheet, shift)


def _with_kind(value: Scalar) -> tuple[Scalar, str]:
    if isinstance(value, bool):
        return value, "b"
    if isinstance(value, str):
        return value, "s"
    return (int(value) if float(value).is_integer() and abs(value) < 1e15 else value), "n"


def _follow_ranges(worksheet: Any, shift: Shift) -> None:
    for merged in list(worksheet.merged_cells.ranges):
        area = shift.area(Area(merged.min_row, merged.min_col, merged.max_row, merged.max_col))
        if area is None or area.cells == 1:
            worksheet.merged_cells.remove(merged)
        else:
            merged.min_row, merged.min_col = area.top, area.left
            merged.max_row, merged.max_col = area.bottom, area.right
    for filtered in [worksheet.auto_filter, *worksheet.tables.values()]:
        reference = shift_formula(f"={filtered.ref or ''}", own_sheet="-", sheet="-", shift=shift)[1:]
        if filtered.ref and "#REF!" not in reference:
            filtered.ref = reference


def sheet_id(title: str) -> str:
    """The id of a worksheet: the same after every start."""
    return "{" + str(uuid5(NAMESPACE_URL, f"worksheet:{title}")).upper() + "}"


@contextmanager
def _quiet() -> Iterator[None]:
    """openpyxl warns about parts of a file that it leaves out; the reader of the log can do nothing about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
