"""One worksheet in memory: rows that move as a whole, and cells that keep openpyxl's styles, links and comments.

openpyxl keys its cells by row and column, so that deleting one row of 10,000 touches every cell below it. Here a row
is an entry of a list; openpyxl's own table is built again only when the file is saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl.cell import Cell
from openpyxl.cell.cell import MergedCell
from openpyxl.utils.datetime import to_excel

from sync.emulator.a1 import MAX_COLUMNS, MAX_ROWS, Area
from sync.emulator.coercion import Typed
from sync.emulator.references import Shift

GENERAL = "General"

# openpyxl's stubs leave out the private attributes that make this quick (`_value`, `_style`).
AnyCell = Any
Row = dict[int, AnyCell]


class Sheet:
    """Rows and columns count from 1, as in addresses. `version` rises with every change."""

    def __init__(self, worksheet: Any, sheet_id: str) -> None:
        self.worksheet = worksheet
        self.id = sheet_id
        self.title: str = worksheet.title
        self.visibility: str = {"hidden": "Hidden", "veryHidden": "VeryHidden"}.get(
            worksheet.sheet_state, "Visible"
        )
        self.rows: list[Row | None] = []
        self.dimensions: list[Any] = []
        self.formulas: set[AnyCell] = set()
        self.cached: dict[AnyCell, Any] = {}
        self.version = 0
        self._used: dict[bool, tuple[int, Area]] = {}

    @classmethod
    def take_over(cls, worksheet: Any, sheet_id: str) -> Sheet:
        """Move the cells of a freshly read openpyxl worksheet in here."""
        sheet = cls(worksheet, sheet_id)
        for (row, column), cell in worksheet._cells.items():
            sheet._normalise(cell, worksheet.parent.epoch)
            sheet._row(row)[column] = cell
        for row, dimension in worksheet.row_dimensions.items():
            sheet._extend(row)
            sheet.dimensions[row - 1] = dimension
        worksheet._cells = {}
        return sheet

    def give_back(self) -> None:
        """Fill openpyxl's own tables. Only for the process that saves and then ends: they are not emptied again."""
        worksheet = self.worksheet
        cells: dict[tuple[int, int], AnyCell] = {}
        for number, row in enumerate(self.rows, start=1):
            for column, cell in (row or {}).items():
                cell.row, cell.column = number, column
                cells[number, column] = cell
        worksheet._cells = cells
        worksheet.row_dimensions.clear()
        for number, dimension in enumerate(self.dimensions, start=1):
            if dimension is not None:
                dimension.index = number
                worksheet.row_dimensions[number] = dimension

    def private_copy(self) -> Sheet:
        """The same sheet with cells of its own, which are never saved."""
        twin = Sheet(self.worksheet, self.id)
        twin.dimensions = list(self.dimensions)
        for row in self.rows:
            twin.rows.append(
                {column: twin._adopt(cell, self) for column, cell in row.items()} if row else None
            )
        return twin

    def _adopt(self, cell: AnyCell, source: Sheet) -> AnyCell:
        if isinstance(cell, MergedCell):
            return cell
        twin: AnyCell = Cell(self.worksheet, row=1, column=1)
        twin._value, twin.data_type, twin._style = cell._value, cell.data_type, copy(cell._style)
        if cell in source.formulas:
            self.formulas.add(twin)
            if cell in source.cached:
                self.cached[twin] = source.cached[cell]
        return twin

    def _normalise(self, cell: AnyCell, epoch: datetime) -> None:
        """Dates become the serial numbers they are in the file."""
        value = cell._value
        if isinstance(value, (datetime, date, time, timedelta)):
            serial = serial_of(value, epoch)
            cell._value = int(serial) if serial.is_integer() else serial
            cell.data_type = "n"
        elif isinstance(cell, Cell) and cell.data_type == "f":
            self.formulas.add(cell)

    def _extend(self, row: int) -> None:
        missing = row - len(self.rows)
        if missing > 0:
            self.rows.extend([None] * missing)
            self.dimensions.extend([None] * missing)

    def _row(self, row: int) -> Row:
        self._extend(row)
        found = self.rows[row - 1]
        if found is None:
            found = self.rows[row - 1] = {}
        return found

    def row_cells(self, row: int) -> Row:
        """The cells of a row by column; empty beyond the last one."""
        return (self.rows[row - 1] or {}) if row <= len(self.rows) else {}

    def cell(self, row: int, column: int) -> AnyCell | None:
        """The cell, or None when nothing was ever there."""
        return self.row_cells(row).get(column)

    def number_format(self, row: int, column: int) -> str:
        """The number format of a cell, General when it has none."""
        return format_of(self.cell(row, column))

    def put(self, row: int, column: int, typed: Typed) -> None:
        """Set a cell's content. Cells hidden by a merge stay as they are."""
        if typed.value is None and self.cell(row, column) is None:
            return
        cell = self._cell_for_change(row, column)
        if cell is None:
            return
        self.forget(cell)
        cell._value, cell.data_type = typed.value, typed.kind
        if typed.kind == "f":
            self.formulas.add(cell)
        if typed.number_format and format_of(cell) == GENERAL:
            cell.number_format = typed.number_format
        if typed.quoted:
            cell.quotePrefix = 1

    def set_format(self, row: int, column: int, number_format: str) -> None:
        """Set a cell's number format."""
        if self.number_format(row, column) == number_format:
            return
        cell = self._cell_for_change(row, column)
        if cell is not None:
            cell.number_format = number_format

    def _cell_for_change(self, row: int, column: int) -> AnyCell | None:
        cells = self._row(row)
        cell = cells.get(column)
        if cell is None:
            cell = cells[column] = Cell(self.worksheet, row=1, column=1)
        self.version += 1
        return None if isinstance(cell, MergedCell) else cell

    def clear(self, area: Area, *, contents: bool, formats: bool) -> None:
        """Empty the cells of an area, their formats, or both."""
        for row in range(area.top, min(area.bottom, len(self.rows)) + 1):
            cells = self.row_cells(row)
            for column in [number for number in cells if area.left <= number <= area.right]:
                self._clear_cell(cells[column], contents=contents, formats=formats)
        self.version += 1

    def _clear_cell(self, cell: AnyCell, *, contents: bool, formats: bool) -> None:
        if isinstance(cell, MergedCell):
            return
        if contents:
            self.forget(cell)
            cell._value, cell.data_type = None, "n"
        if formats:
            cell._style = type(cell._style)()

    def forget(self, cell: AnyCell) -> None:
        """Drop what is known about the formula of a cell that is overwritten or deleted."""
        self.formulas.discard(cell)
        self.cached.pop(cell, None)

    def used(self, *, values_only: bool) -> Area:
        """The smallest rectangle with a value (or, unless `values_only`, a format); A1 on a blank sheet."""
        known = self._used.get(values_only)
        if known is None or known[0] != self.version:
            known = self._used[values_only] = (self.version, self._find_used(values_only=values_only))
        return known[1]

    def _find_used(self, *, values_only: bool) -> Area:
        rows: list[int] = []
        left, right = MAX_COLUMNS, 1
        for number, row in enumerate(self.rows, start=1):
            columns = [
                column
                for column, cell in (row or {}).items()
                if cell.value is not None or (not values_only and cell.has_style)
            ]
            if columns:
                rows.append(number)
                left, right = min(left, *columns), max(right, *columns)
        return Area(rows[0], left, rows[-1], right) if rows else Area(1, 1, 1, 1)

    def filled(self, area: Area) -> Iterator[tuple[int, int]]:
        """Row and column of every cell of an area that holds a value."""
        for row in range(area.top, min(area.bottom, len(self.rows)) + 1):
            for column, cell in self.row_cells(row).items():
                if area.left <= column <= area.right and cell.value is not None:
                    yield row, column

    def insert(self, area: Area, *, down: bool) -> Shift:
        """Push what stands in an area (and beyond it) down or to the right. The formats of its neighbours stay."""
        self.version += 1
        if down and area.is_whole_rows:
            self._insert_rows(area.top, area.rows)
        elif down:
            self._push_down(area)
        else:
            self._push_right(area)
        if down:
            return Shift(True, area.top, area.rows, area.left, area.right)
        return Shift(False, area.left, area.columns, area.top, area.bottom)

    def delete(self, area: Area, *, up: bool) -> Shift:
        """Take the cells of an area out and close the gap from below or from the right."""
        self.version += 1
        if up and area.is_whole_rows:
            for row in self.rows[area.top - 1 : area.bottom]:
                self._forget_all(row)
            del self.rows[area.top - 1 : area.bottom]
            del self.dimensions[area.top - 1 : area.bottom]
        elif up:
            self._pull_up(area)
        else:
            self._pull_left(area)
        if up:
            return Shift(True, area.top, -area.rows, area.left, area.right)
        return Shift(False, area.left, -area.columns, area.top, area.bottom)

    def _forget_all(self, row: Row | None) -> None:
        for cell in (row or {}).values():
            self.forget(cell)

    def _insert_rows(self, at: int, count: int) -> None:
        if at > len(self.rows):
            return
        above = self.row_cells(at - 1) if at > 1 else {}
        self.rows[at - 1 : at - 1] = [self._blank_like(above) for _ in range(count)]
        self.dimensions[at - 1 : at - 1] = [None] * count
        del self.rows[MAX_ROWS:], self.dimensions[MAX_ROWS:]

    def _blank_like(self, neighbours: Row) -> Row | None:
        """Empty cells with the formats of the row above, as Excel inserts them."""
        blanks = {
            column: self._blank(cell)
            for column, cell in neighbours.items()
            if cell.has_style and not isinstance(cell, MergedCell)
        }
        return blanks or None

    def _blank(self, neighbour: AnyCell) -> AnyCell:
        blank: AnyCell = Cell(self.worksheet, row=1, column=1)
        blank._style = copy(neighbour._style)
        return blank

    def _push_down(self, area: Area) -> None:
        self._extend(min(len(self.rows) + area.rows, MAX_ROWS))
        for row in range(len(self.rows), area.top - 1, -1):
            source = row - area.rows
            taken = self._take(source, area.left, area.right) if source >= area.top else {}
            self._replace(row, area.left, area.right, taken)
        above = self.row_cells(area.top - 1) if area.top > 1 else {}
        inside = {column: cell for column, cell in above.items() if area.left <= column <= area.right}
        for row in range(area.top, area.bottom + 1):
            self._replace(row, area.left, area.right, self._blank_like(inside) or {})

    def _pull_up(self, area: Area) -> None:
        for row in range(area.top, min(area.bottom, len(self.rows)) + 1):
            self._forget_all(self._take(row, area.left, area.right))
        for row in range(area.top, len(self.rows) + 1):
            source = row + area.rows
            taken = self._take(source, area.left, area.right) if source <= len(self.rows) else {}
            self._replace(row, area.left, area.right, taken)

    def _take(self, row: int, left: int, right: int) -> Row:
        cells = self.row_cells(row)
        return {column: cells.pop(column) for column in list(cells) if left <= column <= right}

    def _replace(self, row: int, left: int, right: int, taken: Row) -> None:
        self._take(row, left, right)
        if taken:
            self._row(row).update(taken)

    def _push_right(self, area: Area) -> None:
        for row in range(area.top, min(area.bottom, len(self.rows)) + 1):
            moved = self._take(row, area.left, MAX_COLUMNS)
            neighbour = self.row_cells(row).get(area.left - 1)
            shifted = {column + area.columns: cell for column, cell in moved.items()}
            cells = {column: cell for column, cell in shifted.items() if column <= MAX_COLUMNS}
            if neighbour is not None and neighbour.has_style and not isinstance(neighbour, MergedCell):
                cells |= {column: self._blank(neighbour) for column in range(area.left, area.right + 1)}
            if cells:
                self._row(row).update(cells)

    def _pull_left(self, area: Area) -> None:
        for row in range(area.top, min(area.bottom, len(self.rows)) + 1):
            self._forget_all(self._take(row, area.left, area.right))
            moved = self._take(row, area.right + 1, MAX_COLUMNS)
            if moved:
                self._row(row).update({column - area.columns: cell for column, cell in moved.items()})


def serial_of(value: Any, epoch: datetime) -> float:
    """A date, a time or a duration as Excel's serial number."""
    return float(to_excel(value, epoch))  # type: ignore[no-untyped-call]  # the stubs leave it untyped


def format_of(cell: AnyCell | None) -> str:
    """A cell's number format."""
    return cell.number_format if cell is not None and cell.has_style else GENERAL


def formula_of(cell: AnyCell) -> str:
    """The formula of a cell whose kind is f, array formulas included."""
    value = cell._value
    return value if isinstance(value, str) else f"={(getattr(value, 'text', None) or '').lstrip('=')}"
