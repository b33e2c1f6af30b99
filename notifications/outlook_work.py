"""The run that brings follow-ups into people's calendars and To Do lists, one item after another.

An item says where it should stand and where it is known to stand; the run asks Outlook for the difference. That a
creation is begun is committed before the request. After an answer that left its outcome open the item is looked
up by our own id before it is made again. What a person removed in Outlook stays removed.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from genthrust.logs import about
from notifications import outlook, outlook_items
from notifications.models import OutlookBox, OutlookItem
from notifications.outlook import Place
from repairs import clock
from sync.graph.calendar import Calendar
from sync.graph.errors import Gone, GraphError, NeedsPerson, NotNow
from sync.graph.renewing import SignInEnded
from sync.graph.todo import TaskList
from sync.runs import Claim

# So many items in one run: mails that are due meanwhile don't wait for more.
PORTION = 50
# An item that could not be brought into Outlook for so long is left as it is, with its trouble in words.
GIVEN_UP_AFTER = timedelta(days=30)
REMOVED = "It was removed in Outlook."


def work(claim: Claim) -> None:
    """Performs a run: a portion of what is due. The next run takes the rest."""
    items = list(outlook_items.due().select_related("follow_up__order")[:PORTION])
    claim.result = {"brought": 0, "in trouble": 0}
    with outlook.slot(claim) as place:
        for done, item in enumerate(items):
            claim.report("Bringing follow-ups into Outlook", done=done, total=len(items))
            with about(order=item.follow_up.order.number, person=item.follow_up.person_id):
                _bring(claim, place, item)


def _bring(claim: Claim, place: Place, item: OutlookItem) -> None:
    """Brings an item to where it should stand, unless trouble with its mailbox has put it off."""
    fresh = outlook_items.due().filter(pk=item.pk).first()
    if fresh is None:
        return
    try:
        _Bringing(claim, place, fresh).run()
        claim.result["brought"] += 1
    except GraphError as error:
        claim.result["in trouble"] += 1
        _put_off(claim, fresh, error)


def _put_off(claim: Claim, item: OutlookItem, error: GraphError) -> None:
    """Tries an item again later. Where a person must look, its mailbox is left alone for as long."""
    now = clock.now()
    due_at = outlook.heed(error, address=item.mailbox) or now + outlook.backoff(item.failures + 1)
    too_long = item.pending_since is not None and item.pending_since < now - GIVEN_UP_AFTER
    given_up = too_long and not isinstance(error, SignInEnded)  # that waits until the person is back
    with _fenced(claim):
        _as_wanted(item).update(
            failures=item.failures + 1,
            due_at=due_at,
            trouble=error.sentence,
            pending_since=None if given_up else item.pending_since,
        )
        if isinstance(error, NeedsPerson):
            outlook_items.due().filter(mailbox=item.mailbox).update(due_at=due_at, trouble=error.sentence)


@contextmanager
def _fenced(claim: Claim) -> Iterator[None]:
    """A transaction in which the run is certainly ours; else ClaimLost."""
    with transaction.atomic():
        claim.renew()
        yield


def _as_wanted(item: OutlookItem) -> QuerySet[OutlookItem]:
    """The item's row, if it should still stand where it should have stood when it was read."""
    return OutlookItem.objects.filter(pk=item.pk, wanted_day=item.wanted_day)


def _link(item: OutlookItem) -> str:
    """Where an item leads: its order's page. "" where the program does not know its own address."""
    return f"{settings.SITE_URL}{item.follow_up.order.get_absolute_url()}" if settings.SITE_URL else ""


class _Shelf(Protocol):
    """Where the items of one kind stand. `move` and `finish` return False for one that a person removed.

    `missing` tells what it means that `make` raised Gone; raises NotNow where it can be made later.
    """

    @property
    def list_id(self) -> str: ...
    def make(self, item: OutlookItem, day: date) -> str: ...
    def find(self, item: OutlookItem) -> list[str]: ...
    def move(self, item_id: str, day: date) -> bool: ...
    def finish(self, item_id: str) -> bool: ...
    def missing(self, error: Gone) -> None: ...


class _Events:
    """A person's calendar."""

    list_id = ""

    def __init__(self, item: OutlookItem, place: Place) -> None:
        way, address = outlook.way_to(item.mailbox, item.follow_up.person)
        self._calendar = Calendar(way, address=address, before_send=place.check)

    def make(self, item: OutlookItem, day: date) -> str:
        return self._calendar.create(
            transaction_id=str(item.transaction_id),
            subject=item.title,
            body=item.body,
            day=day,
            time_zone=settings.COMPANY_TIME_ZONE,
            link=_link(item),
        )

    def find(self, item: OutlookItem) -> list[str]:
        return self._calendar.find(str(item.transaction_id))

    def move(self, item_id: str, day: date) -> bool:
        return self._calendar.move(item_id, day, settings.COMPANY_TIME_ZONE)

    def finish(self, item_id: str) -> bool:
        return self._calendar.remove(item_id)

    def missing(self, error: Gone) -> None:
        """The event was made before, and a person removed it since."""


class _Tasks:
    """Our own list in a person's To Do. A task stays in the list in which it was made."""

    def __init__(self, item: OutlookItem, place: Place) -> None:
        self._box, _ = OutlookBox.objects.get_or_create(address=item.mailbox)
        way, address = outlook.way_to(item.mailbox, item.follow_up.person)
        self._tasks = TaskList(
            way,
            address=address,
            list_id=item.list_id or self._box.task_list_id,
            before_send=place.check,
        )

    @property
    def list_id(self) -> str:
        """The id of the list, which is found or made when it is not known yet."""
        if not self._tasks.list_id:
            self._keep(self._tasks.ensure())
        return self._tasks.list_id

    def make(self, item: OutlookItem, day: date) -> str:
        return self._tasks.create(
            title=item.title,
            body=item.body,
            day=day,
            time_zone=settings.COMPANY_TIME_ZONE,
            external_id=str(item.transaction_id),
            link=_link(item),
        )

    def find(self, item: OutlookItem) -> list[str]:
        return self._tasks.find(str(item.transaction_id))

    def move(self, item_id: str, day: date) -> bool:
        return self._tasks.move(item_id, day, settings.COMPANY_TIME_ZONE)

    def finish(self, item_id: str) -> bool:
        return self._tasks.complete(item_id)

    def missing(self, error: Gone) -> None:
        """It is the list that is gone, so the task was not made."""
        self._keep("")
        raise NotNow("Our list in To Do was removed; it is made anew.") from error

    def _keep(self, list_id: str) -> None:
        OutlookBox.objects.filter(pk=self._box.pk).update(task_list_id=list_id)


class _Bringing:
    """One item on its way to where it should stand."""

    def __init__(self, claim: Claim, place: Place, item: OutlookItem) -> None:
        self._claim = claim
        self._place = place
        self._item = item

    @cached_property
    def _shelf(self) -> _Shelf:
        shelf = _Events if self._item.kind == OutlookItem.Kind.EVENT else _Tasks
        return shelf(self._item, self._place)

    def run(self) -> None:
        day = self._item.wanted_day
        if day is None or self._item.ending:
            self._end()
        if day is None:
            self._settle()
        elif self._item.item_id:
            self._move(day)
        else:
            self._make(day)

    def _make(self, day: date) -> None:
        """Makes it once: what an earlier attempt may have made is looked up first, and put on the right day."""
        was_begun = self._item.creating
        found = self._shelf.find(self._item) if was_begun else []
        if not found:
            self._record(creating=True, list_id=self._shelf.list_id)
            try:
                found = [self._shelf.make(self._item, day)]
            except Gone as error:
                self._record(creating=False, list_id="")
                self._shelf.missing(error)
                self._settle(trouble=REMOVED)
                return
        first, *surplus = found
        for one_more in surplus:
            self._shelf.finish(one_more)
        self._record(item_id=first, creating=False, there_day=None if was_begun else day)
        self._move(day)

    def _move(self, day: date) -> None:
        """Puts it on its day. Where it stands is not known from before the request until after its answer."""
        if self._item.there_day != day:
            self._record(there_day=None)
            if not self._shelf.move(self._item.item_id, day):
                self._settle(trouble=REMOVED)
                return
        self._settle(there_day=day)

    def _end(self) -> None:
        """Takes an event out, ticks a task off. Should it stand there again, it is made anew, under a new id.

        That the end is begun is committed first: wanted again after an end whose answer was lost, it may be gone.
        """
        self._record(ending=True)
        ids = [self._item.item_id] if self._item.item_id else []
        if self._item.creating:
            ids += self._shelf.find(self._item)
        for item_id in ids:
            self._shelf.finish(item_id)
        anew = {"item_id": "", "list_id": "", "there_day": None, "transaction_id": uuid.uuid4()}
        self._record(**anew, creating=False, ending=False)

    def _record(self, **values: Any) -> None:
        """Commits what is known of the item."""
        with _fenced(self._claim):
            self._write(values)

    def _settle(self, *, trouble: str = "", **values: Any) -> None:
        """Commits it; nothing is left to do unless it should stand elsewhere by now."""
        with _fenced(self._claim):
            self._write(values)
            _as_wanted(self._item).update(pending_since=None, due_at=None, failures=0, trouble=trouble)

    def _write(self, values: Mapping[str, Any]) -> None:
        if values:
            OutlookItem.objects.filter(pk=self._item.pk).update(**values)
        for name, value in values.items():
            setattr(self._item, name, value)
