"""The small workbook of these tests, and what a row of it has to say for an order, told without the engine."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from repairs.models import RepairOrder

HEADERS = (
    *(
        "RO",
        "DATE MADE",
        "SHOP NAME",
        "PART #",
        "SERIAL #",
        "PART DESCRIPTION",
        "REQ WORK",
        "DATE DROPPED OFF",
    ),
    *("ESTIMATED COST", "FINAL COST", "TERMS", "SHOP REF #", "ESTIMATED DELIVERY DATE", "CURENT STATUS"),
    *("CURENT STATUS DATE", "GENTHRUST STATUS", "SHOP STATUS", "TRACKING NUMBER / PICKING UP", "NOTES"),
    *("LAST DATE UPDATED", "NEXT DATE TO UPDATE"),
)
FIELDS = (
    *("number", "date_made", "shop", "part_number", "serial_number", "description", "requested_work"),
    *("date_dropped_off", "estimated_cost", "final_cost", "terms", "shop_reference", "estimated_delivery"),
    *("shown_status", "status_date", "internal_status", "shop_status", "tracking_number", "notes"),
    *("last_updated", "next_update"),
)
LETTER = {name: chr(ord("A") + place) for place, name in enumerate(FIELDS)} | {"status": "N"}
# What a person does to the headers of a sheet, so that it can't be used, and takes back.
DAMAGED = {"set": {f"{letter}1": "something else" for letter in "ABCDEFGH"}}
MENDED = {"set": {f"{letter}1": header for letter, header in zip("ABCDEFGH", HEADERS, strict=False)}}
MINE = 23  # column W: a person's, to the right of the 21
NUMBERS = {
    "Active": range(38001, 38013),
    "Net": range(38101, 38105),
    "Paid": range(38201, 38205),
    "Returns": range(38301, 38305),
}
STATUS = {"Active": "IN WORK", "Net": "COMPLETE", "Paid": "PAID", "Returns": "SCRAP"}
DAY = date(2026, 11, 2)
SERIAL_ZERO = date(1899, 12, 30)


def mine(number: int) -> str:
    """What a person keeps beside the row of an order."""
    return f"mine {number}"


def make_workbook(path: Path) -> None:
    """Four ledger sheets, each row with a note of a person's in column W, and a sheet that is no ledger."""
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for name, numbers in NUMBERS.items():
        sheet = book.create_sheet(name)
        sheet.append(HEADERS)
        for row, number in enumerate(numbers, start=2):
            sheet.append(_row(number, STATUS[name]))
            sheet.cell(row, MINE, mine(number))
            for column in (2, 8, 13, 15, 20, 21):
                sheet.cell(row, column).number_format = "m/d/yyyy"
    book.create_sheet("Prices").append(["not ours", 1, "=B1+1"])
    book.save(path)


def _row(number: int, status: str) -> list[Any]:
    day = DAY + timedelta(days=number % 7)
    return [
        *(number, day, "Coral Bay Aero", f"P-{number}", "00123", "FUEL PUMP", "OH", day),
        *(1500.5, None, "NET 30", f"R-{number}", day + timedelta(days=30), status),
        *(day, None, None, None, f"note {number}", day, day + timedelta(days=7)),
    ]


def expected_cells(order: RepairOrder) -> list[Any]:
    """The 21 cells that say what this order says, as Graph would give them."""
    values = [getattr(order, name) for name in FIELDS]
    return [
        _cell(order.shop.name if order.shop else "") if n == "shop" else _cell(v)
        for n, v in zip(FIELDS, values, strict=True)
    ]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, date):
        return (value - SERIAL_ZERO).days
    return float(value) if isinstance(value, Decimal) else value
