"""The clock was set back: what waits for an instant that is now far ahead must not wait for all that time.

Instants in the database are compared with the clock of whoever looks. A lease, a pause of ours or a wait that
Microsoft asked for lies ahead by a length that is known; one that lies further ahead was written before the clock
was set back. A lease then counts anew from now, a wait that Microsoft asked for too, and our own pauses are over.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from repairs import clock
from sync import work
from sync.models import Run, Workbook

# The clocks of two machines may differ by so much. Less than this is waited for.
TOLERANCE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)  # that we make ourselves


def mend() -> None:
    """Called every few seconds. It changes nothing while the clock goes as it should; many at once do no harm."""
    now = clock.now()
    _shorten_leases(now + timedelta(seconds=settings.SYNC_LEASE_SECONDS))
    for workbook in Workbook.objects.filter(asked_at__gt=now + TOLERANCE):
        _wait_anew(workbook, now)
    too_far = now + LONGEST_PAUSE + TOLERANCE
    Workbook.objects.filter(backoff_until__gt=too_far).update(backoff_until=now)
    Workbook.objects.filter(checked_at__gt=now + TOLERANCE).update(checked_at=None)
    closed: datetime = Workbook.objects.aggregate(until=Max("not_before"))["until"] or now
    bring_near("sync.setback.mend", too_far=max(too_far, closed + TOLERANCE))


def bring_near(by: str, *, too_far: datetime) -> None:
    """Runs that wait for longer than we ever wait, and not because Microsoft asked for it; of the kinds mended `by`."""
    waiting = Run.objects.filter(kind__in=work.kinds_mended_by(by), state=Run.State.QUEUED)
    waiting.filter(due_at__gt=too_far).update(due_at=clock.now())


def _shorten_leases(until: datetime) -> None:
    """The holder may live: it has one lease's length from now, and renews long before that."""
    Workbook.objects.filter(lease_until__gt=until + TOLERANCE).update(lease_until=until)
    Run.objects.filter(state=Run.State.RUNNING, lease_until__gt=until + TOLERANCE).update(lease_until=until)


def _wait_anew(workbook: Workbook, now: datetime) -> None:
    """How much of the wait has passed is not known, so all of it is waited for."""
    if workbook.not_before and workbook.asked_at:
        Workbook.objects.filter(pk=workbook.pk, asked_at=workbook.asked_at).update(
            not_before=now + (workbook.not_before - workbook.asked_at), asked_at=now
        )
