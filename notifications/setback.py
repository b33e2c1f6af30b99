"""The clock was set back: what mail and Outlook wait for must not be an hour away. See sync.setback for the idea.

Waits that we make ourselves are over; one that Microsoft asked for counts anew, like the ten minutes after a send.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from notifications import outlook
from notifications.apps import OUTLOOKS
from notifications.models import Conversation, Delivery, OutlookBox, OutlookItem, OutlookSlot
from repairs import clock
from sync.setback import TOLERANCE, bring_near


def mend() -> None:
    """Called every few seconds. It changes nothing while the clock goes as it should; many at once do no harm."""
    now = clock.now()
    late = now + TOLERANCE
    OutlookSlot.objects.filter(until__gt=late + outlook.HELD).update(until=now + outlook.HELD)
    for box in OutlookBox.objects.filter(asked_at__gt=late):
        _wait_anew(box, now)
    Delivery.objects.filter(send_begun_at__gt=late).update(send_begun_at=now)
    Conversation.objects.filter(fetched_at__gt=late).update(fetched_at=now)
    _bring_near(now)


def _bring_near(now: datetime) -> None:
    """Runs and items that wait for longer than we ever wait, and not because Microsoft asked for it."""
    reconcile = timedelta(seconds=settings.MAIL_RECONCILE_AFTER_SECONDS)
    closed: datetime = OutlookBox.objects.aggregate(until=Max("not_before"))["until"] or now
    too_far = max(now + max(outlook.LONGEST_BACKOFF, reconcile), closed) + TOLERANCE
    bring_near(OUTLOOKS, too_far=too_far)
    OutlookItem.objects.filter(due_at__gt=too_far).update(due_at=now)


def _wait_anew(box: OutlookBox, now: datetime) -> None:
    """How much of the wait has passed is not known, so all of it is waited for."""
    if box.not_before and box.asked_at:
        same = OutlookBox.objects.filter(pk=box.pk, asked_at=box.asked_at)
        same.update(not_before=now + (box.not_before - box.asked_at), asked_at=now)
