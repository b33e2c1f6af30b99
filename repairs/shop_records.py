"""A shop's record: how long it takes, whether it keeps its dates and its estimates, how often a unit is beyond repair.

Every figure comes with the number of orders behind it; under FEWEST it is no fact and is not shown as one.
Everything follows from the history of statuses, made here or read from the workbook, so that an order that moved on
from a status still counts; a step that was taken back does not. Days are calendar days in the company's time zone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from repairs import clock
from repairs.models import RepairOrder, Shop, StatusChange
from repairs.returns import BACK, came_back_on, kept_its_day
from repairs.statuses import (
    APPROVED,
    BER,
    CANCELLED,
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
# A phase lasts from a change to one of these statuses until the next change to one of those. One that an order went
# through several times counts with all of its days.
PHASES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Waiting for a quote", (WAITING_QUOTE,), (APPROVED, IN_WORK, BER, RAI)),
    ("Approval to shipment", (APPROVED, IN_WORK), (SHIPPED, RECEIVED)),
    ("On its way back", (SHIPPED,), (RECEIVED,)),
)
Step = tuple[date, str]
"""The day on which an order came to a status."""
History = Sequence[Step]


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
    needed = ("status", "status_date", "sheet", "estimated_delivery", "estimated_cost", "final_cost")
    orders = list(RepairOrder.objects.filter(shop=shop).only(*needed))
    known = _histories(StatusChange.objects.that_stand().filter(order__shop=shop))
    histories = {order: known.get(order.pk, []) for order in orders}
    figures = (
        *(_phase(label, begins, ends, histories.values()) for label, begins, ends in PHASES),
        _on_time(histories, clock.today()),
        _rate("Beyond economic repair", BER, histories),
        _rate("Returned as is", RAI, histories),
        _against_estimate(orders),
    )
    return Record(len(orders), figures)


def _histories(changes: Iterable[StatusChange]) -> dict[int, list[Step]]:
    """What each order went through, day by day; a change of which no day is known is left out."""
    found: dict[int, list[tuple[date, int, str]]] = defaultdict(list)
    for change in changes:
        status, day = read_status(change.to_status), change.on
        if status and day:
            found[change.order_id].append((day, change.pk, status))
    return {order: [(day, status) for day, _, status in sorted(steps)] for order, steps in found.items()}


def _phase(label: str, begins: Sequence[str], ends: Sequence[str], histories: Iterable[History]) -> Figure:
    lengths = [length for steps in histories if (length := _length(steps, begins, ends)) is not None]
    return _figure(label, lengths, lambda: _days(median(lengths)))


def _length(steps: History, begins: Sequence[str], ends: Sequence[str]) -> int | None:
    """The days that an order spent in a phase; None when it never came to the end of it."""
    since: date | None = None
    spent: int | None = None
    for day, status in steps:
        if status in begins:
            since = since or day
        elif status in ends and since:
            spent, since = (spent or 0) + (day - since).days, None
        elif status in (CANCELLED, SCRAP):  # it was given up, so the phase has no end
            since = None
    return spent


def _on_time(histories: Mapping[RepairOrder, History], today: date) -> Figure:
    told = (
        kept_its_day(order, came_back_on(order, _back(steps)), today) for order, steps in histories.items()
    )
    kept = [answer for answer in told if answer is not None]
    return _figure("Back by the promised day", kept, lambda: _share(sum(kept), len(kept)))


def _back(steps: History) -> list[date]:
    return [day for day, status in steps if status in BACK]


def _rate(label: str, status: str, histories: Mapping[RepairOrder, History]) -> Figure:
    """Among the orders that ever came to an outcome, those that ever came to this one."""
    had = [{order.status, *(status for _, status in steps)} for order, steps in histories.items()]
    ended = [statuses for statuses in had if statuses.intersection(OUTCOMES)]
    return _figure(label, ended, lambda: _share(sum(status in statuses for statuses in ended), len(ended)))


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
    return (
        "as estimated"
        if abs(percent) < Decimal("0.5")
        else f"{percent:+.0f} %".replace("-", "\N{MINUS SIGN}")
    )
