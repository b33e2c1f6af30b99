"""After a backup was restored: mails may have left in the hours that the database has forgotten.

What was approved before the backup looks its marker up before anything is sent. What was approved afterwards waits
for approval again, under a marker that nobody knows any more; Outlook still has the mail, so it is compared with the
drafts by its addresses and by the orders that it names. The subject tells nothing: several drafts leave under one, an
answer under that of its conversation.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from notifications import deliveries, outcomes
from notifications.deliveries import State
from notifications.models import Delivery, Notification
from notifications.sight import words_of
from repairs import clock
from repairs.models import Activity, RepairOrder
from repairs.wording import quoted
from sync import runs
from sync.graph.connection import connection
from sync.graph.mail import Mailbox, Message
from sync.models import Run

BY = "a restore"
WAITING = (Notification.State.PENDING_APPROVAL, Notification.State.FAILED)
EARLIER = timedelta(
    hours=1
)  # a mail that the database knows is told apart by its marker, so more does no harm
MOST_NEW_ORDERS = 1000  # between a backup and its restore; beyond them a number is no order's
_NUMBER = re.compile(r"(?<!\w)G?(\d{1,9})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Left:
    """A mail that left and that no delivery knows. `names` are the numbers in it that may be orders'.

    They are those of the restored orders, and those that were given out after the backup.
    """

    mail: Message
    names: tuple[int, ...]


def look_first() -> int:
    """Lets every mail that has not left, as far as the database knows, be looked for before it is sent: how many.

    Not before MAIL_RECONCILE_AFTER_SECONDS have passed: until then a mail on its way may look like a draft.
    """
    later = clock.now() + timedelta(seconds=settings.MAIL_RECONCILE_AFTER_SECONDS)
    open_ones = Delivery.objects.filter(state__in=(*Delivery.OPEN, State.FAILED, State.UNKNOWN)).order_by(
        "pk"
    )
    for delivery in open_ones:
        with transaction.atomic():
            unclear = {"look_at": later} if delivery.state == State.UNKNOWN else {"draft_begun": True}
            deliveries.move(delivery, delivery.state, expected=(delivery.state,), **unclear)
            _not_before(later, delivery)
    return len(open_ones)


def _not_before(later: datetime, delivery: Delivery) -> None:
    """The backup may hold a run that waits, or one whose worker is long gone."""
    run = runs.start(kind=deliveries.MAIL, about=delivery.pk, started_by=BY, due_at=later)
    mine = Run.objects.filter(pk=run.pk)
    mine.filter(state=Run.State.QUEUED, due_at__lt=later).update(due_at=later)
    mine.filter(state=Run.State.RUNNING).update(lease_until=later)


def newest() -> datetime | None:
    """When the last thing happened that the database knows; None when it knows of nothing."""
    found: datetime | None = Activity.objects.aggregate(newest=Max("at"))["newest"]
    return found


def mailboxes() -> list[str]:
    """Every address that mail was ever sent from, the present one first."""
    earlier = Delivery.objects.order_by("mailbox").values_list("mailbox", flat=True).distinct()
    found: dict[str, str] = {}
    for address in filter(None, (settings.MAIL_FROM, *earlier)):
        found.setdefault(address.casefold(), address)
    return list(found.values())


def forgotten(mailbox: str, since: datetime) -> dict[str, Left]:
    """What left from a mailbox about since then and no delivery knows, by its marker. Raises GraphError."""
    found = Mailbox(connection(), address=mailbox).marked_since(since - EARLIER)
    known = {str(marker) for marker in Delivery.objects.values_list("marker", flat=True)}
    orders = set(RepairOrder.objects.values_list("number", flat=True))
    return {marker: Left(mail, _named(mail, orders)) for marker, mail in found.items() if marker not in known}


def _named(mail: Message, orders: Collection[int]) -> tuple[int, ...]:
    numbers = {int(number) for number in _NUMBER.findall(f"{mail.subject}\n{words_of(mail)}")}
    newest = max(orders, default=0)
    later = range(newest + 1, newest + 1 + MOST_NEW_ORDERS)
    return tuple(sorted(number for number in numbers if number in orders or number in later))


def warn(mails: Collection[Left]) -> int:
    """Tells every draft which of these mails it may have been: how many drafts are told.

    Better too many mails than too few: any that names one of its orders, and any that went to its address.
    """
    drafts = Notification.objects.filter(
        kind=Notification.Kind.EMAIL_DRAFT, state__in=WAITING, parent__isnull=True
    ).select_related("shop")
    return sum(_warn(draft, mails) for draft in drafts.order_by("pk"))


def _warn(draft: Notification, mails: Collection[Left]) -> bool:
    about = Q(notifications=draft) | Q(notifications__parent=draft)
    numbers = set(RepairOrder.objects.filter(about).values_list("number", flat=True))
    addresses = {draft.to_address.casefold(), draft.shop.email.casefold() if draft.shop else ""} - {""}
    told = 0
    with transaction.atomic():
        for left in mails:
            went_to = {address.casefold() for address in left.mail.recipients}
            if numbers.intersection(left.names) or addresses & went_to:
                told += outcomes.warn_entries([draft.pk], _warning(left), states=WAITING)
    return told > 0


def _warning(left: Left) -> str:
    return f"This may have been sent already: {described(left)} Please compare before you approve."


def described(left: Left) -> str:
    """The mail in a sentence."""
    mail = left.mail
    to = ", ".join(mail.recipients) or "nobody"
    at = f" on {clock.written_at(mail.at)}" if mail.at else ""
    names = f", and names {', '.join(f'G{number}' for number in left.names)}" if left.names else ""
    return f"{quoted(mail.subject)} left to {to}{at}, after the backup that was restored{names}."
