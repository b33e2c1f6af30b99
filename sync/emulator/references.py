"""What happens to references in formulas, and to merged cells, when rows or columns come or go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError

from sync.emulator.a1 import (
    MAX_COLUMNS,
    MAX_ROWS,
    AddressError,
    Area,
    column_letters,
    parse_area,
    split_sheet,
)

_DOLLARS = re.compile(r"(\$?)([A-Za-z]{0,3})(\$?)(\d*)")


@dataclass(frozen=True, slots=True)
class Shift:
    """`count` rows (or columns) inserted at `at`, or, when negative, deleted from `at` on.

    `low` and `high` bound it across: the columns (or rows) it is limited to.
    """

    rows: bool
    at: int
    count: int
    low: int
    high: int

    def interval(self, first: int, last: int) -> tuple[int, int] | None:
        """Where first..last lies afterwards; None when all of it was deleted."""
        if self.count > 0:
            return (
                first + self.count if first >= self.at else first,
                last + self.count if last >= self.at else last,
            )
        gone = -self.count
        new_first = first if first < self.at else max(self.at, first - gone)
        new_last = last if last < self.at else max(self.at - 1, last - gone)
        return (new_first, new_last) if new_first <= new_last else None

    def area(self, area: Area) -> Area | None:
        """Where an area lies afterwards; None when all of it was deleted."""
        across = (area.left, area.right) if self.rows else (area.top, area.bottom)
        if across[0] < self.low or across[1] > self.high:
            return area
        if self.rows:
            if area.is_whole_columns:
                return area
            moved = self.interval(area.top, area.bottom)
            return Area(moved[0], area.left, min(moved[1], MAX_ROWS), area.right) if moved else None
        if area.is_whole_rows:
            return area
        moved = self.interval(area.left, area.right)
        return Area(area.top, moved[0], area.bottom, min(moved[1], MAX_COLUMNS)) if moved else None


def shift_formula(formula: str, *, own_sheet: str, sheet: str, shift: Shift) -> str:
    """The formula (of a cell on `own_sheet`) after cells on `sheet` moved; unparsable ones stay."""
    parts = _tokenize(formula)
    if parts is None:
        return formula
    changed = [
        _shift_reference(value, own_sheet, sheet, shift) if is_range else value for value, is_range in parts
    ]
    return "=" + "".join(changed)


@lru_cache(maxsize=4096)
def _tokenize(formula: str) -> tuple[tuple[str, bool], ...] | None:
    try:
        tokens = Tokenizer(formula).items
    except (TokenizerError, IndexError):
        return None
    return tuple(
        (token.value, token.type == Token.OPERAND and token.subtype == Token.RANGE) for token in tokens
    )


def _shift_reference(text: str, own_sheet: str, sheet: str, shift: Shift) -> str:
    title, address = split_sheet(text)
    if (title or own_sheet).casefold() != sheet.casefold():
        return text
    try:
        area = parse_area(address)
    except AddressError:
        return text
    moved = shift.area(area)
    prefix = text[: len(text) - len(address)]
    if moved is None:
        return f"{prefix}#REF!"
    return text if moved == area else prefix + _spell(address, moved)


def _spell(address: str, new: Area) -> str:
    """Write the new area with the dollars of the old address. Reversed corners come out in order."""
    first, colon, second = address.partition(":")
    start = _corner(first, new.top, new.left)
    return f"{start}:{_corner(second, new.bottom, new.right)}" if colon else start


def _corner(text: str, row: int, column: int) -> str:
    match = _DOLLARS.fullmatch(text.strip())
    if match is None:
        return text
    column_dollar, letters, row_dollar, digits = match.groups()
    if not letters:
        return f"{column_dollar}{row}"
    row_part = f"{row_dollar}{row}" if digits else ""
    return f"{column_dollar}{column_letters(column)}{row_part}"
