"""The priority feed as lists: the orders on Active by level, inside a level the most overdue first."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, DateField, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce, Least

from repairs.feed import ARRIVING_DAYS, STALE_AFTER, Level
from repairs.models import RepairOrder
from repairs.models.orders import OrderQuerySet, is_overdue
from repairs.returns import NOT_EXPECTED


@dataclass(frozen=True)
class Counts:
    """How many orders stand on each level."""

    by_level: dict[Level, int]

    @property
    def all(self) -> int:
        return sum(self.by_level.values())


def counts(today: date) -> Counts:
    levels: Any = levelled(today)  # the type checker loses sight of annotations behind a function
    rows = levels.order_by().values("feed_level").annotate(orders=Count("pk"))
    found = {row["feed_level"]: row["orders"] for row in rows}
    return Counts({level: found.get(level, 0) for level in Level})


def feed(today: date, level: Level | None = None) -> OrderQuerySet:
    """The orders of a level, or of all, each with its `feed_level`; the most urgent first."""
    found: Any = levelled(today)
    if level:
        found = found.filter(feed_level=level)
    by_need = ("feed_level", F("feed_due").asc(nulls_last=True), "number")
    rows: OrderQuerySet = found.select_related("shop").order_by(*by_need)
    return rows


def levelled(today: date) -> OrderQuerySet:
    """The open orders with `feed_level` and `feed_due`, the first day on which something is or was due."""
    expected = ~Q(status__in=NOT_EXPECTED)
    back: Any = Case(
        When(expected, then=F("estimated_delivery")), default=Value(None), output_field=DateField()
    )
    level = Case(
        When(is_overdue(today) | expected & Q(estimated_delivery__lt=today), then=Value(Level.LATE.value)),
        When(_is_stale(today), then=Value(Level.ACTION.value)),
        When(
            expected & Q(estimated_delivery__lte=today + timedelta(days=ARRIVING_DAYS)),
            then=Value(Level.ARRIVING.value),
        ),
        default=Value(Level.REST.value),
        output_field=IntegerField(),
    )
    # Where one of the two is missing, so is the lesser of them.
    due = Coalesce(Least("next_update", back), "next_update", back)
    return RepairOrder.objects.active().annotate(feed_level=level, feed_due=due)


def _is_stale(today: date) -> Q:
    stale = (
        Q(status=status, status_date__lt=today - timedelta(days=days)) for status, days in STALE_AFTER.items()
    )
    return reduce(or_, stale)
