"""Reminders by hand: several on an order, for the person who set them, whatever becomes of the order."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from time_machine import Traveller

from notifications import followups, queue
from notifications.models import FollowUp, Notification
from repairs import orders
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder
from tests.followups.office import moment, wanted

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 1, 9)


@pytest.fixture
def reminder(clock: Traveller, amy: User, order: RepairOrder) -> FollowUp:
    return followups.remind(order, by=amy, day=DAY, text=" Call Bob about the invoice. ")


def test_it_stands_beside_everything_else(amy: User, order: RepairOrder, reminder: FollowUp) -> None:
    assert (reminder.kind, reminder.person, reminder.text) == ("reminder", amy, "Call Bob about the invoice.")
    assert (reminder.due_at, reminder.open_key) == (moment(DAY), None)
    assert wanted(reminder) == {DAY}
    followups.remind(order, by=amy, day=DAY, text="And Jim.")
    assert FollowUp.objects.filter(order=order, state="waiting").count() == 3
    told = Activity.objects.filter(order=order, verb="reminder").order_by("pk")[0]
    assert (told.text, told.by) == ("Reminder for Jan 9, 2026: Call Bob about the invoice.", amy)


def test_it_fires_whatever_became_of_the_order(
    clock: Traveller, amy: User, order: RepairOrder, reminder: FollowUp
) -> None:
    orders.change_status(order, by=amy, to="PAID")
    orders.edit(order, by=amy, changes={"next_update": "2026-03-01"})
    clock.move_to(moment(DAY))
    followups.fire_due()
    entry = Notification.objects.get(cause="by hand")
    assert (entry.kind, entry.person, entry.body) == ("TASK_REMINDER", amy, "Call Bob about the invoice.")
    assert wanted(reminder) == {DAY}
    queue.done(entry, by=amy)
    assert wanted(reminder) == {None}


def test_one_that_is_done_leaves_the_others(clock: Traveller, amy: User, order: RepairOrder) -> None:
    first, second = (followups.remind(order, by=amy, day=DAY, text=text) for text in ("one", "two"))
    clock.move_to(moment(DAY))
    followups.fire_due()
    queue.done(Notification.objects.get(follow_up=first), by=amy)
    assert (wanted(first), wanted(second)) == ({None}, {DAY})
    assert wanted(FollowUp.objects.get(kind="status")) == {dt.date(2026, 1, 8)}, "nor the one of the status"


def test_it_can_be_taken_off(clock: Traveller, amy: User, tom: User, reminder: FollowUp) -> None:
    followups.forget(reminder, by=tom)
    assert (reminder.state, reminder.ended_because) == ("cancelled", "Taken off by tom.")
    assert wanted(reminder) == {None}
    told = Activity.objects.filter(order=reminder.order).latest("pk")
    assert (told.verb, told.text, told.by) == ("reminder", "Taken off: Call Bob about the invoice.", tom)
    with pytest.raises(Refusal, match="not waiting any more"):
        followups.forget(reminder, by=amy)


def test_any_follow_up_can_be_taken_off_until_its_day_is_set_anew(
    clock: Traveller, amy: User, order: RepairOrder
) -> None:
    follow_up = FollowUp.objects.get(order=order)
    followups.forget(follow_up, by=amy)
    clock.move_to(moment(dt.date(2026, 1, 8)))
    followups.fire_due()
    assert not Notification.objects.exists()
    orders.edit(order, by=amy, changes={"next_update": "2026-01-10"})
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.round) == ("waiting", 2)


@pytest.mark.parametrize(
    ("day", "text", "field"),
    [
        (dt.date(2026, 1, 4), "Call.", "day"),
        (dt.date(2101, 1, 1), "Call.", "day"),
        (DAY, "  ", "text"),
        (DAY, "Call\x07", "text"),
        (DAY, "x" * 40_000, "text"),
    ],
)
def test_what_makes_no_sense_is_refused(
    clock: Traveller, amy: User, order: RepairOrder, day: dt.date, text: str, field: str
) -> None:
    before = FollowUp.objects.count(), Activity.objects.count()
    with pytest.raises(Refusal) as refused:
        followups.remind(order, by=amy, day=day, text=text)
    assert list(refused.value.fields) == [field]
    assert (FollowUp.objects.count(), Activity.objects.count()) == before


def test_today_is_not_too_late(clock: Traveller, amy: User, order: RepairOrder) -> None:
    followups.remind(order, by=amy, day=dt.date(2026, 1, 5), text="At once.")
    followups.fire_due()
    assert Notification.objects.get().body == "At once."
