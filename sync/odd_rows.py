"""Rows of the ledger sheets that are no order's: what a comparison finds, and what a person decides about them.

A row is left as it is in the workbook, whatever is decided. It is known again by what its cells say, so that rows
may be inserted and sorted above it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from repairs import clock, numbers, orders, reading
from repairs.activity import name_of
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder
from repairs.wording import counted
from sync import doorbell
from sync.columns import BY_FIELD, COLUMNS, shown
from sync.import_reading import Ledger, order_row
from sync.importer import import_rows
from sync.models import OddRow, Replica, Workbook
from sync.sheets import HEADER_ROW, Book, SheetView

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_KEPT = 1_000
"""A workbook with more of them has not been imported; nobody looks through them one by one."""
CHUNK = 200
Why, Decision = OddRow.Why, OddRow.Decision
SETTLED = "This row has been decided about meanwhile."


@dataclass(frozen=True)
class Found:
    """One row as a reading found it."""

    sheet: str
    row: int
    why: OddRow.Why
    number: int | None
    cells: dict[str, Any]
    key: tuple[str, int] = ("", 0)

    @property
    def text(self) -> str:
        """All but the number, as people read it."""
        held = ((n, v) for n, v in self.cells.items() if n != "number" and not reading.is_blank(v))
        return ", ".join(shown(BY_FIELD[name], value) for name, value in held)


def found_in(book: Book, surplus: Collection[tuple[str, int]]) -> list[Found]:
    """The rows that hold something and are no order's; `surplus` are those that only repeat an order's number."""
    known = set(RepairOrder.objects.filter(number__in=list(book.places)).values_list("number", flat=True))
    seen: set[int] = set()
    found = [row for view in book.sheets.values() for row in _of_sheet(view, known, seen, surplus)]
    counts: Counter[str] = Counter()
    keyed = []
    for row in found[:MOST_KEPT]:
        mark = hashlib.sha256(json.dumps([row.sheet, row.cells], sort_keys=True).encode()).hexdigest()
        keyed.append(Found(row.sheet, row.row, row.why, row.number, row.cells, (mark, counts[mark])))
        counts[mark] += 1
    return keyed


def _of_sheet(
    view: SheetView, known: set[int], seen: set[int], surplus: Collection[tuple[str, int]]
) -> Iterator[Found]:
    for row in range(HEADER_ROW + 1, len(view.values) + 1):
        cells = {
            c.field: view.at(row, view.columns[c.field]).value for c in COLUMNS if c.field in view.columns
        }
        if all(reading.is_blank(value) for value in cells.values()):
            continue
        number = view.key_at(row)
        if number is None:
            yield Found(view.name, row, Why.NO_NUMBER, None, cells)
        elif number in seen or (view.name, row) in surplus:
            yield Found(view.name, row, Why.SURPLUS, number, cells)
        elif number not in known:
            seen.add(number)
            yield Found(view.name, row, Why.UNKNOWN, number, cells)


def note(workbook: Workbook, book: Book, found: Sequence[Found]) -> None:
    """Keeps what was found beside what was decided before. Rows of a sheet that could not be read stay as they are."""
    kept = {(row.fingerprint, row.ordinal): row for row in OddRow.objects.filter(workbook=workbook)}
    taken = _take_numbered(workbook, found)
    found = [row for row in found if row.key not in taken]
    again = [(kept[row.key], row) for row in found if row.key in kept]
    for odd, row in again:
        odd.row, odd.why, odd.number = row.row, row.why, row.number
    OddRow.objects.bulk_update([odd for odd, _ in again], ["row", "why", "number"], batch_size=CHUNK)
    OddRow.objects.bulk_create(
        [_made(workbook, row) for row in found if row.key not in kept], batch_size=CHUNK
    )
    there = {row.key for row in found}
    over = [odd.pk for key, odd in kept.items() if key not in there and odd.sheet in book.sheets]
    OddRow.objects.filter(pk__in=over).delete()


def _made(workbook: Workbook, row: Found) -> OddRow:
    fingerprint, ordinal = row.key
    return OddRow(
        workbook=workbook, sheet=row.sheet, row=row.row, why=row.why, number=row.number, cells=row.cells,
        text=row.text, fingerprint=fingerprint, ordinal=ordinal,
    )  # fmt: skip


def _take_numbered(workbook: Workbook, found: Sequence[Found]) -> set[tuple[str, int]]:
    """Rows into which a person has typed the number given for them become those orders; their keys."""
    given = OddRow.objects.filter(workbook=workbook, decision=Decision.NUMBERED).select_related("by")
    by_number = {row.given_number: row for row in given}
    taken: set[tuple[str, int]] = set()
    for row in found:
        odd = by_number.get(row.number)
        if odd is not None and row.number is not None and row.why == Why.UNKNOWN:
            _imported(workbook, _made(workbook, row), row.number, by=odd.by)
            taken.add(row.key)
    return taken


def take(odd: OddRow, *, by: "User | None") -> RepairOrder:
    """Makes an order of the row.

    One with a number becomes that order, and the row is its row. One without gets the next free number and a new row
    in the workbook; the old one stays, and can be deleted there. Raises Refusal for a surplus row.
    """
    with transaction.atomic():
        workbook = Workbook.objects.select_for_update().get(pk=odd.workbook_id)
        held = _held(odd)
        if held.why == Why.SURPLUS:
            raise Refusal("Another row with this number is the order’s. Please delete this one in Excel.")
        if held.number is None:
            order = _imported(workbook, held, numbers.take_next(), by=by)
            _has_no_row(workbook, order)
        else:
            order = _imported(workbook, held, held.number, by=by)
        _decide(held, Decision.ORDERED, by=by, order=order)
    return order


def give_number(odd: OddRow, *, by: "User | None") -> int:
    """Reserves the next free number for a row without one; typed into its RO cell, it makes the row that order."""
    with transaction.atomic():
        held = _held(odd)
        if held.why != Why.NO_NUMBER:
            raise Refusal("This row has a number.")
        number = numbers.take_next()
        _decide(held, Decision.NUMBERED, by=by, given_number=number)
    return number


def ignore(odd: OddRow, *, by: "User | None") -> None:
    """The row is nobody's business until its cells change."""
    with transaction.atomic():
        _decide(_held(odd), Decision.IGNORED, by=by)


def look_again(odd: OddRow, *, by: "User | None") -> None:
    """Takes back that a row is ignored, or that it was given a number."""
    with transaction.atomic():
        held = OddRow.objects.select_for_update().filter(pk=odd.pk).first()
        if held is None or held.decision not in (Decision.IGNORED, Decision.NUMBERED):
            raise Refusal(SETTLED)
        _decide(held, Decision.NONE, by=by)


def _held(odd: OddRow) -> OddRow:
    held = OddRow.objects.select_for_update().filter(pk=odd.pk, decision=Decision.NONE).first()
    if held is None:
        raise Refusal(SETTLED)
    return held


def _decide(
    held: OddRow,
    decision: OddRow.Decision,
    *,
    by: "User | None",
    order: RepairOrder | None = None,
    given_number: int | None = None,
) -> None:
    held.decision, held.order, held.given_number = decision, order, given_number
    held.decided_at, held.by, held.by_name = clock.now(), by, name_of(by)
    held.save(update_fields=["decision", "order", "given_number", "decided_at", "by", "by_name"])


def _imported(workbook: Workbook, odd: OddRow, number: int, *, by: "User | None") -> RepairOrder:
    """The order that the import makes of the row, told as that person's act."""
    if RepairOrder.objects.filter(number=number).exists():
        raise Refusal(f"G{number} is in the tracker meanwhile. Please compare again.")
    row = order_row(odd.sheet, odd.row, number, odd.cells)
    import_rows(workbook, Ledger(rows=[row], highest=number))
    order = RepairOrder.objects.get(number=number)
    left = [name for name, read in row.reads.items() if read.problem and name != "number"]
    told = f"Made an order of {odd}, where it stood without one."
    if left:
        told += (
            f" {counted(len(left), 'cell')} could not be read as they stand; please look at them in Excel."
        )
    orders.record_event(order, verb=Activity.Verb.EXCEL, by=by, text=told)
    return order


def _has_no_row(workbook: Workbook, order: RepairOrder) -> None:
    """No row of the workbook has its number, so one is to be written."""
    Replica.objects.filter(workbook=workbook, order=order).update(
        agreed=None, sheet="", is_new=True, arrived_version=0, arrived_at=None, pending_since=clock.now()
    )
    transaction.on_commit(doorbell.ring)
