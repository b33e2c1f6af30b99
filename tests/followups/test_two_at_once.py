"""Two sweeps at once, and people at work meanwhile: nothing fires twice, nothing is lost."""

import datetime as dt
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from notifications import followups
from notifications.models import FollowUp, Notification
from repairs import clock, orders
from repairs.models import RepairOrder
from tests.followups.conftest import NewOrder
from tests.followups.office import moment

pytestmark = pytest.mark.django_db(transaction=True)
both_databases = pytest.mark.both_databases

MANY = 30


def together(*acts: Callable[[], None]) -> None:
    """Does these at the same time. An error in one of them fails the test."""
    ready = threading.Barrier(len(acts))

    def one(act: Callable[[], None]) -> None:
        ready.wait()
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(one, act) for act in acts]:
            done.result()


def insisting(act: Callable[..., object], *given: Any, **named: Any) -> None:
    """SQLite lets one writer wait for another only so long; the next sweep, or the person, tries again."""
    while True:
        try:
            act(*given, **named)
        except OperationalError:
            continue
        return


def sweep() -> None:
    """Fires until nothing is due any more."""
    while FollowUp.objects.filter(state="waiting", due_at__lte=clock.now()).exists():
        insisting(followups.fire_due)


@pytest.fixture
def due(amy: User, new_order: NewOrder) -> list[RepairOrder]:
    """Many orders whose follow-up is due."""
    made = [new_order() for _ in range(MANY)]
    FollowUp.objects.update(due_at=clock.now() - dt.timedelta(minutes=1))
    RepairOrder.objects.update(next_update=clock.today() - dt.timedelta(days=1))
    return made


@both_databases
def test_each_fires_once(due: list[RepairOrder], caplog: pytest.LogCaptureFixture) -> None:
    together(sweep, sweep, sweep)
    assert "could not fire" not in caplog.text
    assert set(FollowUp.objects.values_list("state", flat=True)) == {"fired"}
    assert sorted(Notification.objects.values_list("order", flat=True)) == [order.pk for order in due]


@both_databases
def test_people_who_move_orders_on_meanwhile_leave_nothing_behind(due: list[RepairOrder], amy: User) -> None:
    def move_on() -> None:
        for order in random.Random(1).sample(due, MANY):
            insisting(orders.change_status, order, by=amy, to="PAID")

    together(sweep, move_on, sweep)
    fired = FollowUp.objects.filter(state="fired").count()
    withdrawn = Notification.objects.filter(state="WITHDRAWN").count()
    assert FollowUp.objects.exclude(state__in=("fired", "cancelled")).count() == 0
    assert (Notification.objects.count(), withdrawn) == (fired, fired)


@both_databases
def test_people_who_set_another_day_meanwhile_get_it(due: list[RepairOrder], amy: User) -> None:
    later = clock.today() + dt.timedelta(days=5)

    def set_days() -> None:
        for order in due:
            insisting(orders.edit, order, by=amy, changes={"next_update": later})

    together(sweep, set_days, sweep)
    assert set(FollowUp.objects.values_list("state", "due_at")) == {("waiting", moment(later))}
    again = FollowUp.objects.filter(round=2).count()
    assert Notification.objects.count() == again, (
        "only those that had fired before wait in their second round"
    )


def test_an_order_that_somebody_works_on_is_left_for_the_next_sweep(due: list[RepairOrder]) -> None:
    """On MariaDB alone: SQLite locks no rows; there, the sweep waits for the writer."""
    locked, swept = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            RepairOrder.objects.select_for_update().get(pk=due[0].pk)
            locked.set()
            assert swept.wait(30)

    def fire() -> None:
        assert locked.wait(30)
        followups.fire_due()
        swept.set()

    together(work, fire)
    assert FollowUp.objects.get(state="waiting").order == due[0]
    followups.fire_due()
    assert Notification.objects.count() == MANY
