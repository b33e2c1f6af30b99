"""What is known of a part: its orders in any spelling, the last shops, medians with what is behind them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from repairs import importing, knowledge, orders, shops
from repairs.models import RepairOrder
from repairs.reading import HistoryEntry
from tests.domain.conftest import NewOrder

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def repaired(new_order: NewOrder, days: int, **fields: Any) -> RepairOrder:
    """An order that went out on November 2 and was received so many days later."""
    order = new_order(date_dropped_off=date(2026, 11, 2), **fields)
    with time_machine.travel(f"{date(2026, 11, 2) + timedelta(days=days)} 17:00Z", tick=False):
        return orders.change_status(order, by=None, to="RECEIVED")


def test_a_part_is_known_in_every_spelling(new_order: NewOrder) -> None:
    same = [
        new_order(part_number=spelt).number for spelt in ("066-50013-0101", "066 50013-0101", "0665001301-01")
    ]
    letters = new_order(part_number="a-1B")
    new_order(part_number="066-50013-0102")
    assert sorted(o.number for o in knowledge.orders_of("066500130101")) == same
    assert [o.number for o in knowledge.orders_of("A1b")] == [letters.number]
    assert knowledge.known_of("066-50013-0101").orders == 3


@pytest.mark.parametrize("part", ["", "-", "unknown", "%", "066"])
def test_of_another_part_nothing_is_known(new_order: NewOrder, part: str) -> None:
    new_order(part_number="066-50013-0101")
    known = knowledge.known_of(part)
    assert (known.part, known.orders, known.shops, known.days.value) == (part, 0, (), None)


def test_the_medians_come_with_the_orders_behind_them(new_order: NewOrder) -> None:
    for days, cost in ((10, "100"), (14, "300.50"), (40, "1000")):
        repaired(new_order, days, estimated_cost=cost)
    new_order(estimated_cost="50")
    new_order()
    known = knowledge.known_of("3605812-17")
    assert (known.days.value, known.days.orders) == (14, 3)
    assert (known.cost.value, known.cost.orders) == (Decimal("200.25"), 4)


def test_the_final_cost_counts_and_a_cancelled_order_does_not(new_order: NewOrder) -> None:
    new_order(estimated_cost="100", final_cost="0")
    orders.change_status(new_order(estimated_cost="900"), by=None, to="CANCELLED")
    known = knowledge.known_of("3605812-17")
    assert (known.cost.value, known.cost.orders, known.orders) == (Decimal(0), 1, 2)


def test_the_days_end_when_the_unit_came_back_and_not_when_it_was_paid(new_order: NewOrder) -> None:
    order = repaired(new_order, 9)
    with time_machine.travel("2026-12-24 17:00Z", tick=False):
        orders.change_status(order, by=None, to="COMPLETE")
        orders.change_status(order, by=None, to="PAID")
    assert knowledge.known_of("3605812-17").days.value == 9


def test_the_days_of_an_imported_order_come_from_its_history_or_its_present_status(shop: Any) -> None:
    def imported(number: int, status: str, *history: HistoryEntry) -> None:
        values = {"part_number": "X-1", "status": status, "shop": shop.name}
        days = {"date_made": date(2026, 1, 1), "status_date": date(2026, 1, 31)}
        new = importing.NewOrder(number, "Paid", values | days, history, "file")
        importing.create_orders([new], importing.find_or_create_shops([shop.name]))

    imported(1, "COMPLETE")
    assert (knowledge.known_of("X-1").days.value, knowledge.known_of("X-1").days.orders) == (30, 1)
    imported(2, "PAID")
    assert knowledge.known_of("X-1").days.orders == 1
    imported(3, "PAID", HistoryEntry("Received", date(2026, 1, 11), None, "Ann", None))
    assert (knowledge.known_of("X-1").days.value, knowledge.known_of("X-1").days.orders) == (20, 2)


def test_the_last_shops_begin_with_the_newest(new_order: NewOrder, amy: User) -> None:
    other = shops.create(by=amy, name="Umbra")
    new_order(date_made=date(2026, 3, 1), estimated_cost="10")
    new_order(date_made=date(2026, 1, 1), estimated_cost="30")
    new_order(date_made=date(2026, 2, 1), shop=other)
    first, second = knowledge.known_of("3605812-17").shops
    assert (first.shop.name, first.orders, first.last) == ("Aero Avionics", 2, date(2026, 3, 1))
    assert (first.cost.value, first.cost.orders) == (Decimal(20), 2)
    assert (second.shop.name, second.cost.value) == ("Umbra", None)


def test_it_takes_three_queries(new_order: NewOrder, django_assert_num_queries: Any) -> None:
    for count in (1, 20):
        for _ in range(count):
            repaired(new_order, 3)
        with django_assert_num_queries(3):
            known = knowledge.known_of("3605812-17")
            assert [use.shop.name for use in known.shops] == ["Aero Avionics"]
            assert [str(order.shop) for order in known.recent]
