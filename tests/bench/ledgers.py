"""Workbooks of any size with made-up orders, the same for the same seed."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from repairs.statuses import Sheet
from sync.columns import COLUMNS

FIRST_NUMBER = 30_001
DAY = date(2026, 10, 1)
# How a company's orders lie on the four sheets, in percent.
SHARES = {Sheet.ACTIVE: 60, Sheet.NET: 20, Sheet.PAID: 15, Sheet.RETURNS: 5}
STATUSES_ON = {
    Sheet.ACTIVE: ("TO SEND", "WAITING QUOTE", "APPROVED", "IN WORK", "SHIPPED", "RECEIVED"),
    Sheet.NET: ("COMPLETE",),
    Sheet.PAID: ("PAID",),
    Sheet.RETURNS: ("BER", "RAI", "CANCELLED", "SCRAP"),
}
SHOPS = tuple(f"{place} Aero Repair" for place in ("Coral Bay", "Palm", "Keystone", "Everglade", "Atlantic"))
PARTS = ("FUEL PUMP", "STARTER GENERATOR", "VALVE ASSY", "DISPLAY UNIT", "ACTUATOR", "BRAKE ASSY")
WORK = ("OVERHAUL", "REPAIR", "INSPECT AND TEST", "BENCH CHECK")


def write_ledger(path: Path, *, rows: int, seed: int = 1) -> Path:
    """An .xlsx file with `rows` orders on its four sheets; with no rows, the headers stand alone."""
    book = openpyxl.Workbook(write_only=True)
    numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + rows))
    chance = random.Random(seed)
    for name, count in _spread(rows).items():
        sheet = book.create_sheet(name)
        sheet.append([column.header for column in COLUMNS])
        for row in _rows(name, count, numbers, chance):
            sheet.append(row)
    book.save(path)
    return path


def _spread(rows: int) -> dict[Sheet, int]:
    counts = {name: rows * share // 100 for name, share in SHARES.items()}
    counts[Sheet.ACTIVE] += rows - sum(counts.values())
    return counts


def _rows(name: Sheet, count: int, numbers: Iterator[int], chance: random.Random) -> Iterator[list[Any]]:
    for _ in range(count):
        made = DAY - timedelta(days=chance.randrange(400))
        cells: dict[str, Any] = {
            "number": f"G{next(numbers)}",
            "date_made": made,
            "shop": chance.choice(SHOPS),
            "part_number": f"{chance.randrange(10**6):06}-{chance.randrange(20)}",
            "serial_number": f"S{chance.randrange(10**5)}",
            "description": chance.choice(PARTS),
            "requested_work": chance.choice(WORK),
            "date_dropped_off": made + timedelta(days=3),
            "estimated_cost": chance.randrange(20_000, 900_000) / 100,
            "final_cost": chance.randrange(20_000, 900_000) / 100 if name != Sheet.ACTIVE else None,
            "terms": "NET 30" if name == Sheet.NET else "COD",
            "shop_reference": f"WO {chance.randrange(10**5)}",
            "status": chance.choice(STATUSES_ON[name]),
            "status_date": made + timedelta(days=5),
            "last_updated": made + timedelta(days=5),
            "next_update": made + timedelta(days=15) if name == Sheet.ACTIVE else None,
            "notes": "Quote follows by mail." if chance.random() < 0.3 else None,
        }
        yield [cells.get(column.field) for column in COLUMNS]
