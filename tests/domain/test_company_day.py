"""Days are the company's, in New York, whatever the hour in London and wherever the server stands."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from repairs import clock, orders
from repairs.models import RepairOrder, Shop

HALF_PAST_ELEVEN_AT_NIGHT = dt.datetime(2026, 1, 16, 4, 30, tzinfo=dt.UTC)
HALF_PAST_MIDNIGHT = dt.datetime(2026, 1, 16, 5, 30, tzinfo=dt.UTC)
IN_SUMMER_AT_NIGHT = dt.datetime(2026, 7, 16, 3, 30, tzinfo=dt.UTC)
IN_SUMMER_AFTER_MIDNIGHT = dt.datetime(2026, 7, 16, 4, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (HALF_PAST_ELEVEN_AT_NIGHT, dt.date(2026, 1, 15)),
        (HALF_PAST_MIDNIGHT, dt.date(2026, 1, 16)),
        (IN_SUMMER_AT_NIGHT, dt.date(2026, 7, 15)),
        (IN_SUMMER_AFTER_MIDNIGHT, dt.date(2026, 7, 16)),
    ],
)
@pytest.mark.parametrize("server", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_today_is_the_day_in_new_york(instant: dt.datetime, day: dt.date, server: str) -> None:
    with time_machine.travel(instant, tick=False), timezone.override(server):
        assert clock.today() == day
        assert clock.now() == instant


def test_a_status_set_late_at_night_is_of_that_day(amy: User, shop: Shop) -> None:
    with time_machine.travel(HALF_PAST_ELEVEN_AT_NIGHT, tick=False):
        order = orders.create(by=amy, shop=shop, part_number="P")
        orders.change_status(order, by=amy, to="SHIPPED")
    order = RepairOrder.objects.get(pk=order.pk)
    assert (order.date_made, order.status_date, order.last_updated) == (dt.date(2026, 1, 15),) * 3
    assert order.next_update == dt.date(2026, 1, 20)
    step = order.status_changes.latest("id")
    assert (step.on, step.at) == (dt.date(2026, 1, 15), HALF_PAST_ELEVEN_AT_NIGHT)


def test_an_order_is_overdue_from_midnight_in_new_york(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"next_update": dt.date(2026, 1, 15)})
    found = []
    for instant in (HALF_PAST_ELEVEN_AT_NIGHT, HALF_PAST_MIDNIGHT):
        with time_machine.travel(instant, tick=False):
            found.append(
                (RepairOrder.objects.overdue(clock.today()).count(), order.days_overdue(clock.today()))
            )
    assert found == [(0, 0), (1, 1)]


def test_what_is_not_on_active_is_never_overdue(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"next_update": dt.date(2026, 1, 15)})
    orders.archive(order, by=amy, sheet="Net")
    assert (
        RepairOrder.objects.overdue(dt.date(2027, 1, 1)).count(),
        order.days_overdue(dt.date(2027, 1, 1)),
    ) == (0, 0)
