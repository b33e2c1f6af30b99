"""What the landing page of the back office draws: how many orders are in which status, and how long repairs took."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import median

from django.db.models import Count, Q

from repairs.charts import share_of
from repairs.models import RepairOrder, StatusChange
from repairs.returns import BACK, first_days_back
from repairs.shop_records import FEWEST
from repairs.statuses import STATUSES

MONTHS = 12


@dataclass(frozen=True)
class StatusBar:
    """How many orders are in a status, on all sheets; `share` in percent of the longest bar. "" is no status."""

    status: str
    orders: int
    share: int


@dataclass(frozen=True)
class Month:
    """The turnaround time of the units that came back in a month.

    `days` is the median of the calendar days from the day an order was made; None when fewer than FEWEST orders
    are behind it, which is no fact. `share` is in percent of the longest of the months.
    """

    first: date
    orders: int
    days: float | None
    share: int = 0


def by_status() -> list[StatusBar]:
    """In the order of the path, with the orders that have none at the end; a status without orders is left out."""
    rows = RepairOrder.objects.order_by().values_list("status").annotate(orders=Count("pk"))
    found = dict(rows)
    longest = max(found.values(), default=0)
    return [
        StatusBar(name, found[name], share_of(found[name], longest))
        for name in (*STATUSES, "")
        if found.get(name)
    ]


def turnaround(today: date) -> list[Month]:
    """The last twelve months with the present one, oldest first."""
    months = [_months_before(today.replace(day=1), back) for back in range(MONTHS - 1, -1, -1)]
    days = _days_by_month(months[0])
    medians = {first: median(days[first]) for first in months if len(days[first]) >= FEWEST}
    longest = max(medians.values(), default=0)
    return [
        Month(
            first,
            len(days[first]),
            medians.get(first),
            round(100 * medians[first] / longest) if longest and first in medians else 0,
        )
        for first in months
    ]


def _months_before(first: date, back: int) -> date:
    months = first.year * 12 + first.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _days_by_month(since: date) -> dict[date, list[int]]:
    """For each month, the turnaround times of the orders whose unit first came back in it."""
    orders = _maybe_back(since)
    back = first_days_back(orders)
    found: dict[date, list[int]] = defaultdict(list)
    for order in orders:
        day, made = back.get(order.pk), order.date_made
        if day and made and day >= max(since, made):
            found[day.replace(day=1)].append((day - made).days)
    return found


def _maybe_back(since: date) -> list[RepairOrder]:
    """The orders that came to a status of a unit that is here since that day, be it again."""
    steps = StatusChange.objects.that_stand().filter(to_status__in=BACK, on__gte=since)
    stands = Q(status__in=BACK, status_date__gte=since)
    found = RepairOrder.objects.filter(stands | Q(pk__in=steps.order_by().values("order")))
    return list(found.filter(date_made__isnull=False).order_by().only("status", "status_date", "date_made"))
