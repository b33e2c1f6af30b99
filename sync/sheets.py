"""What the ledger sheets hold, as one reading found them. Pure data; rows and columns are Excel's, from 1."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.utils import column_index_from_string, get_column_letter

from repairs.reading import numbers_mentioned, read_number
from sync.columns import BY_FIELD, SHEETS, Column, Value, ledger_name, meaning

RawCell = int | float | str | bool
HEADER_ROW = 1
GENERAL = "General"
TEXT_FORMAT = "@"


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in one cell: a value or a formula, and its number format."""

    value: RawCell
    number_format: str = GENERAL
    formula: str = ""

    @property
    def is_blank(self) -> bool:
        return self.value == "" and not self.formula

    @property
    def text(self) -> str:
        """The content as a person would name it."""
        return self.formula or str(self.value)

    def same_content(self, other: "Content") -> bool:
        """The same formula, or the same value of the same type; the format does not count."""
        if self.formula or other.formula:
            return self.formula == other.formula
        return self.value == other.value and isinstance(self.value, str) == isinstance(other.value, str)


BLANK = Content("")


@dataclass
class SheetView:
    """One ledger sheet. Where only the keys were read, `complete` is False and the other cells are unknown."""

    name: str
    sheet_id: str
    columns: Mapping[str, int]  # field to column
    width: int
    values: list[list[RawCell]]  # row 1 first; blank cells are ""
    complete: bool = True
    formats: list[list[str]] = field(default_factory=list)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    too_wide: bool = False  # cells right of `width` exist that were not read
    used_rows: int = 0  # the last row that holds anything, in any column

    def __post_init__(self) -> None:
        self.last_row = max(self._last_row(), self.used_rows)
        key = self.columns["number"] - 1
        self.keys: list[int | None] = [
            read_number(row[key]) if index else None for index, row in enumerate(self.values)
        ]

    def _last_row(self) -> int:
        for row in range(len(self.values), 0, -1):
            if any(cell != "" for cell in self.values[row - 1]) or (self.formulas and self._has_formula(row)):
                return row
        return 0

    def _has_formula(self, row: int) -> bool:
        return any((row, column) in self.formulas for column in range(1, self.width + 1))

    def key_at(self, row: int) -> int | None:
        return self.keys[row - 1] if HEADER_ROW < row <= len(self.keys) else None

    def numbers_mentioned(self) -> Iterator[int]:
        """Every number that may be in use as an RO number, also in rows that have no usable one."""
        key = self.columns["number"] - 1
        for row in self.values[HEADER_ROW:]:
            yield from numbers_mentioned(row[key])

    def key_counts(self) -> Counter[int]:
        """How often each number stands here."""
        return Counter(key for _, key in self.keyed_rows())

    def at(self, row: int, column: int) -> Content:
        if not 1 <= row <= len(self.values) or column > self.width:
            return BLANK
        number_format = self.formats[row - 1][column - 1] if self.formats else GENERAL
        return Content(self.values[row - 1][column - 1], number_format, self.formulas.get((row, column), ""))

    def row(self, row: int) -> list[Content]:
        return [self.at(row, column) for column in range(1, self.width + 1)]

    @property
    def headers(self) -> tuple[str, ...]:
        """The texts of the header row, up to the last."""
        texts = [content.text for content in self.row(HEADER_ROW)]
        return tuple(texts[: max((place for place, text in enumerate(texts, start=1) if text), default=0)])

    def is_blank(self, row: int) -> bool:
        return all(content.is_blank for content in self.row(row))

    def with_cells(self, cells: Mapping[tuple[int, int], Content]) -> "SheetView":
        """The same sheet with other contents in some cells, by row and column; rows below the last are added."""
        rows = range(1, max([self.last_row, *(row for row, _ in cells)]) + 1)
        span = range(1, max([self.width, *(column for _, column in cells)]) + 1)
        grid = {(r, c): cells.get((r, c)) or self.at(r, c) for r in rows for c in span}
        return replace(
            self,
            width=len(span),
            values=[[grid[r, c].value for c in span] for r in rows],
            formats=[[grid[r, c].number_format for c in span] for r in rows],
            formulas={place: content.formula for place, content in grid.items() if content.formula},
        )

    def field_at(self, row: int, name: str) -> Content | None:
        """The cell of a field in a row; None where the sheet has no such column."""
        column = self.columns.get(name)
        return None if column is None else self.at(row, column)

    def keyed_rows(self) -> Iterator[tuple[int, int]]:
        """Row and RO number of every row that has one."""
        for index, key in enumerate(self.keys):
            if key is not None:
                yield index + 1, key


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a sheet."""

    sheet: str
    row: int


@dataclass
class Book:
    """The ledger sheets of one reading, by name, in the order in which they are looked through."""

    sheets: dict[str, SheetView]
    refused: dict[str, str] = field(default_factory=dict)  # sheet to the reason why it can't be used

    def __post_init__(self) -> None:
        self.places: dict[int, list[Place]] = {}
        for name in SHEETS:
            if name in self.sheets:
                for row, key in self.sheets[name].keyed_rows():
                    self.places.setdefault(key, []).append(Place(name, row))

    def highest_number(self) -> int:
        """The highest number on any sheet that may be in use as an RO number; 0 for none."""
        return max((n for view in self.sheets.values() for n in view.numbers_mentioned()), default=0)

    def read_field(self, place: Place, column: Column) -> tuple[Value, Content] | None:
        """What a cell means and what stands in it; None where the sheet has no such column."""
        content = self.sheets[place.sheet].field_at(place.row, column.field)
        return None if content is None else (meaning(column, content.value).value, content)

    def row_means(self, place: Place) -> dict[str, Value]:
        """What each cell of a row means, for every field that the sheet has."""
        found: dict[str, Value] = {}
        for name, column in BY_FIELD.items():
            read = self.read_field(place, column)
            if read is not None:
                found[name] = read[0]
        return found


_DATE_CODES = re.compile(r"[dyhs]|m(?!ax)", re.IGNORECASE)
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_PLAIN_TEXT = re.compile(
    rf"(?!(?:true|false)\s*$)(?!(?:{_MONTHS})[a-z]*[\s.,/-]*\d)[^\W\d_].*", re.IGNORECASE | re.DOTALL
)


def is_date_format(number_format: str) -> bool:
    """Whether Excel shows a number in this format as a date or a time."""
    bare = _LITERALS.sub("", number_format)
    return bare.lower() != "general" and bare != TEXT_FORMAT and bool(_DATE_CODES.search(bare))


def typed(content: Content) -> RawCell:
    """What has to be sent so that the cell holds this content again, in this number format.

    Excel reads text like something typed: outside a text format "3-4" becomes a date and "=x" a formula, unless
    an apostrophe stands before it; an apostrophe of the text's own is swallowed, so it is sent doubled.
    """
    if content.formula:
        return content.formula
    value = content.value
    if not isinstance(value, str) or not value:
        return value
    if value.startswith("'"):
        return "'" + value
    if content.number_format == TEXT_FORMAT or _PLAIN_TEXT.fullmatch(value):
        return value
    return "'" + value


def moved_formula(formula: str, *, from_row: int, to_row: int, sheet: str = "") -> str:
    """A formula as Excel would copy it to another row: its own row follows. Cells of other sheets have not moved.

    On a `sheet` that it does not leave, what it names there by the sheet's name follows too.
    """
    follow: Any = Translator.translate_range
    return "=" + "".join(
        follow(token.value, to_row - from_row, 0) if _is_here(token, sheet) else token.value
        for token in Tokenizer(formula).items
    )


def _is_here(token: Token, sheet: str = "") -> bool:
    """Whether a part of a formula names cells of its own sheet, or a name or a table. `A5:INDEX(` is one part."""
    may_name = token.subtype in (Token.RANGE, Token.OPEN)
    return may_name and ("!" not in token.value or _names(token, sheet))


def _names(token: Token, sheet: str) -> bool:
    """Whether a part of a formula names a ledger sheet: Active!I9, 'Active'!I9, Active:Net!I9, a text of that kind."""
    pieces = token.value.rpartition("!")[0].split(":")
    return sheet in (ledger_name(piece.strip("'@\"")) for piece in pieces)


def names_sheet(formula: str, sheet: str) -> bool:
    """Whether a formula names cells of a ledger sheet by its name, be it in a text that INDIRECT reads."""
    try:
        tokens = Tokenizer(formula).items
    except TokenizerError:
        return sheet.casefold() in formula.casefold()
    return any(_names(token, sheet) for token in tokens)


def moved(content: Content, *, from_row: int, to_row: int, sheet: str = "") -> Content:
    """A cell's content as it is after its row was moved, be it on the same `sheet`.

    A formula that can't follow, since it would refer to cells above the sheet, leaves what it shows.
    """
    if not content.formula or from_row == to_row:
        return content
    try:
        formula = moved_formula(content.formula, from_row=from_row, to_row=to_row, sheet=sheet)
    except (TranslatorError, TokenizerError):
        return Content(content.value, content.number_format)
    return Content(content.value, content.number_format, formula)


_REFERENCE = re.compile(r"@?\$?([A-Z]{1,3})\$?[0-9]+(?::\$?([A-Z]{1,3})\$?[0-9]+)?", re.IGNORECASE)
_WHOLE_COLUMNS = re.compile(r"@?\$?([A-Z]{1,3}):\$?([A-Z]{1,3})", re.IGNORECASE)
_WHOLE_ROWS = re.compile(r"@?\$?[0-9]+:\$?[0-9]+")
_BY_WORKING_OUT = {"INDIRECT(", "OFFSET("}  # functions that come to cells which the formula does not name


def columns_named(formula: str, width: int) -> set[int]:
    """The columns of its own sheet that a formula reckons with; all up to `width` where that can't be told."""
    try:
        tokens = Tokenizer(formula).items
    except TokenizerError:
        return set(range(1, width + 1))
    return {column for token in tokens for column in _columns_of(token, width)}


def _columns_of(token: Token, width: int) -> range:
    text = token.value
    if text.upper() in _BY_WORKING_OUT or _WHOLE_ROWS.fullmatch(text):
        return range(1, width + 1)
    found = _REFERENCE.fullmatch(text) or _WHOLE_COLUMNS.fullmatch(text)
    if not _is_here(token):  # other sheets mean the same everywhere
        return range(0)
    if not found:  # so do names and tables; from a cell to what a function comes to may be any column
        return range(1, width + 1) if ":" in text.partition("[")[0] else range(0)
    first, last = sorted(column_index_from_string(letters) for letters in (found[1], found[2] or found[1]))
    return range(first, last + 1)


def address(first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    """A block's address such as A5:U7."""
    return f"{get_column_letter(first_column)}{first_row}:{get_column_letter(last_column)}{last_row}"
