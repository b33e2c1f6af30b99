"""Our clock is set back by an hour: no mail and no item of Outlook waits for that hour."""

from datetime import timedelta
from typing import Any

import pytest

from notifications import deliveries, outlook, outlook_items, setback
from notifications.models import Delivery, OutlookBox, OutlookItem, OutlookSlot
from repairs import clock
from sync.graph.errors import RetryLater
from sync.models import Run
from tests.delivery.desk import INSTANTS, OFFICE, RECONCILE, SEND, Desk, carry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def left(at: Any) -> float:
    """Seconds until then."""
    return float((at - clock.now()).total_seconds())


def on_their_way(desk: Desk) -> None:
    """A mail whose answer was lost, an item that is tried again later, a place, and a Retry-After."""
    desk.amy.email = "amy@genthrust.example"
    desk.amy.save()
    desk.approved()
    desk.fault("drop_after_apply", match=SEND)
    carry()
    OutlookItem.objects.update(due_at=clock.now() + outlook.LONGEST_BACKOFF)
    OutlookSlot.objects.filter(number=1).update(holder="dead", until=clock.now() + outlook.HELD)
    outlook.heed(RetryLater("busy", retry_after=120.0), address=OFFICE)


def instants() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values_list(*names)) for model, names in INSTANTS]


def test_nothing_waits_for_the_hour(desk: Desk) -> None:
    on_their_way(desk)
    (delivery,) = Delivery.objects.all()
    desk.our_clock_jumps(timedelta(hours=-1))
    setback.mend()
    assert left(OutlookBox.objects.get().not_before) <= 121
    assert all(left(slot.until) <= 121 for slot in OutlookSlot.objects.filter(until__isnull=False))
    assert OutlookItem.objects.exists()
    assert all(left(item.due_at) <= RECONCILE + 61 for item in OutlookItem.objects.all())
    assert left(Run.objects.get(kind=deliveries.MAIL).due_at) <= RECONCILE + 61
    desk.time_passes(RECONCILE + 61)
    carry()
    desk.assert_sent_once(delivery)
    assert desk.sends() == 1


@pytest.mark.parametrize("hours", [0, 1])
def test_a_clock_that_goes_as_it_should_or_forward_changes_nothing(desk: Desk, hours: int) -> None:
    on_their_way(desk)
    desk.our_clock_jumps(timedelta(hours=hours))
    before = instants()
    setback.mend()
    assert instants() == before
    assert outlook_items.due().exists() == (hours == 1)
