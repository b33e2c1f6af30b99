"""What became of an approved mail, told by its delivery."""

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
    for held in entries.lock_entries([pk for pk in (entry.pk, entry.parent_id) if pk]):
        if held.state in entries.PENDING and held.parent_id is None:
            lines = [*held.warning.splitlines(), warning]
            entries.save(held, warning="\n".join(dict.fromkeys(lines)))
