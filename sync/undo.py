"""Undoing what a run wrote into the workbook, from the values that stood there before.

The orders get these values back, through their verbs; the workbook follows as always. A value that was changed again
since, in the tracker or by a later run, stays, and so does a row that was new.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from repairs import orders
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder
from sync.columns import BY_FIELD, Value, from_json, same
from sync.merge import SHEET
from sync.models import Run, RunWriting
from sync.plan import Plan
from sync.settling import give, ours, read_theirs, shown
from sync.wanted import order_values

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CHANGED_SINCE = "It was changed again since."


@dataclass(frozen=True)
class Undoable:
    """One cell that a run wrote: what it would become again, or why that is not possible."""

    order: RepairOrder
    field: str
    before: str
    written: str
    now: str
    reason: str

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.order.pk}.{self.field}"


def remember(run: Run, plan: Plan) -> None:
    """Keeps what the plan writes over, in the transaction that commits its intents. New rows have none."""
    cells = [cell for pk, intent in plan.intents.items() for cell in _cells(pk, intent.as_json())]
    if cells:
        RunWriting.objects.create(run=run, cells=cells)


def _cells(order_id: int, intent: dict[str, Any]) -> Iterable[list[Any]]:
    if intent["kind"] == "append":
        return
    for name, (value, before, _told) in intent["cells"].items():
        yield [order_id, name, before, value]
    if intent["kind"] == "move":
        yield [order_id, SHEET, intent["source_sheet"], intent["sheet"]]


def what_it_wrote(run: Run) -> list[Undoable]:
    """Every cell once, with what stood there before the run first wrote it, and what the run wrote last."""
    found: dict[tuple[int, str], tuple[Any, Any]] = {}
    for writing in run.writings.all():
        for pk, name, before, value in writing.cells:
            first = found.get((pk, name), (before, value))[0]
            found[pk, name] = (first, value)
    known = RepairOrder.objects.select_related("shop").in_bulk({pk for pk, _ in found})
    return [
        _undoable(known[pk], name, before, value)
        for (pk, name), (before, value) in sorted(found.items(), key=lambda item: _place(known, *item[0]))
        if pk in known
    ]


def _place(known: dict[int, RepairOrder], pk: int, name: str) -> tuple[int, int]:
    number = known[pk].number if pk in known else 0
    return number, BY_FIELD[name].index if name in BY_FIELD else -1


def _undoable(order: RepairOrder, name: str, before: Any, value: Any) -> Undoable:
    reason = "" if _is_still(order, name, value) else CHANGED_SINCE
    if not reason:
        try:
            reason = _already(order, name, read_theirs(name, before))
        except Refusal as refusal:
            reason = refusal.sentence
    written = "" if value is None else str(value)
    return Undoable(order, name, shown(name, before), written, ours(order, name), reason)


def _is_still(order: RepairOrder, name: str, value: Any) -> bool:
    """Whether the order still says what the run wrote."""
    if name == SHEET:
        return bool(order.sheet == value)
    column = BY_FIELD[name]
    return same(column, order_values(order)[name], from_json(column, value))


def _already(order: RepairOrder, name: str, before: Value) -> str:
    again = (
        order.sheet == before if name == SHEET else same(BY_FIELD[name], order_values(order)[name], before)
    )
    return "It says that already." if again else ""


def undo(run: Run, *, keys: Collection[str], by: "User | None") -> tuple[int, list[str]]:
    """Gives the orders the chosen values back; each order by itself.

    How many values are back, and a sentence for each order whose verbs refused.
    """
    by_order: dict[int, list[Undoable]] = {}
    for cell in what_it_wrote(run):
        if cell.key in keys and not cell.reason:
            by_order.setdefault(cell.order.pk, []).append(cell)
    if not by_order:
        raise Refusal("Nothing of what was chosen can be undone any more.")
    done, refused = 0, []
    for cells in by_order.values():
        try:
            _undo_of(run, cells, by=by)
        except Refusal as refusal:
            refused.append(f"{cells[0].order.label}: {refusal.sentence}")
        else:
            done += len(cells)
    return done, refused


def _undo_of(run: Run, cells: list[Undoable], *, by: "User | None") -> None:
    chosen = {cell.field for cell in cells}
    with transaction.atomic():
        order = RepairOrder.objects.select_for_update().get(pk=cells[0].order.pk)
        again = [c for c in what_it_wrote(run) if c.order.pk == order.pk and c.field in chosen]
        if any(cell.reason for cell in again):
            raise Refusal(CHANGED_SINCE)
        befores = _befores(run, order.pk)
        give(order, {cell.field: read_theirs(cell.field, befores[cell.field]) for cell in again}, by=by)
        orders.record_event(
            order, verb=Activity.Verb.EXCEL, by=by, text=f"What {run} had written to Excel was undone."
        )


def _befores(run: Run, order_id: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for writing in run.writings.all():
        for pk, name, before, _ in writing.cells:
            if pk == order_id:
                found.setdefault(name, before)
    return found
