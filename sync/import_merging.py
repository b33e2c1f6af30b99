"""What of a row is taken into an order that is already known, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from repairs import reading
from repairs.models import RepairOrder
from sync.columns import BY_FIELD, COLUMNS, Column, Value, from_json, same, to_json
from sync.import_reading import OrderRow
from sync.wanted import order_values

Agreed = dict[str, Any]

UNREADABLE = "The cell can't be read, so the order keeps its value."
NEVER_AGREED = "Order and workbook differ, and nothing was agreed on before."
ORDER_IS_NEWER = "The order was changed since order and workbook last agreed."
BOTH_CHANGED = "Order and workbook were both changed since they last agreed."


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which an order and its row differ and nothing was taken."""

    sheet: str
    row: int
    number: int
    field: str
    value: str
    order: str
    reason: str


@dataclass(slots=True)
class Merge:
    """What one row does to its order. `agreed` is the new base: what order and row agree on afterwards."""

    agreed: Agreed
    sheet: str
    changes: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def agreement(row: OrderRow, values: Mapping[str, Value]) -> Agreed:
    """The base of an order that was made from this row."""
    return {column.field: to_json(values[column.field]) for column in COLUMNS if column.field in row.reads}


def merge(order: RepairOrder, row: OrderRow, agreed: Agreed | None, agreed_sheet: str) -> Merge:
    """Takes a cell where the field still has the value last agreed on, or is empty and nothing was agreed on."""
    result = Merge(agreed=dict(agreed or {}), sheet=agreed_sheet)
    values = order_values(order)
    for name, read in row.reads.items():
        column, ours = BY_FIELD[name], values[name]
        if same(column, read.value, ours):
            result.agreed[name] = to_json(ours)
            continue
        reason = _why_not(column, ours, read.value, agreed, understood=read.understood)
        if reason is None:
            result.changes[name] = (ours, read.value)
            result.agreed[name] = to_json(read.value)
        else:
            typed = reading.read_text(row.cells[name]).value
            result.differences.append(_difference(row, name, typed, str(to_json(ours) or ""), reason))
    _merge_sheet(result, order, row, agreed_sheet)
    return result


def _why_not(
    column: Column, ours: Value, theirs: Value, agreed: Agreed | None, *, understood: bool
) -> str | None:
    """Why a cell is not taken; None when it is."""
    if not understood:
        return UNREADABLE
    if agreed is None or column.field not in agreed:
        return None if ours in ("", None) else NEVER_AGREED
    base = from_json(column, agreed[column.field])
    if same(column, ours, base):
        return None
    return ORDER_IS_NEWER if same(column, theirs, base) else BOTH_CHANGED


def _merge_sheet(result: Merge, order: RepairOrder, row: OrderRow, agreed_sheet: str) -> None:
    if row.sheet == order.sheet:
        result.sheet = row.sheet
    elif agreed_sheet == order.sheet:
        result.changes["sheet"] = (order.sheet, row.sheet)
        result.sheet = row.sheet
    else:
        reason = NEVER_AGREED if not agreed_sheet else BOTH_CHANGED
        reason = ORDER_IS_NEWER if agreed_sheet == row.sheet else reason
        result.differences.append(_difference(row, "sheet", row.sheet, order.sheet, reason))


def _difference(row: OrderRow, name: str, typed: str, ours: str, reason: str) -> Difference:
    return Difference(row.sheet, row.row, row.number, name, typed, ours, reason)
