"""RECEIVED on NET terms: a reminder to pay, so many days on, through COMPLETE and until the order is PAID."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from time_machine import Traveller

from notifications import followups
from notifications.models import MailTemplate, Notification
from repairs import orders
from repairs.models import RepairOrder
from tests.followups.conftest import NewOrder
from tests.followups.office import latest, moment, timers, wanted

pytestmark = pytest.mark.django_db

PAYMENT_DAY = dt.date(2026, 2, 4)  # 30 days after the Monday on which the clock begins


@pytest.fixture
def received(clock: Traveller, amy: User, new_order: NewOrder) -> RepairOrder:
    order = new_order(terms="NET 30")
    return orders.change_status(order, by=amy, to="RECEIVED")


def payments(order: RepairOrder) -> list[tuple[str, str]]:
    return [(state, day) for kind, state, day in timers(order) if kind == "payment"]


def test_it_is_due_so_many_days_after_the_receipt(clock: Traveller, amy: User, received: RepairOrder) -> None:
    assert payments(received) == [("waiting", "2026-02-04")]
    assert latest(received).due_at == moment(dt.date(2026, 1, 8)), "the one of the status waits beside it"
    assert wanted(latest(received, "payment")) == {PAYMENT_DAY}
    clock.move_to(moment(PAYMENT_DAY))
    followups.fire_due()
    reminder = Notification.objects.get(cause="payment")
    assert (reminder.kind, reminder.person, reminder.follow_up) == (
        "TASK_REMINDER",
        amy,
        latest(received, "payment"),
    )


def test_it_outlives_complete_and_ends_with_paid(clock: Traveller, amy: User, received: RepairOrder) -> None:
    orders.change_status(received, by=amy, to="COMPLETE")
    assert received.sheet == "Net"
    assert payments(received) == [("waiting", "2026-02-04")]
    orders.change_status(received, by=amy, to="PAID")
    assert payments(received) == [("cancelled", "2026-02-04")]
    assert latest(received, "payment").ended_because == "The order is at Paid now."


@pytest.mark.parametrize("status", ["SHIPPED", "BER", "CANCELLED", "TO SEND"])
def test_any_other_status_ends_it(amy: User, received: RepairOrder, status: str) -> None:
    orders.change_status(received, by=amy, to=status)
    assert payments(received) == [("cancelled", "2026-02-04")]


def test_it_fires_while_the_order_awaits_payment(clock: Traveller, amy: User, received: RepairOrder) -> None:
    orders.change_status(received, by=amy, to="COMPLETE")
    clock.move_to(moment(PAYMENT_DAY))
    followups.fire_due()
    assert Notification.objects.filter(cause="payment", state="PENDING_APPROVAL").count() == 1


def test_paying_after_it_fired_reminds_nobody_any_more(
    clock: Traveller, amy: User, received: RepairOrder
) -> None:
    orders.change_status(received, by=amy, to="COMPLETE")
    clock.move_to(moment(PAYMENT_DAY))
    followups.fire_due()
    orders.change_status(received, by=amy, to="PAID")
    assert not Notification.objects.filter(cause="payment", state="PENDING_APPROVAL").exists()
    assert wanted(latest(received, "payment")) == {None}


@pytest.mark.parametrize(
    ("terms", "left"),
    [
        ("NET 45", ("waiting", "2026-02-19")),
        ("net10", ("waiting", "2026-01-15")),
        ("COD", ("cancelled", "2026-02-04")),
        ("NET 0", ("cancelled", "2026-02-04")),
        ("", ("cancelled", "2026-02-04")),
    ],
)
@pytest.mark.parametrize("status", ["RECEIVED", "COMPLETE"])
def test_other_terms_move_or_end_it(
    amy: User, received: RepairOrder, status: str, terms: str, left: tuple[str, str]
) -> None:
    orders.change_status(received, by=amy, to=status)
    orders.edit(received, by=amy, changes={"terms": terms})
    assert payments(received) == [left]
    orders.edit(received, by=amy, changes={"terms": "NET 60"})
    assert payments(received) == [("waiting", "2026-03-06")]


def test_terms_may_come_later(clock: Traveller, amy: User, order: RepairOrder) -> None:
    orders.change_status(order, by=amy, to="RECEIVED")
    assert payments(order) == []
    clock.shift(dt.timedelta(days=2))
    orders.edit(order, by=amy, changes={"terms": "NET 30"})
    assert payments(order) == [("waiting", "2026-02-04")], "counted from the receipt"


def test_longer_terms_remind_again_after_it_fired(clock: Traveller, amy: User, received: RepairOrder) -> None:
    clock.move_to(moment(PAYMENT_DAY))
    followups.fire_due()
    orders.edit(received, by=amy, changes={"terms": "NET 15"})
    assert payments(received) == [("fired", "2026-02-04")]
    orders.edit(received, by=amy, changes={"terms": "NET 60"})
    assert payments(received) == [("waiting", "2026-03-06")]
    assert latest(received, "payment").round == 2


def test_without_a_receipt_there_is_none(amy: User, new_order: NewOrder, clock: Traveller) -> None:
    order = new_order(terms="NET 30")
    for status in ("SHIPPED", "COMPLETE"):
        orders.change_status(order, by=amy, to=status)
        assert payments(order) == []


def test_one_received_long_ago_does_not_count(clock: Traveller, amy: User, received: RepairOrder) -> None:
    for status in ("BER", "COMPLETE"):
        orders.change_status(received, by=amy, to=status)
    assert payments(received) == [("cancelled", "2026-02-04")]


def test_received_again_counts_anew(clock: Traveller, amy: User, received: RepairOrder) -> None:
    orders.change_status(received, by=amy, to="SHIPPED")
    clock.shift(dt.timedelta(days=1))
    orders.change_status(received, by=amy, to="RECEIVED")
    assert payments(received) == [("cancelled", "2026-02-04"), ("waiting", "2026-02-05")]


def test_an_order_archived_as_paid_needs_none(amy: User, received: RepairOrder) -> None:
    orders.archive(received, by=amy, sheet="Net")
    assert payments(received) == [("waiting", "2026-02-04")]
    orders.archive(received, by=amy, sheet="Paid")
    assert payments(received) == [("cancelled", "2026-02-04")]


def test_switched_off_there_is_none(clock: Traveller, amy: User, received: RepairOrder) -> None:
    MailTemplate.objects.filter(key="PAYMENT").update(enabled=False)
    clock.move_to(moment(PAYMENT_DAY))
    followups.fire_due()
    assert not Notification.objects.filter(cause="payment").exists()
    assert latest(received, "payment").ended_because == "Payment reminders are switched off."
