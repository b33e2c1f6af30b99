"""Which follow-ups an order should have, as it stands now. How timers work: docs/followups.md."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from notifications.drafting import enabled_template
from notifications.models import FollowUp
from notifications.texts import PAYMENT
from repairs.models import RepairOrder, StatusChange
from repairs.reading import net_days
from repairs.statuses import COMPLETE, RECEIVED, Sheet, sheet_for, status_word

HOUR = time(8)


@dataclass(frozen=True)
class Timer:
    """A follow-up of an order: the day on which it should fire, or None and why not.

    `change` is the change of status that it counts from, None for a status that was imported.
    """

    kind: FollowUp.Kind
    status: str
    change: StatusChange | None
    day: date | None
    why_not: str = ""


def due_at(day: date) -> datetime:
    """08:00 of a day in the company's time zone."""
    return datetime.combine(day, HOUR, tzinfo=timezone.get_default_timezone())


def status_timer(order: RepairOrder) -> Timer:
    """The follow-up of an order's status, due on its next update."""
    why_not = _why_no_status_timer(order)
    return Timer(
        FollowUp.Kind.STATUS,
        order.status,
        _current(_latest_changes(order), order),
        None if why_not else order.next_update,
        why_not,
    )


def payment_timer(order: RepairOrder) -> Timer:
    """The reminder to pay, so many days after the receipt as the NET terms name."""
    receipt, days = _receipt(order), net_days(order.terms)
    why_not = _why_no_payment_timer(order, receipt, days)
    day = receipt.on + timedelta(days=days) if receipt and receipt.on and days else None
    return Timer(FollowUp.Kind.PAYMENT, RECEIVED, receipt, None if why_not else day, why_not)


def _why_no_status_timer(order: RepairOrder) -> str:
    if order.next_update is None:
        return "The order has no next update."
    if enabled_template(order.status) is None:
        return f"Follow-ups for {status_word(order.status) or 'orders without a status'} are switched off."
    if _is_put_away(order):
        return f"The order was put on the sheet {order.sheet}."
    return ""


def _is_put_away(order: RepairOrder) -> bool:
    """Whether somebody archived an order whose status belongs on Active."""
    usual = sheet_for(order.status, net_terms=False, unit_returned=None, current=order.sheet)
    return usual == Sheet.ACTIVE and order.sheet != Sheet.ACTIVE


def _why_no_payment_timer(order: RepairOrder, receipt: StatusChange | None, days: int | None) -> str:
    if receipt is None:
        return f"The order is at {status_word(order.shown_status) or 'no status'} now."
    if order.sheet not in (Sheet.ACTIVE, Sheet.NET):
        return f"The order was put on the sheet {order.sheet}."
    if days is None:
        return "The terms name no days."
    return "" if enabled_template(PAYMENT) else "Payment reminders are switched off."


def _latest_changes(order: RepairOrder) -> list[StatusChange]:
    """The last two changes that were made here, the latest first. What was imported started no clock."""
    return list(order.status_changes.filter(imported=False).select_related("by").order_by("-pk")[:2])


def _current(changes: list[StatusChange], order: RepairOrder) -> StatusChange | None:
    """The change that brought the order to its present status."""
    return changes[0] if changes and order.status and changes[0].to_status == order.status else None


def _receipt(order: RepairOrder) -> StatusChange | None:
    """The change to RECEIVED, while the order is there or went from there to COMPLETE."""
    if order.status not in (RECEIVED, COMPLETE):
        return None
    changes = _latest_changes(order)
    if _current(changes, order) is None:
        return None
    found = changes if order.status == RECEIVED else changes[1:]
    return found[0] if found and found[0].to_status == RECEIVED else None
