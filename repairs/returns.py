"""When a unit came back, and whether it did so by the day that the shop had promised.

One rule for the feed and for the records of shops: a shop promises when the unit is here again (the workbook's
estimated delivery date). The promise is kept by the unit being received on that day or before, whenever it was
shipped; it is broken from the day after, as long as the unit is expected.
"""

from collections.abc import Mapping
from datetime import date

from repairs.models import RepairOrder
from repairs.statuses import BER, CANCELLED, COMPLETE, PAID, RAI, RECEIVED, SCRAP, Sheet

BACK = (RECEIVED, COMPLETE)
"""With these statuses the unit is here; orders that were complete at once were never marked as received."""
NOT_EXPECTED = (*BACK, PAID, BER, RAI, CANCELLED, SCRAP)
"""With these statuses no delivery is expected any more, so its estimated day says nothing."""


def came_back_on(order: RepairOrder, reached: Mapping[str, date]) -> date | None:
    """The first day on which the unit was back; `reached` has the days on which the order came to its statuses.

    Of an order that was imported as it stands, no change is known; then the day of its status counts.
    """
    days = [reached[status] for status in BACK if status in reached]
    if order.status in BACK and order.status_date:
        days.append(order.status_date)
    return min(days, default=None)


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
