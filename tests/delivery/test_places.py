"""Few requests at once to Outlook, over all processes."""

from datetime import timedelta
from pathlib import Path

import pytest

from notifications import conversations, outlook, outlook_items
from notifications.models import OutlookBox, OutlookItem, OutlookSlot
from repairs import clock
from repairs.models import RepairOrder
from sync import runs
from sync.graph.errors import NotNow, RetryLater
from sync.graph.outlook import AT_ONCE
from sync.runs import Claim, ClaimLost
from tests.delivery.desk import (
    CARRY,
    CARRY_CALENDARS,
    CARRY_REPLIES,
    EVENT,
    FETCH,
    OFFICE,
    SETTINGS,
    Desk,
    carry,
)
from tests.flush.workers import Nursery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def claimed(about: int) -> Claim:
    claim = runs.claim(runs.start(kind="mail", about=about, started_by="a test"))
    assert claim is not None
    return claim


def other_work(desk: Desk) -> RepairOrder:
    """An order with replies to be looked for, and with an event and a task for Amy's Outlook."""
    desk.amy.email = "amy@genthrust.example"
    desk.amy.save()
    order = desk.order_at()
    desk.amy.email = ""
    desk.amy.save()
    desk.approved(order)
    carry()
    outlook_items.start_due()
    conversations.refresh(order, by=desk.amy)
    return order


def test_many_workers_take_turns(desk: Desk, nursery: Nursery, tmp_path: Path) -> None:
    """At most three requests at once, whatever they are for: mails, calendars, or what the shops answered."""
    order = other_work(desk)
    made = [desk.approved() for _ in range(6)]
    desk.forget()
    for match, seconds, times in ((EVENT, 1.5, 1), (FETCH, 1.5, 1), ({"path_regex": "/messages"}, 0.2, None)):
        desk.fault("delay", match=match, seconds=seconds, times=times)
    works = [CARRY_CALENDARS, CARRY_REPLIES, CARRY, CARRY, CARRY, CARRY]
    workers = [nursery.start(work, tmp_path, **SETTINGS) for work in works]
    for worker in workers:
        worker.join()
    desk.all_well()
    for delivery in made:
        desk.carry_on(delivery)
        desk.assert_sent_once(delivery)
    desk.time_passes(2)
    carry(outlook_items.KIND, conversations.CONVERSATION)  # where others had taken all places
    assert len(desk.outbox()) == 7
    assert conversations.timeline(order).fetched_at is not None
    assert not OutlookItem.objects.filter(pending_since__isnull=False).exists()
    assert 1 < desk.stats()["max_outlook_at_once"] <= 3


def test_a_place_is_free_again_when_its_holder_is_gone(desk: Desk) -> None:
    places = [outlook.slot(claimed(number)) for number in range(1, AT_ONCE + 1)]
    held = [place.__enter__() for place in places]
    with pytest.raises(outlook.NotSent), outlook.slot(claimed(99)):
        pass
    desk.time_passes(outlook.HELD.total_seconds() + 1)
    with outlook.slot(claimed(98)) as late:
        late.check()
        with pytest.raises(outlook.NotSent):
            held[0].check()
        held[0].give_back()  # not its own any more
        late.check()
    assert OutlookSlot.objects.count() == AT_ONCE


def test_a_run_that_was_taken_over_calls_nobody(desk: Desk) -> None:
    first = claimed(1)
    with outlook.slot(first) as place:
        desk.time_passes(61)
        assert runs.claim(runs.start(kind="mail", about=1, started_by="a test")) is not None
        with pytest.raises(ClaimLost):
            place.check()


def test_a_retry_after_is_only_ever_made_longer(desk: Desk) -> None:
    now = clock.now()
    for seconds in (60.0, 5.0):
        outlook.heed(RetryLater("busy", retry_after=seconds), address=OFFICE.upper())
    assert outlook.heed(NotNow("broken"), address=OFFICE) is None
    box = OutlookBox.objects.get()
    assert box.address == OFFICE
    assert box.not_before is not None
    assert box.not_before >= now + timedelta(seconds=60)
    with pytest.raises(outlook.NotSent) as told, outlook.slot(claimed(1)):
        pass
    assert told.value.due_at == box.not_before


def test_waits_grow_to_a_quarter_of_an_hour() -> None:
    waits = [outlook.backoff(failures) for failures in (1, 2, 3, 8, 1000)]
    assert waits == [timedelta(seconds=s) for s in (5, 10, 20, 640, 900)]


def test_the_box_of_a_person(desk: Desk) -> None:
    assert outlook.box_of(None) == outlook.box_of(desk.amy) == ""
    desk.amy.email = " Amy@Genthrust.example "
    assert outlook.box_of(desk.amy) == "amy@genthrust.example"
    desk.amy.is_active = False
    assert outlook.box_of(desk.amy) == ""
