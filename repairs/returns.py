"""When a unit came back, and whether it did so by the day that the shop had promised.

One rule for the feed, the records of shops and parts, and the turnaround: a shop promises when the unit is here again
(the workbook's estimated delivery date). The promise is kept by the unit being received on that day or before, whenever
it was shipped; it is broken from the day after, as long as the unit is expected.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from repairs.models import RepairOrder, StatusChange
from repairs.statuses import BER, CANCELLED, COMPLETE, PAID, RAI, RECEIVED, SCRAP, Sheet

BACK = (RECEIVED, COMPLETE)
"""With these statuses the unit is here; orders that were complete at once were never marked as received."""
NOT_EXPECTED = (*BACK, PAID, BER, RAI, CANCELLED, SCRAP)
"""With these statuses no delivery is expected any more, so its estimated day says nothing."""


def came_back_on(order: RepairOrder, days: Iterable[date]) -> date | None:
    """The first day on which the unit was back; `days` are those on which the order came to such a status.

    Of an order that was imported as it stands, no change is known; then the day of its status counts.
    """
    stands = [order.status_date] if order.status in BACK and order.status_date else []
    return min([*days, *stands], default=None)


def first_days_back(orders: Collection[RepairOrder]) -> dict[int, date]:
    """By order id, the first day on which each unit was back that came back; in one query."""
    days: dict[int, list[date]] = defaultdict(list)
    steps = StatusChange.objects.that_stand().filter(order__in=orders, to_status__in=BACK)
    for order, day in steps.order_by().values_list("order", "on"):
        if day:
            days[order].append(day)
    first = {order.pk: came_back_on(order, days[order.pk]) for order in orders}
    return {order: day for order, day in first.items() if day}


def keep_day_back(order: RepairOrder) -> None:
    """The day of an order's status is about to go; where its unit is here, a step tells that day or an earlier one.

    None may do so of an order that was imported as it stands, whose history names no day, or whose day was corrected.
    """
    if order.status not in BACK or order.status_date is None:
        return
    told = order.status_changes.that_stand().filter(to_status__in=BACK, on__lte=order.status_date)
    if not told.exists():
        StatusChange.objects.create(order=order, to_status=order.status, on=order.status_date, imported=True)


def kept_its_day(order: RepairOrder, back: date | None, today: date) -> bool | None:
    """Whether the unit came back by the promised day; None without one, or while that is still open.

    `back` is the day on which it came back, if it did; `today` the company's day.
    """
    promised = order.estimated_delivery
    if promised is None:
        return None
    if back is not None:
        return back <= promised
    expected = order.sheet == Sheet.ACTIVE and order.status not in NOT_EXPECTED
    return False if expected and promised < today else None
