"""The office's rules per status."""

from datetime import date, timedelta

from repairs.models import StatusRule
from repairs.reading import LAST_DAY


def next_update_after(status: str, start: date) -> date | None:
    """The day on which an order that got `status` on `start` should be looked at again; None for never.

    It is never after the last day that a date can have here.
    """
    days = StatusRule.objects.filter(status=status).values_list("days_to_follow_up", flat=True).first()
    return None if days is None else min(start + timedelta(days=days), LAST_DAY)
