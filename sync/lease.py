"""One writer per workbook: a lease with a fencing number.

A holder that was frozen beyond its lease may wake up in the middle of a flush. Three things keep it harmless:
`check` refuses before every request once the lease was not renewed in time; `fenced` refuses its database
writes; and the next holder closes the old Graph session first, so that a late step dies there.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from repairs import clock
from sync.heartbeat import beating
from sync.models import Workbook


class LeaseLost(Exception):
    """The lease could not be renewed in time, or somebody else holds it now."""


class Lease:
    """The right to write to one workbook. Made by `acquire`."""

    def __init__(self, workbook_id: int, holder: str, fencing: int, deadline: float) -> None:
        self.workbook_id = workbook_id
        self.holder = holder
        self.fencing = fencing
        self._deadline = deadline  # of the monotonic clock; it runs on while the process is stopped

    def _mine(self) -> "Q":
        return Q(pk=self.workbook_id, lease_holder=self.holder, fencing=self.fencing)

    def check(self) -> None:
        """Raises LeaseLost unless the lease is certainly still ours. Asks only the clock."""
        if time.monotonic() >= self._deadline:
            raise LeaseLost("The lease was not renewed in time.")

    def renew(self) -> None:
        begun = time.monotonic()
        until = clock.now() + timedelta(seconds=settings.SYNC_LEASE_SECONDS)
        if not Workbook.objects.filter(self._mine(), lease_until__gt=clock.now()).update(lease_until=until):
            self._deadline = 0.0
            raise LeaseLost("Another worker writes to this workbook now.")
        self._deadline = begun + settings.SYNC_LEASE_SECONDS

    @contextmanager
    def fenced(self) -> Iterator[Workbook]:
        """A transaction in which the workbook's row is locked and certainly ours; else LeaseLost."""
        with transaction.atomic():
            workbook = Workbook.objects.select_for_update().filter(self._mine()).first()
            if workbook is None:
                raise LeaseLost("Another worker writes to this workbook now.")
            yield workbook

    def release(self) -> None:
        Workbook.objects.filter(self._mine()).update(lease_holder="", lease_until=None)

    def renewed(self) -> AbstractContextManager[None]:
        """Renews it in the background."""
        return beating(self.renew, lost=LeaseLost, name="lease of the workbook")


def acquire(workbook: Workbook) -> Lease | None:
    """Takes the lease of a workbook when nobody holds it; None when somebody does."""
    begun = time.monotonic()
    now = clock.now()
    holder = uuid.uuid4().hex
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = Workbook.objects.filter(free, pk=workbook.pk).update(
        lease_holder=holder,
        fencing=F("fencing") + 1,
        lease_until=now + timedelta(seconds=settings.SYNC_LEASE_SECONDS),
    )
    if not taken:
        return None
    workbook.refresh_from_db()
    if workbook.lease_holder != holder:  # frozen between the two statements for longer than the lease
        return None
    return Lease(workbook.pk, holder, workbook.fencing, begun + settings.SYNC_LEASE_SECONDS)
