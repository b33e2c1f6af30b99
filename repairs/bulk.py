"""One act on many orders, order by order through the verbs: each succeeds or is refused by itself, and is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import OperationalError

from repairs import orders
from repairs.errors import Conflict, Refusal
from repairs.models import RepairOrder
from repairs.statuses import status_word, usual_next

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 200
"""So many orders at once; each takes a transaction of its own."""
BUSY = "The database was busy; nothing was changed. Please try it again."
Chosen = Mapping[int, int]
"""RO numbers, each with the version at which the person saw the order."""


class Kind(StrEnum):
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one order, in a sentence."""

    number: int
    kind: Kind
    told: str
    act: int | None = None  # what the person can take back


def change_status(chosen: Chosen, *, by: "User", to: str, unit_returned: bool | None) -> list[Outcome]:
    """Sets the status of each order, unless somebody else changed it since it was seen."""

    def act(order: RepairOrder) -> str:
        before, sheet = status_word(order.shown_status) or "No status", order.sheet
        orders.change_status(
            order, by=by, to=to, unit_returned=unit_returned, expected_version=chosen[order.number]
        )
        moved = f", now on {order.sheet}" if order.sheet != sheet else ""
        return f"{before} → {status_word(order.status)}{moved}"

    return [_tried(number, act, by=by, same=f"It was “{status_word(to)}” already.") for number in chosen]


def add_note(chosen: Chosen, *, by: "User", text: str) -> list[Outcome]:
    """Adds the same note to each order."""

    def act(order: RepairOrder) -> str:
        orders.add_note(order, by=by, text=text)
        return "The note was added."

    return [_tried(number, act, by=by, same="") for number in chosen]


def take_back(acts: Mapping[int, int], *, by: "User") -> list[Outcome]:
    """Takes back one act on each order (RO number → act), unless something else was changed there since."""

    def act(order: RepairOrder) -> str:
        orders.undo(order, by=by, act=acts[order.number])
        return f"Taken back; it is {_called(order)}, on {order.sheet}."

    return [_tried(number, act, by=by, same="") for number in acts]


def _called(order: RepairOrder) -> str:
    return f"“{status_word(order.shown_status)}”" if order.shown_status else "without a status"


def unusual(found: Sequence[RepairOrder], to: str) -> set[int]:
    """The numbers of the orders for which `to` is not a usual next step."""
    return {order.number for order in found if order.status != to and to not in usual_next(order.status)}


def _tried(number: int, act: Callable[[RepairOrder], str], *, by: "User", same: str) -> Outcome:
    order = RepairOrder.objects.filter(number=number).first()
    if order is None:
        return Outcome(number, Kind.REFUSED, "There is no such order.")
    version = order.version
    try:
        told = act(order)
    except Conflict as conflict:
        return Outcome(number, Kind.REFUSED, _meanwhile(conflict))
    except Refusal as refusal:
        return Outcome(number, Kind.REFUSED, refusal.sentence)
    except (
        OperationalError
    ):  # its transaction is undone; the orders before it stay changed, so this one is told
        return Outcome(number, Kind.REFUSED, BUSY)
    if order.version == version:
        return Outcome(number, Kind.SAME, same)
    last = orders.undoable(order)
    return Outcome(number, Kind.CHANGED, told, act=last.pk if last and orders.may_undo(last, by) else None)


def _meanwhile(conflict: Conflict) -> str:
    changes = "; ".join(f"{change} by {change.activity.by_name}" for change in conflict.changes)
    return " ".join([conflict.sentence, changes]).strip()
