"""What these stories say of days, of the follow-ups of an order and of the queue."""

import datetime as dt
from zoneinfo import ZoneInfo

from notifications.models import FollowUp, Notification, OutlookItem
from repairs.models import RepairOrder

NEW_YORK = ZoneInfo("America/New_York")


def moment(day: dt.date, hour: int = 8, minute: int = 0) -> dt.datetime:
    """A time of day in New York."""
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=NEW_YORK)


def timers(order: RepairOrder) -> list[tuple[str, str, str]]:
    """Kind, state and day of each follow-up, in the order in which they were made."""
    made = FollowUp.objects.filter(order=order).order_by("pk")
    return [(f.kind, f.state, f.due_at.astimezone(NEW_YORK).date().isoformat()) for f in made]


def entries(order: RepairOrder) -> list[tuple[str, str, str]]:
    """Kind, cause and state of what is in the queue about an order."""
    made = Notification.objects.filter(order=order).order_by("pk")
    return [(entry.kind, entry.cause, entry.state) for entry in made]


def wanted(follow_up: FollowUp) -> set[dt.date | None]:
    """The days on which its event and its task should stand."""
    return set(OutlookItem.objects.filter(follow_up=follow_up).values_list("wanted_day", flat=True))


def latest(order: RepairOrder, kind: str = "status") -> FollowUp:
    return FollowUp.objects.filter(order=order, kind=kind).latest("pk")
