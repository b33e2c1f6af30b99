"""What became of an approved mail, told by its delivery."""

from collections.abc import Collection

from notifications import entries
from notifications.entries import State
from notifications.models import Delivery, Notification
from repairs import clock, orders


def mark_sent(delivery: Delivery) -> None:
    """The mail left: it is SENT, and every order that it is about is looked at again in a week.

    Call it inside the delivery's transaction and before the delivery's own row is written, because orders are
    locked first everywhere. A second call changes nothing.
    """
    entry = delivery.notification
    entry.refresh_from_db()
    if entry.state == State.SENT:
        return
    held = entries.hold(entry, states=(State.APPROVED, State.FAILED))
    entries.move(held, to=State.SENT, sent_at=delivery.sent_at or clock.now())
    for order in held.orders:
        orders.mail_sent(
            order, by=delivery.approved_by, text=f"Sent “{delivery.real_subject}” to {delivery.to}."
        )


def mark_failed(delivery: Delivery) -> None:
    """The mail did not leave, for the reason that the delivery holds. To be called as mark_sent is."""
    held = entries.hold(delivery.notification, states=(State.APPROVED,))
    entries.move(held, to=State.FAILED)
    text = f"“{delivery.subject}” was not sent: {delivery.error}"
    entries.record(held.orders, held.entry, by=delivery.approved_by, text=text)


def reopen(delivery: Delivery) -> None:
    """A mail that failed may have left all the same: its entry stands as approved, until a person has answered.

    To be called as mark_sent is. Raises Overtaken when the entry does not stand as failed any more.
    """
    held = entries.hold(delivery.notification, states=(State.FAILED,))
    entries.move(held, to=State.APPROVED)


def warn(delivery: Delivery, warning: str) -> None:
    """Something came to light that a person should know before deciding about the mail again.

    Only an entry that waits for a decision is told, or the mail about several orders that took it in. To be called
    as mark_sent is.
    """
    entries.lock_orders(delivery.orders().values_list("pk", flat=True))
    entry = Notification.objects.get(pk=delivery.notification_id)
    warn_entries([pk for pk in (entry.pk, entry.parent_id) if pk], warning, states=entries.PENDING)


def warn_entries(pks: Collection[int], warning: str, *, states: Collection[str]) -> int:
    """Adds a warning to those of these entries that stand in one of the states: how many they are.

    Call it in a transaction.
    """
    told = [e for e in entries.lock_entries(pks) if e.state in states and e.parent_id is None]
    for held in told:
        entries.save(held, warning="\n".join(dict.fromkeys([*held.warning.splitlines(), warning])))
    return len(told)
