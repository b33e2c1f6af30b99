"""Addresses such as `A1:U5`, `$C:$C`, `5:9` and `'My sheet'!B2`."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMN = re.compile(r"\$?([A-Za-z]{1,3})")
_ROW = re.compile(r"\$?([0-9]{1,7})")
_SHEET = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(.+)", re.DOTALL)


class AddressError(ValueError):
    """The text names no range of a worksheet."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells; rows and columns count from 1 and both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def rows(self) -> int:
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        return self.right - self.left + 1

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def is_whole_rows(self) -> bool:
        return self.left == 1 and self.right == MAX_COLUMNS

    @property
    def is_whole_columns(self) -> bool:
        return self.top == 1 and self.bottom == MAX_ROWS

    @property
    def is_unbounded(self) -> bool:
        """Whole rows or columns: they can be deleted or inserted, but have no values to read or write."""
        return self.is_whole_rows or self.is_whole_columns

    @property
    def address(self) -> str:
        """The shortest usual spelling, without a sheet."""
        if self.is_whole_rows:
            return f"{self.top}:{self.bottom}"
        if self.is_whole_columns:
            return f"{column_letters(self.left)}:{column_letters(self.right)}"
        first = f"{column_letters(self.left)}{self.top}"
        if self.cells == 1:
            return first
        return f"{first}:{column_letters(self.right)}{self.bottom}"


def column_number(letters: str) -> int:
    """A = 1, Z = 26, AA = 27, XFD = 16384; AddressError beyond that."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    if number > MAX_COLUMNS:
        raise AddressError(f"there is no column {letters}")
    return number


def column_letters(number: int) -> str:
    """The reverse of column_number."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _row_number(digits: str) -> int:
    number = int(digits)
    if not 1 <= number <= MAX_ROWS:
        raise AddressError(f"there is no row {digits}")
    return number


def _corner(text: str) -> tuple[int | None, int | None]:
    if match := _CELL.fullmatch(text):
        return _row_number(match[2]), column_number(match[1])
    if match := _COLUMN.fullmatch(text):
        return None, column_number(match[1])
    if match := _ROW.fullmatch(text):
        return _row_number(match[1]), None
    raise AddressError(f"{text!r} is no address")


def split_sheet(text: str) -> tuple[str | None, str]:
    """Take `'O''Brien'!A1` apart into the sheet's name and the rest."""
    match = _SHEET.fullmatch(text)
    if not match:
        return None, text
    quoted, plain, rest = match.groups()
    return (quoted.replace("''", "'") if quoted else plain), rest


def parse_area(text: str) -> Area:
    """An address without a sheet. AddressError when it is none, or lies outside of the grid."""
    first, colon, second = text.strip().partition(":")
    row_a, column_a = _corner(first)
    if not colon and (row_a is None or column_a is None):
        raise AddressError(f"{text!r} is no address")
    row_b, column_b = _corner(second) if colon else (row_a, column_a)
    if (row_a is None) != (row_b is None) or (column_a is None) != (column_b is None):
        raise AddressError(f"{text!r} is no address")
    rows = sorted((row_a or 1, row_b or MAX_ROWS))
    columns = sorted((column_a or 1, column_b or MAX_COLUMNS))
    return Area(rows[0], columns[0], rows[1], columns[1])


def quote_sheet(title: str) -> str:
    """A sheet's name as it stands before the `!` of an address."""
    if re.fullmatch(r"[^\W\d][\w.]*", title):
        return title
    return "'" + title.replace("'", "''") + "'"
