"""How long nothing may be sent to the workbook's file or its library: a Retry-After counts for all, whoever got it.

It is kept in the database for every process, and by the monotonic clock of the process that got it, so that a clock
which is set forward shortens no wait.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q

from repairs import clock
from sync.graph.errors import GraphError, RetryLater
from sync.models import Workbook

UNNAMED_WAIT = 10.0  # seconds, where Microsoft asks to wait without saying how long
_TOO_MANY_REQUESTS = 429

_until: dict[int, float] = {}  # workbook to monotonic seconds


class StillQuiet(RetryLater):
    """We refuse a request ourselves, since Microsoft asked for quiet `until` then."""

    def __init__(self, until: datetime) -> None:
        left = max((until - clock.now()).total_seconds(), 0.0)
        super().__init__("Microsoft 365 asked us to wait.", status=_TOO_MANY_REQUESTS, retry_after=left)
        self.until = until


def heed(workbook_id: int, error: GraphError) -> datetime:
    """Keeps what Microsoft asked for; a refusal of our own asks for nothing new. The instant at which the wait ends."""
    if isinstance(error, StillQuiet):
        return error.until
    return keep(workbook_id, UNNAMED_WAIT if error.retry_after is None else error.retry_after)


def keep(workbook_id: int, seconds: float) -> datetime:
    """Microsoft asked for nothing to be sent for so long; the instant at which all such waits end."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    earlier = _until.get(workbook_id, 0.0) if ends(workbook_id) else 0.0
    _until[workbook_id] = max(earlier, time.monotonic() + seconds)
    sooner = Q(not_before__isnull=True) | Q(not_before__lt=until)
    Workbook.objects.filter(sooner, pk=workbook_id).update(not_before=until, asked_at=now)
    return ends(workbook_id) or until


def ends(workbook_id: int) -> datetime | None:
    """The instant until which nothing may be sent; None when nothing is left of that."""
    asked_for = Workbook.objects.filter(pk=workbook_id).values_list("not_before", flat=True).first()
    if asked_for is None:
        return None
    now = clock.now()
    left = timedelta(seconds=_until.get(workbook_id, 0.0) - time.monotonic())
    until: datetime = max(asked_for, now + left)
    return until if until > now else None


def guard(workbook_id: int, also: Callable[[], None] | None = None) -> Callable[[], None]:
    """What is asked right before each request, and `also` last: raises StillQuiet while nothing may be sent."""

    def check() -> None:
        if until := ends(workbook_id):
            raise StillQuiet(until)
        if also:
            also()

    return check
