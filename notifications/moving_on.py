"""What becomes of an order's entries in the queue when the order itself moves on."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from notifications import combine, deliveries, entries
from notifications.entries import PENDING, Held, State
from notifications.models import Notification
from repairs import activity
from repairs.models import RepairOrder, Shop
from repairs.reading import net_days
from repairs.signals import OrderEvent, shop_changed, shop_merged
from repairs.statuses import COMPLETE, RECEIVED, Sheet, status_word

Cause = Notification.Cause
Kind = Notification.Kind
_NEW_ADDRESS = "The shop's address was changed to"
_UNDECIDED = (*PENDING, State.FAILED)


def withdraw_moved_on(order: RepairOrder, event: OrderEvent) -> None:
    """Withdraws what waits or failed and no longer fits the order; what a person edited stays, with a warning.

    Call it with the order locked, as a listener of repairs.signals is. An order in a mail about several orders
    leaves it, unless a person edited that mail.
    """
    if not event.created and (event.status_change or event.fields & {"shop", "sheet", "terms"}):
        found = Notification.objects.filter(order=order, state__in=_UNDECIDED)
        own = list(found.values_list("pk", flat=True))
        parents = found.filter(parent__isnull=False).values_list("parent", flat=True)
        locked = {
            entry.pk: entry
            for entry in entries.lock_entries([*own, *(parent for parent in parents if parent)])
        }
        for entry in (locked[pk] for pk in own):
            _follow(order, event, entry, locked.get(entry.parent_id or 0))


def without_new_address(warning: str) -> str:
    """A warning once a person gave the draft another address."""
    return _with_line(warning, "", instead_of=_NEW_ADDRESS)


def listen() -> None:
    """Follows what the domain announces about shops; orders are followed by the listener of their follow-ups."""
    shop_changed.connect(_on_shop_changed, dispatch_uid="notifications.moving_on")
    shop_merged.connect(_on_shop_merged, dispatch_uid="notifications.moving_on")


def _on_shop_changed(*, shop: Shop, changes: Mapping[str, activity.Change], **_: Any) -> None:
    if "email" in changes:
        old, new = changes["email"]
        _readdress(shop, old=old, new=new)


def _on_shop_merged(*, source: Shop, into: Shop, **_: Any) -> None:
    """The other shop's entries are this one's now; what waits goes to its address, if it has one."""
    if into.email:
        _readdress(source, old=source.email, new=into.email)
    Notification.objects.filter(shop=source).update(shop=into)


def _readdress(shop: Shop, *, old: str, new: str) -> None:
    """Pending drafts go to the shop's new address; one that a person gave its own keeps it, and says so."""
    pending = Notification.objects.filter(shop=shop, kind=Kind.EMAIL_DRAFT, state__in=PENDING)
    list(pending.select_for_update().order_by("pk").values_list("pk", flat=True))  # locked as everywhere
    if pending.filter(to_address=old.strip()).update(to_address=new, version=F("version") + 1):
        entries.queue_changed()
    for entry in pending.exclude(to_address=new) if new else ():
        told = f"{_NEW_ADDRESS} {new}; this goes to {entry.to_address or 'nobody'}."
        entries.save(entry, warning=_with_line(entry.warning, told, instead_of=_NEW_ADDRESS))


def _follow(order: RepairOrder, event: OrderEvent, entry: Notification, parent: Notification | None) -> None:
    if entry.state not in _UNDECIDED:
        return
    why = _why(order, event, entry)
    failed_together = parent is not None and parent.state == State.FAILED
    if entry.edited_at or (parent and parent.edited_at) or failed_together:
        _warn(order, parent or entry, why)
    elif why:
        if parent:
            entries.save(entry, parent=None)
            combine.leave(parent, order.number, by=None)
        if entry.state == State.FAILED:
            deliveries.withdraw(entry.delivery)
        entries.move(Held(entry, [], [order]), to=State.WITHDRAWN, reason=why)
        entries.record([order], entry, by=None, text=f"Withdrew “{entry.subject}”: {why}")


def _why(order: RepairOrder, event: OrderEvent, entry: Notification) -> str:
    """Why an entry no longer fits; "" when it does."""
    if entry.cause == Cause.BY_HAND and entry.kind == Kind.TASK_REMINDER:
        return ""
    if entry.cause == Cause.PAYMENT:
        return _why_unpaid(order)
    if order.status != entry.for_status:
        return _is_now(order)
    if order.shop_id != entry.shop_id:
        return f"{order.label} is with {order.shop or 'no shop'} now."
    if "sheet" in event.fields and not event.status_change and order.sheet != Sheet.ACTIVE:
        return f"{order.label} was moved to {order.sheet}."
    return ""


def _why_unpaid(order: RepairOrder) -> str:
    if order.status not in (RECEIVED, COMPLETE):
        return _is_now(order)
    return "" if net_days(order.terms) else f"{order.label} is not payable by NET terms any more."


def _is_now(order: RepairOrder) -> str:
    return f"{order.label} is {status_word(order.shown_status) or 'without a status'} now."


def _warn(order: RepairOrder, entry: Notification, why: str) -> None:
    """One line per order; it goes when the order fits again."""
    warning = _with_line(entry.warning, why, instead_of=f"{order.label} ")
    if warning != entry.warning:
        entries.save(entry, warning=warning)


def _with_line(warning: str, line: str, *, instead_of: str) -> str:
    """A warning with a line in the place of those that begin as named; an empty line only takes these away."""
    others = [other for other in warning.splitlines() if not other.startswith(instead_of)]
    return "\n".join([*others, line] if line else others)
