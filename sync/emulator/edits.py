"""A person at work in the same workbook, between two requests of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync.emulator.a1 import MAX_COLUMNS, MAX_ROWS, Area, column_number, parse_area
from sync.emulator.book import Book
from sync.emulator.coercion import coerce
from sync.emulator.errors import GraphError
from sync.emulator.sheet import Sheet
from sync.emulator.storage import PERSON, Storage

Edit = Callable[[Book, Sheet, Any], None]


def apply_edits(storage: Storage, sheet_name: str, operations: list[Mapping[str, Any]]) -> None:
    """Do what a person did. ValueError when an operation cannot be understood."""
    try:
        book = storage.current()
        sheet = book.sheet(sheet_name)
        storage.changed(by=PERSON)
        for operation in operations:
            for name, value in operation.items():
                if name not in _EDITS:
                    raise ValueError(f"unknown edit {name!r}; there are {', '.join(_EDITS)}")
                _EDITS[name](book, sheet, value)
    except GraphError as error:
        raise ValueError(error.message) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the edit cannot be understood: {error!r}") from error


def _set(_book: Book, sheet: Sheet, cells: Mapping[str, Any]) -> None:
    for address, value in cells.items():
        area = parse_area(address)
        _type_in(sheet, area.top, area.left, value)


def _type_in(sheet: Sheet, row: int, column: int, value: Any) -> None:
    number_format = sheet.number_format(row, column)
    sheet.put(row, column, coerce(value, number_format=number_format, keep_apostrophe=False))


def _insert_row(book: Book, sheet: Sheet, what: Mapping[str, Any]) -> None:
    at = int(what["at"])
    book.insert(sheet, _rows(at, at), down=True)
    for column, value in enumerate(what.get("values", ()), start=1):
        if value is not None:
            _type_in(sheet, at, column, value)


def _delete_row(book: Book, sheet: Sheet, number: int) -> None:
    book.delete(sheet, _rows(number, number), up=True)


def _insert_column(book: Book, sheet: Sheet, what: Mapping[str, Any]) -> None:
    at = column_number(str(what["at"]))
    book.insert(sheet, Area(1, at, MAX_ROWS, at), down=False)
    _type_in(sheet, 1, at, what.get("header", ""))


def _move_row(book: Book, sheet: Sheet, what: Mapping[str, Any]) -> None:
    """Cut a row and insert it so that it stands at `to` afterwards."""
    source, target = int(what["from"]), int(what["to"])
    if not (1 <= source <= len(sheet.rows) and 1 <= target <= len(sheet.rows)):
        raise ValueError("move_row needs rows that are in use")
    sheet.rows.insert(target - 1, sheet.rows.pop(source - 1))
    sheet.dimensions.insert(target - 1, sheet.dimensions.pop(source - 1))
    sheet.version += 1


def _sort(book: Book, sheet: Sheet, what: Mapping[str, Any]) -> None:
    """Sort whole rows by one column, blanks last, as the ribbon's button does."""
    column = column_number(str(what["column"]))
    descending = bool(what.get("descending", False))
    first = 2 if what.get("header", True) else 1
    used = sheet.used(values_only=True)
    body = sheet.rows[first - 1 : used.bottom]

    def key(row: Any) -> tuple[int, float, str]:
        value, kind = book.content(sheet, (row or {}).get(column))
        if isinstance(value, str):
            return 1, 0.0, value.casefold()
        return (2, float(value), "") if kind == "b" else (0, float(value), "")

    filled = [row for row in body if book.content(sheet, (row or {}).get(column))[0] != ""]
    blank = [row for row in body if book.content(sheet, (row or {}).get(column))[0] == ""]
    sheet.rows[first - 1 : used.bottom] = sorted(filled, key=key, reverse=descending) + blank
    sheet.version += 1


def _rows(first: int, last: int) -> Area:
    return Area(first, 1, last, MAX_COLUMNS)


_EDITS: dict[str, Edit] = {
    "set": _set,
    "insert_row": _insert_row,
    "delete_row": _delete_row,
    "insert_column": _insert_column,
    "move_row": _move_row,
    "sort": _sort,
}
