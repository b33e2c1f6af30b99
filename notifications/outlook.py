"""How we behave towards Outlook: few requests at once over all processes, and none while it asks to wait."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from notifications.models import OutlookBox, OutlookSlot
from people import microsoft
from repairs import clock
from sync.graph.connection import Connection, connection
from sync.graph.errors import GraphError, RetryLater
from sync.graph.outlook import AT_ONCE
from sync.runs import Claim, Postponed
from sync.signed_in import connection_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A place is held from one request to the next. It is longer than any request, so that it never runs out during one.
HELD = timedelta(minutes=2)
TURN = timedelta(seconds=1)  # until a run that found no place looks again
UNNAMED_WAIT = 10.0  # seconds, where Microsoft asks to wait without saying how long
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(seconds=5), timedelta(minutes=15)


Check = Callable[[], None]


class NotSent(Postponed):
    """Outlook may not be called now: what was about to be sent certainly was not."""


class Place:
    """The right to call Outlook, one request at a time. `check` goes right before every request."""

    def __init__(self, claim: Claim, row: OutlookSlot, holder: str) -> None:
        self._claim = claim
        self._mine = OutlookSlot.objects.filter(pk=row.pk, holder=holder)

    def check(self) -> None:
        """Raises NotSent when Outlook must be left alone or the place was lost, ClaimLost when the run was."""
        begun = time.monotonic()
        self._claim.renew()
        if not self._mine.update(until=clock.now() + HELD):
            raise NotSent("Other work took the place at Outlook.", due_at=clock.now())
        refuse_while_closed()
        if time.monotonic() - begun >= settings.SYNC_LEASE_SECONDS:  # stopped in between, for too long
            raise NotSent("The work was held up and begins anew.", due_at=clock.now())

    def give_back(self) -> None:
        self._mine.update(holder="", until=None)


@contextmanager
def slot(claim: Claim) -> Iterator[Place]:
    """One of the AT_ONCE places at Outlook over all processes. Raises NotSent when none is free or Outlook is closed.

    Give its `check` to the gateway as `before_send`, and every GraphError with the mailbox's address to `heed`.
    """
    refuse_while_closed()
    place = _take(claim)
    if place is None:
        raise NotSent("Others are at Outlook now.", due_at=clock.now() + TURN)
    try:
        yield place
    finally:
        place.give_back()


def _take(claim: Claim) -> Place | None:
    now, holder = clock.now(), uuid.uuid4().hex
    free = Q(until__isnull=True) | Q(until__lt=now)
    for row in _places():
        if OutlookSlot.objects.filter(free, pk=row.pk).update(holder=holder, until=now + HELD):
            return Place(claim, row, holder)
    return None


def _places() -> list[OutlookSlot]:
    """The rows of the places; made when they are first needed."""
    numbers = range(1, AT_ONCE + 1)
    rows = list(OutlookSlot.objects.filter(number__in=numbers).order_by("number"))
    if len(rows) == AT_ONCE:
        return rows
    OutlookSlot.objects.bulk_create([OutlookSlot(number=number) for number in numbers], ignore_conflicts=True)
    return list(OutlookSlot.objects.filter(number__in=numbers).order_by("number"))


def refuse_while_closed() -> None:
    """Raises NotSent until every Retry-After has passed.

    Microsoft may count all mailboxes of an app together, so one that asks for quiet gets it from all.
    """
    closed = OutlookBox.objects.filter(not_before__gt=clock.now()).order_by("-not_before").first()
    if closed is not None and closed.not_before is not None:
        raise NotSent("Microsoft asked us to leave Outlook alone for a while.", due_at=closed.not_before)


def heed(error: GraphError, *, address: str) -> datetime | None:
    """Notes for all processes how long Outlook asked to be left alone, if it did: until when."""
    seconds = error.retry_after
    if seconds is None and isinstance(error, RetryLater):
        seconds = UNNAMED_WAIT
    if seconds is None:
        return None
    until = clock.now() + timedelta(seconds=seconds)
    with transaction.atomic():
        box, _ = OutlookBox.objects.select_for_update().get_or_create(address=address.lower())
        if box.not_before is None or box.not_before < until:
            box.not_before, box.asked_at = until, clock.now()
            box.save(update_fields=["not_before", "asked_at"])
    return box.not_before


def backoff(failures: int) -> timedelta:
    """How long to wait after so many failures in a row, the first of them being 1."""
    doubled = FIRST_BACKOFF * 2.0 ** min(failures - 1, 10)
    return min(doubled, LONGEST_BACKOFF)


def box_of(person: "User | None") -> str:
    """The address of a person's own Outlook: of their sign-in with Microsoft, else their account's; "" when neither."""
    if person is None or not person.is_active:
        return ""
    signed_in = microsoft.of(person)
    return signed_in.address if signed_in is not None else person.email.strip().lower()


def way_to(mailbox: str, person: "User | None") -> tuple[Connection, str]:
    """How to work in somebody's Outlook: the connection, and the address in its requests ("" is `/me`).

    As the person where they signed in with Microsoft to this very mailbox, also while they have to do so anew;
    otherwise as the app.
    """
    signed_in = microsoft.of(person)
    if person is not None and signed_in is not None and signed_in.address == mailbox.lower():
        return connection_of(person), ""
    return connection(), mailbox
