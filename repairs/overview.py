"""What the landing page of the back office draws: how many orders are in which status, and how long repairs took."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import median

from django.db.models import Count

from repairs.charts import share_of
from repairs.models import RepairOrder, StatusChange
from repairs.shop_records import FEWEST
from repairs.statuses import RECEIVED, STATUSES, read_status

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
    """For each month, the turnaround times of the orders whose unit first came back in it.

    Of an order that was imported as RECEIVED no change is known; then the day of its status counts.
    """
    came = StatusChange.objects.that_stand().filter(on__gte=since, order__date_made__isnull=False)
    first: dict[int, tuple[date, date]] = {}
    for order, status, day, made in came.order_by("on").values_list(
        "order", "to_status", "on", "order__date_made"
    ):
        if day and made and read_status(status) == RECEIVED:
            first.setdefault(order, (day, made))
    stands = RepairOrder.objects.filter(status=RECEIVED, status_date__gte=since, date_made__isnull=False)
    for order, day, made in stands.order_by().values_list("pk", "status_date", "date_made"):
        if day and made:
            first.setdefault(order, (day, made))
    found: dict[date, list[int]] = defaultdict(list)
    for day, made in first.values():
        if day >= made:
            found[day.replace(day=1)].append((day - made).days)
    return found
