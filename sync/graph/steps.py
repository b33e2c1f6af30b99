"""The single operations on a workbook, and their exact shape on the wire."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sync.graph.errors import GraphError

Cell = str | int | float | bool | None
Rows = Sequence[Sequence[Cell]]

USED_RANGE_FIELDS: Final = "address,rowIndex,rowCount,columnIndex,columnCount"
LAST_ROW: Final = 1_048_576
_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?")


@dataclass(frozen=True)
class Step:
    """One operation. `path` is relative to the workbook."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    writes: bool = False


@dataclass(frozen=True)
class StepResult:
    """What became of a step: its body, its error, or skipped since an earlier step of its chain failed."""

    body: dict[str, Any] | None
    error: GraphError | None
    skipped: bool


def used_range(sheet_id: str) -> Step:
    """Where the cells that hold a value are; formatting alone does not count. Both indexes start at 0."""
    return Step("GET", f"{_sheet(sheet_id)}/usedRange(valuesOnly=true)?$select={USED_RANGE_FIELDS}")


def read_range(sheet_id: str, address: str, *, select: Sequence[str] = ("values",)) -> Step:
    """Read a block such as `A1:U500`: the named properties of Graph's Range."""
    return Step("GET", f"{_range(sheet_id, address)}?$select={','.join(select)}")


def write_range(sheet_id: str, address: str, values: Rows, number_formats: Rows | None = None) -> Step:
    """Write a block. None inside leaves a cell alone, "" clears it; the shape must be the address's.

    The formats stand first, since a text format has to be there before the text that it protects.
    Raises ValueError for another shape.
    """
    height, width = _shape(address)
    body: dict[str, Any] = {}
    for name, rows in (("numberFormat", number_formats), ("values", values)):
        if rows is None:
            continue
        if len(rows) != height or any(len(row) != width for row in rows):
            raise ValueError(f"{name} does not have the shape of {address}")
        body[name] = [list(row) for row in rows]
    return Step("PATCH", _range(sheet_id, address), body, writes=True)


def delete_rows(sheet_id: str, first: int, last: int) -> Step:
    """Delete whole rows, counted from 1, both included; what is below moves up, in every column."""
    if not 1 <= first <= last <= LAST_ROW:
        raise ValueError(f"no rows {first} to {last}")
    path = f"{_sheet(sheet_id)}/range(address='{first}:{last}')/delete"
    return Step("POST", path, {"shift": "Up"}, writes=True)


def segment(value: str) -> str:
    """A value as one segment of a path. `!` and `,` stay as they are, as in Graph's own drive and site ids."""
    return quote(value, safe="!,")


def _sheet(sheet_id: str) -> str:
    return f"/worksheets/{segment(sheet_id)}"


def _range(sheet_id: str, address: str) -> str:
    _shape(address)
    return f"{_sheet(sheet_id)}/range(address='{address}')"


def _shape(address: str) -> tuple[int, int]:
    """Rows and columns of an address such as `A5:U7`."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ValueError(f"not the address of a block: {address!r}")
    left, top, right, bottom = found.groups()
    height = int(bottom or top) - int(top) + 1
    width = _column(right or left) - _column(left) + 1
    if height < 1 or width < 1 or int(bottom or top) > LAST_ROW:
        raise ValueError(f"not the address of a block: {address!r}")
    return height, width


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
