"""After a backup was restored: mails may have left in the hours that the database has forgotten.

What was approved before the backup looks its marker up before anything is sent. What was approved afterwards waits
for approval again, under a marker that nobody knows any more; Outlook still has the mail, so it is compared with the
drafts by its subject.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from notifications import deliveries, outcomes
from notifications.deliveries import State
from notifications.models import Delivery, Notification
from repairs import clock
from repairs.models import Activity
from sync import runs
from sync.graph.connection import connection
from sync.graph.mail import Mailbox, Message
from sync.models import Run

BY = "a restore"
WAITING = (Notification.State.PENDING_APPROVAL, Notification.State.FAILED)
EARLIER = timedelta(
    hours=1
)  # a mail that the database knows is told apart by its marker, so more does no harm


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


def forgotten(since: datetime) -> list[Message]:
    """The mails of ours that left about since then and that no delivery knows. Raises GraphError."""
    found = Mailbox(connection(), address=settings.MAIL_FROM).marked_since(since - EARLIER)
    known = {str(marker) for marker in Delivery.objects.values_list("marker", flat=True)}
    return [message for marker, message in found.items() if marker not in known]


def warn(mails: Collection[Message]) -> int:
    """Tells the drafts that one of these mails may have been: how many drafts that are."""
    drafts = Notification.objects.filter(
        kind=Notification.Kind.EMAIL_DRAFT, state__in=WAITING, parent__isnull=True
    )
    told = 0
    for draft in drafts.order_by("pk"):
        for mail in mails:
            if _may_be(mail, draft):
                with transaction.atomic():
                    told += outcomes.warn_entries([draft.pk], described(mail), states=WAITING)
                break
    return told


def _may_be(mail: Message, draft: Notification) -> bool:
    """An answer's subject is the draft's behind some “RE:”."""
    return bool(draft.subject) and mail.subject.casefold().endswith(draft.subject.casefold())


def described(mail: Message) -> str:
    """The mail in a sentence."""
    at = f" on {timezone.localtime(mail.at):%b %d, %Y at %H:%M}" if mail.at else ""
    to = ", ".join(mail.recipients) or "nobody"
    return f"“{mail.subject}” left to {to}{at}, after the backup that was restored."
