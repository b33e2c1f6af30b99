"""A worker that is not heard of any more: what a page says of its run until another may take it up.

A running worker renews its lease every third of SYNC_LEASE_SECONDS. One that missed a renewal is probably dead, or
frozen, and its last words about what it does would stand on the page until the lease is over.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime

from repairs import clock
from sync.models import Run


def _left_when_silent() -> timedelta:
    """What is left of a lease at most when one renewal has surely been missed: half of it."""
    return timedelta(seconds=settings.SYNC_LEASE_SECONDS) / 2


def told(run: Run) -> str:
    """What is going on with a run whose worker is silent, with times in the company's zone; "" while it is heard of."""
    if run.state != Run.State.RUNNING or run.lease_until is None:
        return ""
    left = run.lease_until - clock.now()
    if left >= _left_when_silent():
        return ""
    heard = _time(run.lease_until - timedelta(seconds=settings.SYNC_LEASE_SECONDS))
    takes_over = f"at {_time(run.lease_until)}" if left > timedelta(0) else "as soon as one is free"
    return f"The worker has not been heard of since {heard}; another takes over {takes_over}."


def doing(run: Run) -> str:
    """What a page says that a run does now."""
    return told(run) or run.phase


def silent() -> QuerySet[Run]:
    """The runs whose workers are not heard of."""
    return Run.objects.filter(
        state=Run.State.RUNNING, lease_until__lt=clock.now() + _left_when_silent()
    ).order_by("id")


def _time(instant: datetime) -> str:
    return date_format(localtime(instant), "g:i:s A")
