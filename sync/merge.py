"""Whose value is in a cell? The decision per cell, by meaning, between base, database and workbook. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from repairs.reading import is_blank, read_notes
from sync.columns import BY_FIELD, Column, Kind, Value, meaning, same, to_json
from sync.sheets import Book, Content, Place
from sync.wanted import Wanted

SHEET = "sheet"


@dataclass
class Merge:
    """What follows for one order from comparing its row with the database.

    `agreed` is the new base; `seen` the values of people that were left alone; `write` what must be written;
    `overwritten` the text of people that gives way, to be kept in the order's activity.
    """

    agreed: dict[str, Value]
    seen: dict[str, Any]
    write: dict[str, Value] = field(default_factory=dict)
    overwritten: dict[str, str] = field(default_factory=dict)


def merge(book: Book, place: Place, wanted: Wanted) -> Merge:
    """Compares the row at `place` with the order, cell by cell.

    A cell that holds what we intended counts as agreed on that. A cell that a person changed is left alone
    while the order's field is as agreed; when both changed, the database wins. Without a base, agreement becomes
    the base, and the database wins elsewhere.
    """
    result = Merge(agreed=dict(wanted.agreed or {}), seen={})
    for column in BY_FIELD.values():
        read = book.read_field(place, column)
        if read is not None and column.kind is not Kind.NUMBER:
            _merge_cell(result, wanted, column, *read)
    return result


def _merge_cell(result: Merge, wanted: Wanted, column: Column, theirs: Value, content: Content) -> None:
    name = column.field
    ours = wanted.values[name]
    if same(column, theirs, ours):
        result.agreed[name] = ours
        return
    base, has_base = _base(wanted, column, theirs)
    if has_base:
        result.agreed[name] = base
    untouched = has_base and same(column, theirs, base)
    if untouched or not has_base:
        gives_way = not has_base or _says_more(column, content)
        _write(result, column, ours, content, gives_way=gives_way)
    elif same(column, ours, base):
        result.seen[name] = content.text
    else:
        _write(result, column, ours, content, gives_way=True)


def _base(wanted: Wanted, column: Column, theirs: Value) -> tuple[Value, bool]:
    """What was last agreed for a cell, and whether anything was: what we intended counts once it stands there."""
    intended = wanted.intent.cells.get(column.field) if wanted.intent else None
    if intended is not None and same(column, theirs, intended.value):
        return intended.value, True
    if intended is not None and isinstance(intended.value, str) and theirs == f"'{intended.value}":
        # Excel kept the apostrophe that was to protect our text: nothing that a person wrote.
        return theirs, True
    if wanted.agreed is None or column.field not in wanted.agreed:
        return None, False
    return wanted.agreed[column.field], True


def _write(result: Merge, column: Column, value: Value, content: Content, *, gives_way: bool) -> None:
    result.write[column.field] = value
    if gives_way and not is_blank(content.value):
        result.overwritten[column.field] = content.text


def _says_more(column: Column, content: Content) -> bool:
    """Whether a cell holds more than its value tells: a formula, something that can't be read, an old history."""
    if column.kind is Kind.NOTES and read_notes(content.value).value.history:
        return True
    return bool(content.formula) or not meaning(column, content.value).understood


def same_cells(book: Book, place: Place, values: Mapping[str, Value]) -> set[str]:
    """The fields in which a row agrees with these values."""
    found = book.row_means(place)
    return {
        name for name, value in values.items() if name in found and same(BY_FIELD[name], found[name], value)
    }


def as_noted(value: Value) -> str:
    """A value as it stands in a list of differences."""
    kept = to_json(value)
    return "" if kept is None else str(kept)
