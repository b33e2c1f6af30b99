"""Tables of rows as a CSV or an Excel file.

Nothing that a person typed is ever a formula there: in CSV, a text that a spreadsheet would take for one begins
with an apostrophe (as OWASP advises); in an Excel file every text is a text cell and says so.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from django.utils.text import capfirst
from django.utils.timezone import is_aware, make_naive
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from repairs.activity import as_text
from repairs.models import RepairOrder
from repairs.models.orders import FIELDS, OrderQuerySet
from repairs.paging import KeysFirst

MOST_IN_EXCEL = 20_000
"""An Excel file is built whole before it is sent, some ten seconds for so many orders; CSV has no bound."""
CHUNK = 1000
WIDTH = 14
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
Value = str | int | Decimal | date | None
Orders = OrderQuerySet | KeysFirst[RepairOrder]


@dataclass(frozen=True)
class Column:
    """What stands above a column, what a row says in it, and how wide Excel shows it, in characters."""

    header: str
    value: Callable[[Any], Value]
    width: int = WIDTH


@dataclass(frozen=True)
class Table:
    """What a file holds. `name` is the file's beginning and the Excel sheet's title."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Any]


class _Line:
    """What csv writes into; the line is taken out again at once."""

    def write(self, line: str) -> str:
        return line


def orders_table(orders: Orders) -> Table:
    """Orders with the workbook's 21 columns and the sheet, as people know them: G38573, the shop by its name."""
    names = (FIELDS[0], "sheet", *FIELDS[1:])
    columns = [Column(_header(name), _order_value(name), WIDE.get(name, WIDTH)) for name in names]
    return Table("orders", columns, orders.iterator(chunk_size=CHUNK))


def _header(name: str) -> str:
    field: Any = RepairOrder._meta.get_field(name)
    return "RO" if name == "number" else capfirst(str(field.verbose_name))


def _order_value(name: str) -> Callable[[Any], Value]:
    told: dict[str, Callable[[RepairOrder], Value]] = {
        "number": lambda order: order.label,
        "shop": lambda order: order.shop.name if order.shop else "",
        "status": lambda order: order.shown_status,
    }
    return told.get(name, lambda order: getattr(order, name))


def column_of(model: Any, name: str) -> Column:
    """The column of a model's field: a choice by its label, a moment in the company's time, another row by its name."""
    field: Any = model._meta.get_field(name)
    shown = f"get_{name}_display"

    def value(row: Any) -> Value:
        return _plain(getattr(row, shown)() if field.choices else getattr(row, name))

    return Column(capfirst(str(field.verbose_name)), value, WIDE.get(name, WIDTH))


def _plain(value: Any) -> Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        moment = make_naive(value) if is_aware(value) else value
        return moment.replace(microsecond=0)
    return value if value is None or isinstance(value, int | Decimal | date) else str(value)


def csv_lines(table: Table) -> Iterator[str]:
    """The file line by line, in UTF-8 with the mark by which Excel knows it."""
    writer: Any = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([harmless(column.header) for column in table.columns])
    for row in table.rows:
        yield writer.writerow([harmless(_in_csv(column.value(row))) for column in table.columns])


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    """An Excel file: dates and money as such, every text as text."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(table.name.capitalize()[:31])
    sheet.freeze_panes = "B2"
    for position, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = column.width
    sheet.append([_cell(sheet, column.header, bold=True) for column in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, column.value(row)) for column in table.columns])
    book.save(file)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(HIDING).startswith(STARTERS) else text


def _in_csv(value: Value) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else as_text(value)


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    cell: Any = WriteOnlyCell(
        sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    )
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl itself takes a text with "=" for a formula
        cell.number_format = "@"
        cell.quotePrefix = value.startswith(STARTERS)
    elif isinstance(value, date):
        cell.number_format = "mm/dd/yyyy hh:mm" if isinstance(value, datetime) else "mm/dd/yyyy"
    elif isinstance(value, Decimal):
        cell.number_format = "#,##0.00"
    if bold:
        cell.font = Font(bold=True)
    return cell
