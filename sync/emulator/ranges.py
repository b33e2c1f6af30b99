"""The range resource: reading, writing, inserting, deleting and clearing cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from sync.emulator.a1 import MAX_COLUMNS, MAX_ROWS, AddressError, Area, parse_area, quote_sheet, split_sheet
from sync.emulator.coercion import Typed, coerce
from sync.emulator.display import display
from sync.emulator.errors import GraphError, invalid_argument, too_large
from sync.emulator.formula import Scalar
from sync.emulator.http import MAX_PAYLOAD, Response
from sync.emulator.sheet import GENERAL, AnyCell, Sheet, format_of, formula_of
from sync.emulator.state import Call

MAX_CELLS = 5_000_000
_SMALLEST_CELL = 3
"""Bytes that an empty cell takes in a response: `"",`."""
_VALUE_TYPES = {"n": "Double", "s": "String", "b": "Boolean", "e": "Error"}
_WRITABLE = {"values", "formulas", "numberFormat"}
_NAMES = (
    "@odata.id",
    "address",
    "addressLocal",
    "rowIndex",
    "columnIndex",
    "rowCount",
    "columnCount",
    "cellCount",
    "values",
    "formulas",
    "text",
    "numberFormat",
    "valueTypes",
)


def get_range(call: Call) -> Response:
    """`range(address='A1:U5')`, or the whole sheet without an address."""
    sheet = _sheet(call)
    return _range_response(call, sheet, _area(call, sheet))


def get_cell(call: Call) -> Response:
    """`cell(row=0,column=2)`, counted from zero."""
    sheet = _sheet(call)
    try:
        row, column = int(call.parameters["row"]), int(call.parameters["column"])
    except (KeyError, ValueError) as error:
        raise invalid_argument("cell needs a row and a column.") from error
    if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
        raise invalid_argument("The cell lies outside of the worksheet.")
    return _range_response(call, sheet, Area(row + 1, column + 1, row + 1, column + 1))


def get_used_range(call: Call) -> Response:
    """`usedRange`, with or without parentheses and `valuesOnly=true`."""
    sheet = _sheet(call)
    values_only = call.parameters.get("valuesonly", "false").lower() == "true"
    return _range_response(call, sheet, sheet.used(values_only=values_only))


def patch_range(call: Call) -> Response:
    """Write values, formulas and number formats: all of them or, when one is refused, none."""
    sheet = _sheet(call)
    area = _area(call, sheet)
    body = _body(call)
    if area.is_unbounded:
        raise invalid_argument("The values of an unbounded range cannot be set.")
    wanted = {name: _grid(name, body[name], area) for name in sorted(_WRITABLE & set(body))}
    if not wanted:
        raise invalid_argument("The request names nothing to change.")
    call.cells = area.cells
    changes = _plan(call, sheet, area, wanted)
    _apply(call, sheet, area, wanted.get("numberFormat"), changes)
    return _range_response(call, sheet, area)


def insert_range(call: Call) -> Response:
    """Push cells down or to the right, and answer the blank range that is there now."""
    sheet = _sheet(call)
    area = _area(call, sheet)
    down = _shift(call, area, ("Down", "Right")) == "Down"
    call.cells = 0 if area.is_unbounded else area.cells
    _refuse_lost_values(sheet, area, down=down)
    call.workbook.insert(sheet, area, down=down)
    return _range_response(call, sheet, area)


def delete_range(call: Call) -> Response:
    """Take cells out; what is below moves up, or what is to the right moves left."""
    sheet = _sheet(call)
    area = _area(call, sheet)
    up = _shift(call, area, ("Up", "Left")) == "Up"
    call.cells = 0 if area.is_unbounded else area.cells
    call.workbook.delete(sheet, area, up=up)
    return Response(200)


def clear_range(call: Call) -> Response:
    """Empty cells, their formats or both."""
    sheet = _sheet(call)
    area = _area(call, sheet)
    what = _body(call).get("applyTo", "All")
    if what not in {"All", "Formats", "Contents"}:
        raise invalid_argument("applyTo must be All, Formats or Contents.")
    call.cells = 0 if area.is_unbounded else area.cells
    sheet.clear(area, contents=what != "Formats", formats=what != "Contents")
    return Response(200)


def _sheet(call: Call) -> Sheet:
    return call.workbook.sheet(call.parameters["sheet"])


def _area(call: Call, sheet: Sheet) -> Area:
    text = call.parameters.get("address")
    if text is None:
        return Area(1, 1, MAX_ROWS, MAX_COLUMNS)
    title, address = split_sheet(text)
    if title is not None and title.casefold() != sheet.title.casefold():
        raise invalid_argument(f"The range {text} is not on this worksheet.")
    try:
        return parse_area(address)
    except AddressError as error:
        raise invalid_argument(f"The address is invalid: {error}.") from error


def _body(call: Call) -> dict[str, Any]:
    body = call.request.json()
    if not isinstance(body, dict):
        raise invalid_argument("The body must be a JSON object.")
    return body


def _shift(call: Call, area: Area, allowed: tuple[str, str]) -> str:
    """The direction, which must fit whole rows or columns. GraphError 400 otherwise."""
    shift = str(_body(call).get("shift", ""))
    vertical, sideways = allowed
    if shift not in allowed:
        raise invalid_argument(f"shift must be {vertical} or {sideways}.")
    if area.is_unbounded and (shift == vertical) != area.is_whole_rows:
        raise invalid_argument(f"{area.address} cannot be shifted {shift}.")
    return shift


def _refuse_lost_values(sheet: Sheet, area: Area, *, down: bool) -> None:
    used = sheet.used(values_only=True)
    if down:
        edge = Area(max(1, MAX_ROWS - area.rows + 1), area.left, MAX_ROWS, area.right)
        reaches = used.bottom >= edge.top
    else:
        edge = Area(area.top, max(1, MAX_COLUMNS - area.columns + 1), area.bottom, MAX_COLUMNS)
        reaches = used.right >= edge.left
    if reaches and next(sheet.filled(edge), None):
        raise GraphError(
            400, "A cell that is not blank would leave the worksheet.", inner="nonBlankCellOffSheet"
        )


def _grid(name: str, given: Any, area: Area) -> list[list[Any]]:
    """A rectangle of the area's shape; a single value fills it. GraphError 400 when the shapes differ."""
    if given is None:
        raise invalid_argument(f"{name} must not be null.")
    if not isinstance(given, list):
        if area.cells > MAX_CELLS:
            raise too_large("The range is too large.", inner="rangeExceedsLimit")
        return [[given] * area.columns] * area.rows
    fits = len(given) == area.rows and all(
        isinstance(row, list) and len(row) == area.columns for row in given
    )
    if not fits:
        raise invalid_argument(
            f"The number of rows or columns in {name} doesn't match the size of {area.address}."
        )
    return given


def _plan(
    call: Call, sheet: Sheet, area: Area, wanted: dict[str, list[list[Any]]]
) -> list[tuple[int, int, Typed]]:
    """What every cell will hold, worked out before the first one is touched."""
    formats = wanted.get("numberFormat")
    for number_format in chain.from_iterable(formats or ()):
        if number_format is not None and not isinstance(number_format, str):
            raise invalid_argument("A number format must be a string.")
    options = call.emulator.options
    keep = options.apostrophe_in_text_cells == "keep"
    changes = []
    for name in ("formulas", "values"):
        for row_offset, row in enumerate(wanted.get(name, ())):
            for column_offset, value in enumerate(row):
                if value is None:
                    continue
                place = (area.top + row_offset, area.left + column_offset)
                new = formats[row_offset][column_offset] if formats else None
                number_format = sheet.number_format(*place) if new is None else new
                if options.retypes_text_cells:
                    number_format = "General"
                changes.append((*place, coerce(value, number_format=number_format, keep_apostrophe=keep)))
    return changes


def _apply(
    call: Call,
    sheet: Sheet,
    area: Area,
    formats: list[list[str | None]] | None,
    changes: list[tuple[int, int, Typed]],
) -> None:
    touched = len(changes)
    for row_offset, row in enumerate(formats or ()):
        for column_offset, number_format in enumerate(row):
            if number_format is not None:
                place = (area.top + row_offset, area.left + column_offset)
                sheet.set_format(*place, number_format or GENERAL)
                touched += not changes
    for number, column, typed in changes:
        sheet.put(number, column, typed)
    call.written = touched


def _range_response(call: Call, sheet: Sheet, area: Area) -> Response:
    names = _selected(call)
    grids = [name for name in names if name in _READERS]
    _refuse_oversize(area, len(grids))
    body: dict[str, Any] = {}
    facts = _facts(call, sheet, area)
    filled = _grids(call, sheet, area, grids)
    for name in names:
        body[name] = facts[name] if name in facts else filled[name]
    response = Response(200, body)
    if area.cells * len(grids) > 20_000 and len(encoded := response.encoded()) > MAX_PAYLOAD:
        raise too_large(f"The response would take {len(encoded)} bytes.", inner="rangeExceedsLimit")
    return response


def _refuse_oversize(area: Area, grids: int) -> None:
    if area.is_unbounded or not grids:
        return
    if area.cells > MAX_CELLS or area.cells * grids * _SMALLEST_CELL > MAX_PAYLOAD:
        raise too_large("The range is too large for one response.", inner="rangeExceedsLimit")


def _selected(call: Call) -> list[str]:
    select = call.request.query_value("$select")
    if select is None:
        return list(_NAMES)
    known = {name.lower(): name for name in _NAMES}
    names = [name.strip() for name in select.split(",") if name.strip()]
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise GraphError(
            400,
            f"Could not find a property named '{unknown[0]}' on type 'microsoft.graph.workbookRange'.",
            inner="badRequestUncategorized",
        )
    return [known[name.lower()] for name in names]


def _facts(call: Call, sheet: Sheet, area: Area) -> dict[str, Any]:
    address = f"{quote_sheet(sheet.title)}!{area.address}"
    identity = call.emulator.identity
    root = f"/drives('{identity.drive_id}')/items('{identity.item_id}')/workbook/worksheets('{sheet.id}')"
    return {
        "@odata.id": f"{root}/range(address='{address}')",
        "address": address,
        "addressLocal": address,
        "rowIndex": area.top - 1,
        "columnIndex": area.left - 1,
        "rowCount": area.rows,
        "columnCount": area.columns,
        # Excel answers -1 when the number does not fit into 31 bits.
        "cellCount": area.cells if area.cells < 2**31 else -1,
    }


def _grids(call: Call, sheet: Sheet, area: Area, names: list[str]) -> dict[str, Any]:
    if area.is_unbounded:
        return dict.fromkeys(names)
    columns = range(area.left, area.right + 1)
    found: dict[str, Any] = {name: [] for name in names}
    for number in range(area.top, area.bottom + 1):
        row = sheet.row_cells(number)
        cells = [(cell := row.get(column), *call.workbook.content(sheet, cell)) for column in columns]
        for name in names:
            read = _READERS[name]
            found[name].append([read(*cell) for cell in cells])
    return found


def _formula(cell: AnyCell | None, value: Scalar, _kind: str) -> Scalar:
    return formula_of(cell) if cell is not None and cell.data_type == "f" else value


def _value_type(_cell: AnyCell | None, value: Scalar, kind: str) -> str:
    return "Empty" if value == "" and kind == "n" else _VALUE_TYPES[kind]


# From a cell, its value and its kind to what a grid of the response shows.
_READERS: dict[str, Callable[[AnyCell | None, Scalar, str], Any]] = {
    "values": lambda _cell, value, _kind: value,
    "formulas": _formula,
    "text": lambda cell, value, _kind: display(value, format_of(cell)),
    "numberFormat": lambda cell, _value, _kind: format_of(cell),
    "valueTypes": _value_type,
}
