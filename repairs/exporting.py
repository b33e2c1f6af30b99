"""Orders as a CSV or an Excel file, with the workbook's 21 columns and the sheet.

Nothing that a person typed is ever a formula there: in CSV, a text that a spreadsheet would take for one begins
with an apostrophe (as OWASP advises); in an Excel file every text is a text cell and says so.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import IO, Any

from django.utils.text import capfirst
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from repairs.activity import as_text
from repairs.models import RepairOrder
from repairs.models.orders import OrderQuerySet

FIELDS = (
    "number",
    "sheet",
    "date_made",
    "shop",
    "part_number",
    "serial_number",
    "description",
    "requested_work",
    "date_dropped_off",
    "estimated_cost",
    "final_cost",
    "terms",
    "shop_reference",
    "estimated_delivery",
    "status",
    "status_date",
    "internal_status",
    "shop_status",
    "tracking_number",
    "notes",
    "last_updated",
    "next_update",
)
MOST_IN_EXCEL = 20_000
"""An Excel file is built whole before it is sent, some ten seconds for so many orders; CSV has no bound."""
CHUNK = 1000
# What makes a spreadsheet take a text for a formula, also in the full-width forms that some accept, and what may
# hide it at the beginning of a cell.
STARTERS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
HIDING = " \t\r\n\v\f\xa0\ufeff\0"
WIDE = {
    "shop": 28,
    "description": 34,
    "requested_work": 18,
    "notes": 50,
    "part_number": 20,
    "tracking_number": 22,
}


class _Line:
    """What csv writes into; the line is taken out again at once."""

    def write(self, line: str) -> str:
        return line


def headers() -> list[str]:
    return [_header(name) for name in FIELDS]


def csv_lines(orders: OrderQuerySet) -> Iterator[str]:
    """The file line by line, in UTF-8 with the mark by which Excel knows it."""
    writer: Any = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(headers())
    for order in _rows(orders):
        yield writer.writerow([harmless(as_text(value)) for value in values_of(order)])


def write_xlsx(orders: OrderQuerySet, file: IO[bytes]) -> None:
    """An Excel file: dates and money as such, every text as text."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Orders")
    sheet.freeze_panes = "B2"
    for position, name in enumerate(FIELDS):
        sheet.column_dimensions[_letter(position)].width = WIDE.get(name, 14)
    sheet.append([_cell(sheet, header, bold=True) for header in headers()])
    for order in _rows(orders):
        sheet.append([_cell(sheet, value) for value in values_of(order)])
    book.save(file)


def values_of(order: RepairOrder) -> list[Any]:
    """The order's values by FIELDS, as people know them: the number as G38573, the shop by its name."""
    told = {
        "number": order.label,
        "shop": order.shop.name if order.shop else "",
        "status": order.shown_status,
    }
    return [told[name] if name in told else getattr(order, name) for name in FIELDS]


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(HIDING).startswith(STARTERS) else text


def _rows(orders: OrderQuerySet) -> Iterable[RepairOrder]:
    return orders.iterator(chunk_size=CHUNK)


def _header(name: str) -> str:
    field: Any = RepairOrder._meta.get_field(name)
    return "RO" if name == "number" else capfirst(str(field.verbose_name))


def _letter(position: int) -> str:
    return chr(ord("A") + position)


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    cell: Any = WriteOnlyCell(
        sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    )
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl itself takes a text with "=" for a formula
        cell.number_format = "@"
        cell.quotePrefix = value.startswith(STARTERS)
    elif isinstance(value, date):
        cell.number_format = "mm/dd/yyyy"
    elif isinstance(value, Decimal):
        cell.number_format = "#,##0.00"
    if bold:
        cell.font = Font(bold=True)
    return cell
