"""The workbook's 21 columns: where they stand, what a cell in them means, and how a value is written.

Cells are compared by meaning: however a person spelt it, a cell agrees with a field when it reads as the
field's value. A *cell* is what Excel holds (a number, text, TRUE or FALSE, "" for blank); a *value* is what
the order's field holds: int for the number, date or None, Decimal or None, and text, where "" is empty. The
shop's value is its name; the status's is the canonical status, or what was typed when it is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from repairs import reading
from repairs.models import RepairOrder, Shop
from repairs.reading import Cell, Read
from repairs.shop_names import shop_key, tidy_name
from repairs.statuses import Sheet, read_status

Value = int | str | Decimal | dt.date | None

SHEETS = tuple(sheet.value for sheet in Sheet)
FEWEST_BY_NAME = 15
NEAR_SPELLING = 0.8
_SERIAL_ZERO = dt.date(1899, 12, 30)


class Kind(StrEnum):
    NUMBER = "number"
    DATE = "date"
    SHOP = "shop"
    TEXT = "text"
    STATUS = "status"
    MONEY = "money"
    NOTES = "notes"


@dataclass(frozen=True, slots=True)
class Column:
    """One of the columns A to U. `index` counts from 0; `longest` is how many characters the field holds."""

    index: int
    header: str
    field: str
    kind: Kind
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class TypedCell:
    """What is written into a cell. `number_format` is None for a cleared cell, which keeps its format."""

    value: int | float | str
    number_format: str | None


class ForeignHeaders(ValueError):
    """The header row is not that of a ledger sheet. The text is a sentence for people."""


_LAYOUT: tuple[tuple[str, str, Kind], ...] = (
    ("RO", "number", Kind.NUMBER),
    ("DATE MADE", "date_made", Kind.DATE),
    ("SHOP NAME", "shop", Kind.SHOP),
    ("PART #", "part_number", Kind.TEXT),
    ("SERIAL #", "serial_number", Kind.TEXT),
    ("PART DESCRIPTION", "description", Kind.TEXT),
    ("REQ WORK", "requested_work", Kind.TEXT),
    ("DATE DROPPED OFF", "date_dropped_off", Kind.DATE),
    ("ESTIMATED COST", "estimated_cost", Kind.MONEY),
    ("FINAL COST", "final_cost", Kind.MONEY),
    ("TERMS", "terms", Kind.TEXT),
    ("SHOP REF #", "shop_reference", Kind.TEXT),
    ("ESTIMATED DELIVERY DATE", "estimated_delivery", Kind.DATE),
    ("CURENT STATUS", "status", Kind.STATUS),
    ("CURENT STATUS DATE", "status_date", Kind.DATE),
    ("GENTHRUST STATUS", "internal_status", Kind.TEXT),
    ("SHOP STATUS", "shop_status", Kind.TEXT),
    ("TRACKING NUMBER / PICKING UP", "tracking_number", Kind.TEXT),
    ("NOTES", "notes", Kind.NOTES),
    ("LAST DATE UPDATED", "last_updated", Kind.DATE),
    ("NEXT DATE TO UPDATE", "next_update", Kind.DATE),
)
_LONGEST = {
    Kind.TEXT: {field.name: field.max_length for field in RepairOrder._meta.fields},
    Kind.SHOP: {"shop": Shop._meta.get_field("name").max_length},
}  # a status may be longer than its field: what is none is kept as a text

COLUMNS: tuple[Column, ...] = tuple(
    Column(index, header, field, kind, _LONGEST.get(kind, {}).get(field))
    for index, (header, field, kind) in enumerate(_LAYOUT)
)
BY_FIELD: Mapping[str, Column] = {column.field: column for column in COLUMNS}
WIDTH = len(COLUMNS)
ALWAYS = 21
"""How many columns every ledger has: A to U. To the right of them people keep cells of their own, also without a
header, so that a column of ours that came later is found by its name alone."""


def ledger_name(title: str) -> str | None:
    """The ledger that a sheet is by its title (Active, Net, Paid or Returns), or None for any other sheet."""
    folded = title.strip().casefold()
    return next((name for name in SHEETS if name.casefold() == folded), None)


def match_headers(row: Sequence[Cell], columns: Sequence[Column] = COLUMNS) -> list[int | None]:
    """For each of the columns, the index (from 0) at which it stands in a sheet with this header row.

    None for a column that the sheet does not have. Only as many places are looked at as there are columns. Raises
    ForeignHeaders unless RO and at least 15 of the 21 are found by name; another of the 21 is then taken at its usual
    place, if the header there is blank or a near spelling of its name.
    """
    names = [_normalized(cell) for cell in row[: len(columns)]] + [""] * (len(columns) - len(row))
    wanted = [_normalized(column.header) for column in columns]
    found = [_found_by_name(name, place, names) for place, name in enumerate(wanted)]
    _refuse_foreign(found[:ALWAYS], names)
    taken = {index for index in found if index is not None}
    for place in range(ALWAYS):
        if found[place] is None and place not in taken and _is_near(place, names[place], wanted):
            found[place] = place
    return found


def field_columns(row: Sequence[Cell]) -> dict[str, int]:
    """The column, from 1, of each field that a sheet with this header row has."""
    found = zip(COLUMNS, match_headers(row), strict=True)
    return {column.field: index + 1 for column, index in found if index is not None}


def meaning(column: Column, cell: Cell) -> Read[Value]:
    """What the order's field would be, read from this cell; its problem goes into the list of issues."""
    read = _READERS[column.kind](cell)
    if column.longest is not None and isinstance(read.value, str) and len(read.value) > column.longest:
        return Read("", f"This is longer than {column.longest} characters.", understood=False)
    return read


def same(column: Column, one: Value, other: Value) -> bool:
    """Whether two values of a column's field mean the same."""
    if one in ("", None) or other in ("", None):
        return one in ("", None) and other in ("", None)
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _core(column, one) == _core(column, other)
    return one == other


def to_cell(column: Column, value: Value) -> TypedCell:
    """The cell that reads as this value, with the number format that keeps Excel from retyping it."""
    if value is None or value == "":
        return TypedCell("", None)
    if isinstance(value, dt.date):
        return TypedCell((value - _SERIAL_ZERO).days, "mm/dd/yyyy")
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return TypedCell(int(value) if whole else float(value), "#,##0.00")
    if isinstance(value, int):
        return TypedCell(value, "0")
    return TypedCell(reading.notes_cell(value) if column.kind is Kind.NOTES else value, "@")


def to_json(value: Value) -> int | str | None:
    """A value as it is kept in JSON: dates as 2025-11-24, money as "1500.50"."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def shown(column: Column, cell: Any) -> str:
    """A cell as people read it: the serial number of a day as that day, an amount with cents, else as it stands."""
    read = meaning(column, str(cell)) if column.kind in (Kind.DATE, Kind.MONEY) else None
    return str(cell) if read is None or read.value is None else str(to_json(read.value))


def from_json(column: Column, kept: Any) -> Value:
    """The value that to_json kept."""
    if kept is None or kept == "":
        return None if column.kind in (Kind.DATE, Kind.MONEY, Kind.NUMBER) else ""
    if column.kind is Kind.DATE:
        return dt.date.fromisoformat(kept)
    if column.kind is Kind.MONEY:
        return Decimal(kept)
    return int(kept) if column.kind is Kind.NUMBER else str(kept)


def _normalized(cell: Cell) -> str:
    """A header's letters and digits. "PART #", "Part No." and "PART NUMBER" are one name."""
    words = "".join(c if c.isalnum() else " " for c in reading.read_text(cell).value.upper()).split()
    while len(words) > 1 and words[-1] in ("NO", "NUMBER"):
        words.pop()
    return " ".join("CURENT" if word == "CURRENT" else word for word in words)


def _found_by_name(wanted: str, place: int, names: Sequence[str]) -> int | None:
    if names[place] == wanted:
        return place
    return names.index(wanted) if wanted in names else None


def _refuse_foreign(found: Sequence[int | None], names: Sequence[str]) -> None:
    by_name = sum(index is not None for index in found)
    if not any(names):
        raise ForeignHeaders("its first row is empty")
    if found[0] is None:
        raise ForeignHeaders("its first row has no header “RO”")
    if by_name < FEWEST_BY_NAME:
        raise ForeignHeaders(f"only {by_name} of the 21 headers in its first row are known")


def _is_near(place: int, name: str, wanted: Sequence[str]) -> bool:
    """A near spelling is nearer to the name of this place's column than to any other's."""
    if not name:
        return True
    likeness = [SequenceMatcher(None, name, known).ratio() for known in wanted]
    return likeness[place] >= NEAR_SPELLING and likeness[place] == max(likeness)


def _core(column: Column, text: str) -> str:
    """What two texts must have in common to mean the same. Excel and browsers end lines differently."""
    if column.kind is Kind.SHOP:
        return shop_key(text)
    if column.kind is Kind.STATUS and (canonical := read_status(text)):
        return canonical
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _read_number(cell: Cell) -> Read[Value]:
    number = reading.read_number(cell)
    if number is None and not reading.is_blank(cell):
        return Read(None, "This is not an RO number.", understood=False)
    return Read(number)


def _read_shop(cell: Cell) -> Read[Value]:
    return Read(tidy_name(reading.read_text(cell).value))


def _read_status(cell: Cell) -> Read[Value]:
    typed = reading.read_text(cell).value
    canonical = read_status(typed)
    return Read(canonical or typed, "This is not a known status." if typed and not canonical else None)


def _read_notes(cell: Cell) -> Read[Value]:
    read = reading.read_notes(cell)
    return Read(read.value.note, read.problem)


_READERS: Mapping[Kind, Callable[[Cell], Read[Any]]] = {
    Kind.NUMBER: _read_number,
    Kind.DATE: reading.read_date,
    Kind.SHOP: _read_shop,
    Kind.TEXT: reading.read_text,
    Kind.STATUS: _read_status,
    Kind.MONEY: reading.read_money,
    Kind.NOTES: _read_notes,
}
