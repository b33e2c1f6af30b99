"""What is known of a part from its orders: the last shops, how many days a repair takes, what it costs.

A part's orders are those with its number in whatever spelling (repairs.parts). Days are calendar days from the
drop-off, or from the day the order was made where that is not known, until the unit was received or the order
complete. Cost is the committed cost in US dollars. Each median comes with the number of orders behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Generic, TypeVar

from django.db.models import F, QuerySet

from repairs.models import RepairOrder, Shop
from repairs.parts import part_key, part_key_of
from repairs.returns import first_days_back
from repairs.statuses import CANCELLED

LOOKED_AT = 300
"""So many of a part's newest orders are looked at."""
SHOPS_SHOWN = 5
ORDERS_SHOWN = 5
T = TypeVar("T", float, Decimal)


@dataclass(frozen=True)
class Measure(Generic[T]):
    """A median and the number of orders behind it; None without any."""

    value: T | None
    orders: int


@dataclass(frozen=True)
class ShopUse:
    """What a shop did with the part: how often, when an order was last made, days and cost."""

    shop: Shop
    orders: int
    last: date | None
    days: Measure[float]
    cost: Measure[Decimal]


@dataclass(frozen=True)
class Knowledge:
    """What is known of one part, as it is spelt here. `shops` and `recent` begin with the newest.

    `has_more` orders than were looked at are there.
    """

    part: str
    orders: int = 0
    has_more: bool = False
    days: Measure[float] = field(default_factory=lambda: Measure(None, 0))
    cost: Measure[Decimal] = field(default_factory=lambda: Measure(None, 0))
    shops: Sequence[ShopUse] = ()
    recent: Sequence[RepairOrder] = ()


def known_of(part: str) -> Knowledge:
    """Everything at once, in three queries whatever the number of orders."""
    found = list(orders_of(part)[: LOOKED_AT + 1]) if part_key(part) else []
    orders = found[:LOOKED_AT]
    if not orders:
        return Knowledge(part)
    days = _days_out(orders)
    return Knowledge(
        part,
        len(orders),
        len(found) > LOOKED_AT,
        _days(orders, days),
        _cost(orders),
        _shops(orders, days)[:SHOPS_SHOWN],
        orders[:ORDERS_SHOWN],
    )


def orders_of(part: str) -> QuerySet[RepairOrder]:
    """A part's orders, newest first. The spellings come from the index on part numbers, the orders by them."""
    keyed = RepairOrder.objects.order_by().annotate(part_key=part_key_of("part_number"))
    spellings = list(keyed.filter(part_key=part_key(part)).values_list("part_number", flat=True).distinct())
    found = RepairOrder.objects.filter(part_number__in=spellings).select_related("shop")
    return found.order_by(F("date_made").desc(nulls_last=True), "-number")


def _days_out(orders: Sequence[RepairOrder]) -> dict[int, int]:
    """How many days each unit was away, by order id; only where both ends are known."""
    back = first_days_back(orders)
    lengths = {o.pk: _length(o.date_dropped_off or o.date_made, back[o.pk]) for o in orders if o.pk in back}
    return {pk: length for pk, length in lengths.items() if length is not None}


def _length(start: date | None, end: date) -> int | None:
    return (end - start).days if start and start <= end else None


def _shops(orders: Sequence[RepairOrder], days: Mapping[int, int]) -> list[ShopUse]:
    by_shop: dict[Shop, list[RepairOrder]] = {}
    for order in orders:
        if order.shop:
            by_shop.setdefault(order.shop, []).append(order)
    return [
        ShopUse(shop, len(theirs), theirs[0].date_made, _days(theirs, days), _cost(theirs))
        for shop, theirs in by_shop.items()
    ]


def _days(orders: Iterable[RepairOrder], days: Mapping[int, int]) -> Measure[float]:
    known = [float(days[order.pk]) for order in orders if order.pk in days]
    return Measure(median(known) if known else None, len(known))


def _cost(orders: Iterable[RepairOrder]) -> Measure[Decimal]:
    costs = [
        o.final_cost if o.final_cost is not None else o.estimated_cost
        for o in orders
        if o.status != CANCELLED
    ]
    known = [cost for cost in costs if cost is not None]
    return Measure(median(known) if known else None, len(known))
