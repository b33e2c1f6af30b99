"""A shop's record: how long it takes, whether it keeps its dates and its estimates, how often a unit is beyond repair.

Every figure comes with the number of orders behind it; under FEWEST it is no fact and is not shown as one.
Days are calendar days between changes of status in the company's time zone, or as the workbook's history tells them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from repairs.models import RepairOrder, Shop, StatusChange
from repairs.statuses import (
    APPROVED,
    BER,
    COMPLETE,
    IN_WORK,
    PAID,
    RAI,
    RECEIVED,
    SCRAP,
    SHIPPED,
    WAITING_QUOTE,
    read_status,
)

FEWEST = 5
OUTCOMES = (RECEIVED, COMPLETE, PAID, BER, RAI, SCRAP)
# A phase lasts from the first change to one of these statuses until the next change to one of those.
PHASES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Waiting for a quote", (WAITING_QUOTE,), (APPROVED, IN_WORK, BER, RAI)),
    ("Approval to shipment", (APPROVED, IN_WORK), (SHIPPED, RECEIVED)),
    ("On its way back", (SHIPPED,), (RECEIVED,)),
)
Reached = Mapping[str, date]


@dataclass(frozen=True)
class Figure:
    """One figure with the number of orders behind it; `value` is None when these are too few."""

    label: str
    value: str | None
    orders: int


@dataclass(frozen=True)
class Record:
    orders: int
    figures: tuple[Figure, ...]


def record_of(shop: Shop) -> Record:
    """The record of one shop, in two queries."""
    needed = ("status", "estimated_delivery", "estimated_cost", "final_cost")
    orders = list(RepairOrder.objects.filter(shop=shop).only(*needed))
    reached = _reached(StatusChange.objects.filter(order__shop=shop).order_by("id"))
    figures = (
        *(_phase(label, begins, ends, reached.values()) for label, begins, ends in PHASES),
        _on_time(orders, reached),
        _rate("Beyond economic repair", BER, orders),
        _rate("Returned as is", RAI, orders),
        _against_estimate(orders),
    )
    return Record(len(orders), figures)


def _reached(changes: Iterable[StatusChange]) -> dict[int, dict[str, date]]:
    """The day on which each order first came to each status."""
    found: dict[int, dict[str, date]] = defaultdict(dict)
    for change in changes:
        status, day = read_status(change.to_status), change.on
        if status and day:
            known = found[change.order_id].get(status)
            found[change.order_id][status] = min(day, known) if known else day
    return found


def _phase(label: str, begins: Sequence[str], ends: Sequence[str], orders: Iterable[Reached]) -> Figure:
    lengths = [length for reached in orders if (length := _length(reached, begins, ends)) is not None]
    return _figure(label, lengths, lambda: _days(median(lengths)))


def _length(reached: Reached, begins: Sequence[str], ends: Sequence[str]) -> int | None:
    first = min((reached[status] for status in begins if status in reached), default=None)
    if first is None:
        return None
    last = min(
        (reached[status] for status in ends if status in reached and reached[status] >= first), default=None
    )
    return None if last is None else (last - first).days


def _on_time(orders: Sequence[RepairOrder], reached: Mapping[int, Reached]) -> Figure:
    kept = []
    for order in orders:
        days = reached.get(order.pk, {})
        done = days.get(SHIPPED) or days.get(RECEIVED)
        if done and order.estimated_delivery:
            kept.append(done <= order.estimated_delivery)
    return _figure("Shipped by the promised day", kept, lambda: _share(sum(kept), len(kept)))


def _rate(label: str, status: str, orders: Sequence[RepairOrder]) -> Figure:
    ended = [order for order in orders if order.status in OUTCOMES]
    return _figure(label, ended, lambda: _share(sum(o.status == status for o in ended), len(ended)))


def _against_estimate(orders: Sequence[RepairOrder]) -> Figure:
    ratios = [
        order.final_cost / order.estimated_cost
        for order in orders
        if order.final_cost is not None and order.estimated_cost
    ]
    return _figure("Final cost against the estimate", ratios, lambda: _difference(Decimal(median(ratios))))


def _figure(label: str, sample: Sequence[object], value: Callable[[], str]) -> Figure:
    return Figure(label, value() if len(sample) >= FEWEST else None, len(sample))


def _days(value: float) -> str:
    return f"{value:g} day{'' if value == 1 else 's'}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def _difference(ratio: Decimal) -> str:
    percent = (ratio - 1) * 100
    return "as estimated" if abs(percent) < Decimal("0.5") else f"{percent:+.0f} %"
