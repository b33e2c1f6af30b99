"""Agreement as a number that people can trust: the flush's own plan, made read-only over every order."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from repairs import clock
from repairs.models import RepairOrder
from sync import ledger, odd_rows, wanted
from sync.columns import SHEETS
from sync.gone import check_gone
from sync.merge import SHEET, as_noted
from sync.models import Replica, Workbook
from sync.plan import Plan
from sync.planner import make_plan, own_place
from sync.reader import Reader
from sync.repair import Repairs
from sync.runs import BY_THE_CLOCK, Claim, Failed
from sync.sheets import Book
from sync.visit import Visit, visit
from sync.wanted import Wanted

MOST_LISTED = 1_000


def work(claim: Claim) -> None:
    """Performs a comparison run. Started by the clock, it opens the workbook only if the file has changed."""
    comparison = _Comparison()
    visit(claim, comparison.compare, unneeded=comparison.is_unneeded)


class _Comparison:
    """A comparison, with the cTag of the file before it was opened: what changes later is for the next to see."""

    ctag = ""
    unchanged = False

    def is_unneeded(self, going: Visit) -> bool:
        self.ctag = going.file.item().ctag
        by_the_clock = going.claim.run.started_by == BY_THE_CLOCK
        self.unchanged = by_the_clock and _nothing_moved(going.workbook, self.ctag)
        going.claim.result.pop("unchanged", None)
        if self.unchanged:
            Workbook.objects.filter(pk=going.workbook.pk).update(checked_at=clock.now())
            going.claim.result["unchanged"] = True
        return self.unchanged

    def compare(self, going: Visit) -> None:
        if not self.unchanged:  # opened all the same, for the sake of a session that was left
            _compare(going, self.ctag)


def _compare(going: Visit, ctag: str) -> None:
    going.claim.report("Reading the workbook")
    book = Reader(going.file, going.session_id).read(whole=SHEETS, spare={})
    ledger.notice_numbers(book)
    if not book.refused:
        ledger.forgive_sheets(going.workbook)
    orders = list(wanted.every(going.workbook))
    going.claim.report("Comparing", done=0, total=len(orders))
    plan = make_plan(book, orders)
    found = differences(book, plan, orders)
    _record(going, ctag, plan, orders, found, unknown_rows(book))
    _note_odd_rows(going, book, found)
    agreeing = len(orders) - len({d["order"] for d in found if d["kind"] != "duplicate"})
    going.claim.result |= {"agreeing": agreeing, "compared": len(orders), "differences": len(found)}
    if not any(
        order.intent for order in orders
    ):  # else the next flush finds out what arrived, and asks itself
        with suppress(Failed):  # the workbook is halted and says so; the comparison itself is done
            check_gone(book, going.lease, Repairs())


def _nothing_moved(workbook: Workbook, ctag: str) -> bool:
    """Whether the last comparison still holds. After a failure only opening the workbook shows whether that is over."""
    if workbook.checked_at is None or workbook.failures:
        return False
    settled = not Replica.objects.filter(workbook=workbook, arrived_at__gt=workbook.checked_at).exists()
    return bool(ctag) and ctag == workbook.checked_ctag and settled


def differences(book: Book, plan: Plan, orders: Sequence[Wanted]) -> list[dict[str, Any]]:
    """Where the workbook and the database differ: one entry per cell, row or surplus row."""
    found: list[dict[str, Any]] = []
    for order in orders:
        found += _of_order(book, plan, order)
        found += _surplus_rows(book, order)
    return found


def _of_order(book: Book, plan: Plan, order: Wanted) -> list[dict[str, Any]]:
    if order.order_id in plan.attention:
        return [{"order": order.number, "kind": "attention", "reason": plan.attention[order.order_id][1]}]
    settled = plan.settled.get(order.order_id)
    if settled is None:
        return [{"order": order.number, "kind": "missing", "reason": "It is not in the workbook yet."}]
    entries = [_entry(order, name, text, "theirs") for name, text in settled.seen.items()]
    intent = plan.intents.get(order.order_id)
    if intent:
        entries += [_entry(order, name, cell.before, "pending") for name, cell in intent.cells.items()]
        if intent.kind == "move":
            entries.append(_entry(order, SHEET, intent.source_sheet, "pending"))
    return entries


def _entry(order: Wanted, name: str, theirs: Any, kind: str) -> dict[str, Any]:
    ours = order.sheet if name == SHEET else as_noted(order.values[name])
    return {"order": order.number, "field": name, "excel": str(theirs), "tracker": ours, "kind": kind}


def _surplus_rows(book: Book, order: Wanted) -> list[dict[str, Any]]:
    places = book.places.get(order.number, [])
    if len(places) < 2:
        return []
    own = own_place(book, order, places)
    return [
        {"order": order.number, "kind": "duplicate", "sheet": p.sheet, "row": p.row}
        for p in places
        if p != own and not (order.intent and order.intent.kind == "move")
    ]


def unknown_rows(book: Book) -> int:
    """How many rows have a number that the database does not know."""
    numbers = set(RepairOrder.objects.filter(number__in=list(book.places)).values_list("number", flat=True))
    return sum(len(places) for number, places in book.places.items() if number not in numbers)


def _note_odd_rows(going: Visit, book: Book, found: Sequence[dict[str, Any]]) -> None:
    """Keeps the rows that are no order's, so that a person can decide about them."""
    surplus = {(entry["sheet"], entry["row"]) for entry in found if entry["kind"] == "duplicate"}
    rows = odd_rows.found_in(book, surplus)
    with going.lease.fenced() as workbook:
        odd_rows.note(workbook, book, rows)


def _record(
    going: Visit,
    ctag: str,
    plan: Plan,
    orders: Sequence[Wanted],
    found: Sequence[dict[str, Any]],
    unknown: int,
) -> None:
    """Keeps the result, and what was noticed of each order's row, without touching what is pending."""
    marked = set(wanted.pending(going.workbook).values_list("order_id", flat=True))
    quiet = {pk: s for pk, s in plan.settled.items() if s.arrived and pk not in marked}
    ledger.settle(going.lease, Plan(settled=quiet), [o for o in orders if o.order_id in quiet])
    differing = {d["order"] for d in found if d["kind"] != "duplicate"}
    with going.lease.fenced() as workbook:
        workbook.checked_at = clock.now()
        workbook.checked_ctag = ctag
        workbook.compared = len(orders)
        workbook.agreeing = len(orders) - len(differing)
        workbook.differences = list(found[:MOST_LISTED])
        workbook.unknown_rows = unknown
        workbook.save(
            update_fields=[
                "checked_at",
                "checked_ctag",
                "compared",
                "agreeing",
                "differences",
                "unknown_rows",
            ]
        )
