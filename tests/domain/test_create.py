"""A new order: its number, its first status, its dates, and what is refused."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from repairs import orders
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder, Shop, StatusRule
from tests.domain.asides import acts, told
from tests.domain.conftest import NewOrder

NOV_24 = dt.date(2025, 11, 24)


@time_machine.travel(dt.datetime(2025, 11, 24, 15, tzinfo=dt.UTC), tick=False)
def test_it_begins_to_send_made_today_on_active(amy: User, shop: Shop) -> None:
    made = RepairOrder.objects.get(pk=orders.create(by=amy, shop=shop, part_number=" 0012-3 ").pk)
    assert (made.status, made.status_text, made.sheet, made.version) == ("TO SEND", "", "Active", 1)
    assert (made.date_made, made.status_date, made.last_updated) == (NOV_24, NOV_24, NOV_24)
    assert made.next_update == dt.date(2025, 11, 27)
    assert (made.shop, made.part_number) == (shop, "0012-3")


@time_machine.travel(dt.datetime(2025, 11, 24, 15, tzinfo=dt.UTC), tick=False)
def test_the_next_update_follows_the_days_that_the_office_set(amy: User, shop: Shop) -> None:
    StatusRule.objects.filter(status="TO SEND").update(days_to_follow_up=1)
    assert orders.create(by=amy, shop=shop, part_number="P").next_update == dt.date(2025, 11, 25)
    StatusRule.objects.filter(status="TO SEND").update(days_to_follow_up=None)
    assert orders.create(by=amy, shop=shop, part_number="P").next_update is None


def test_what_is_given_is_taken_as_people_type_it(new_order: NewOrder) -> None:
    made = new_order(
        estimated_cost="$1,500.00",
        terms="net30",
        date_dropped_off="11/24/25",
        next_update=dt.date(2026, 1, 5),
        serial_number="000123",
        notes="fragile\r\nkeep upright",
    )
    made.refresh_from_db()
    assert (made.estimated_cost, made.terms, made.serial_number) == (Decimal("1500.00"), "net30", "000123")
    assert (made.date_dropped_off, made.next_update) == (NOV_24, dt.date(2026, 1, 5))
    assert made.notes == "fragile\nkeep upright"


def test_its_history_begins_with_who_made_it(order: RepairOrder, amy: User) -> None:
    [step] = order.status_changes.all()
    assert (step.from_status, step.to_status, step.by, step.by_name) == ("", "TO SEND", amy, "amy")
    [act] = acts(order)
    assert (act.verb, act.by, act.order_number, act.order_version) == ("created", amy, order.number, 1)
    assert told(act)["status"] == ("", "TO SEND")
    assert told(act)["shop"] == ("", "Aero Avionics")
    assert "terms" not in told(act), "what is empty did not change"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"part_number": ""}, "part_number"),
        ({"part_number": "  \t"}, "part_number"),
        ({"part_number": "P" * 256}, "part_number"),
        ({"shop": None}, "shop"),
        ({"shop": "Aero Avionics"}, "shop"),
        ({"status": "PAID"}, "status"),
        ({"sheet": "Paid"}, "sheet"),
        ({"number": 7}, "number"),
        ({"version": 7}, "version"),
        ({"no_such_field": 1}, "no_such_field"),
        ({"final_cost": "-5"}, "final_cost"),
        ({"date_made": "the day before"}, "date_made"),
    ],
)
def test_what_does_not_fit_is_refused_and_no_number_is_used(
    amy: User, shop: Shop, given: dict[str, Any], field: str
) -> None:
    before = orders.create(by=amy, shop=shop, part_number="P").number
    with pytest.raises(Refusal) as refusal:
        orders.create(by=amy, **{"shop": shop, "part_number": "P", **given})
    assert list(refusal.value.fields) == [field]
    assert RepairOrder.objects.count() == 1
    assert Activity.objects.filter(verb="created", order__isnull=False).count() == 1
    assert orders.create(by=amy, shop=shop, part_number="P").number == before + 1


def test_work_that_nobody_started_is_the_systems(shop: Shop) -> None:
    made = orders.create(by=None, shop=shop, part_number="P")
    assert [(act.by, act.by_name) for act in acts(made)] == [(None, "system")]
