"""A shop's record: every figure with the orders behind it, and none as a fact under five."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from repairs import clock, feed, orders, returns, shop_records
from repairs.models import RepairOrder, Shop, StatusChange
from repairs.shop_records import Figure
from tests.domain.conftest import NewOrder

START = date(2026, 3, 2)


def figures(shop: Shop) -> Mapping[str, Figure]:
    return {figure.label: figure for figure in shop_records.record_of(shop).figures}


def went(order: RepairOrder, *steps: tuple[str, int]) -> None:
    """The order's history of statuses, as days after START."""
    order.status_changes.all().delete()
    for to, after in steps:
        StatusChange.objects.create(order=order, to_status=to, on=START + timedelta(days=after))


@pytest.fixture
def five(new_order: NewOrder) -> list[RepairOrder]:
    made = [new_order() for _ in range(5)]
    for days, order in zip((4, 6, 8, 10, 30), made, strict=True):
        went(
            order,
            ("WAITING QUOTE", 0),
            ("Approved >>>>", days),
            ("SHIPPED", days + 20),
            ("RECEIVED", days + 23),
        )
    return made


def test_days_of_each_phase_are_medians(shop: Shop, five: list[RepairOrder]) -> None:
    found = figures(shop)
    assert found["Waiting for a quote"] == Figure("Waiting for a quote", "8 days", 5)
    assert found["Approval to shipment"].value == "20 days"
    assert found["On its way back"].value == "3 days"


def test_under_five_orders_nothing_is_a_fact(shop: Shop, five: list[RepairOrder]) -> None:
    went(five[0], ("WAITING QUOTE", 0))
    assert figures(shop)["Waiting for a quote"] == Figure("Waiting for a quote", None, 4)


def test_a_phase_that_came_back_counts_with_all_of_its_days(shop: Shop, five: list[RepairOrder]) -> None:
    for order in five:
        went(order, ("WAITING QUOTE", 0), ("APPROVED", 5), ("WAITING QUOTE", 9), ("APPROVED", 12))
    assert figures(shop)["Waiting for a quote"].value == "8 days"


def test_a_phase_may_follow_a_later_one_and_need_not_end(shop: Shop, five: list[RepairOrder]) -> None:
    for order in five:
        went(
            order, ("APPROVED", 0), ("WAITING QUOTE", 3), ("CANCELLED", 4), ("WAITING QUOTE", 10), ("BER", 16)
        )
    went(five[0], ("WAITING QUOTE", 0), ("CANCELLED", 4))
    assert figures(shop)["Waiting for a quote"] == Figure("Waiting for a quote", None, 4)
    went(five[0], ("WAITING QUOTE", 0), ("BER", 6))
    assert figures(shop)["Waiting for a quote"] == Figure("Waiting for a quote", "6 days", 5)


def test_on_time_is_the_return_against_the_promised_day(
    shop: Shop, five: list[RepairOrder], amy: User
) -> None:
    """As in the feed: whenever it was shipped, the unit has to be here on that day."""
    back = [START + timedelta(days=d + 23) for d in (4, 6, 8, 10, 30)]
    for order, day, late in zip(five, back, (0, 0, -1, 1, 5), strict=True):
        orders.edit(order, by=amy, changes={"estimated_delivery": day - timedelta(days=late)})
    assert figures(shop)["Back by the promised day"] == Figure("Back by the promised day", "60 %", 5)


@pytest.mark.parametrize(("days", "told"), [(-1, (False, 1)), (0, (None, 0))], ids=["yesterday", "today"])
def test_a_unit_that_is_late_breaks_the_promise_before_it_comes(
    shop: Shop, new_order: NewOrder, amy: User, days: int, told: tuple[bool | None, int]
) -> None:
    """The feed calls it late on the same day."""
    today = clock.today()
    order = new_order()
    orders.change_status(order, by=amy, to="IN WORK")
    orders.edit(order, by=amy, changes={"estimated_delivery": today + timedelta(days=days)})
    assert returns.kept_its_day(order, None, today) is told[0]
    assert figures(shop)["Back by the promised day"].orders == told[1]
    assert (feed.advise(feed.facts_of(order, today)).level == feed.Level.LATE) is (told[0] is False)
    orders.change_status(order, by=amy, to="CANCELLED")
    assert figures(shop)["Back by the promised day"].orders == 0, "it is not expected any more"


def test_an_order_that_was_imported_as_received_came_back_on_the_day_of_its_status(
    new_order: NewOrder,
) -> None:
    order = new_order()
    order.status, order.status_date = "COMPLETE", START
    assert returns.came_back_on(order, []) == START
    assert returns.came_back_on(order, [START - timedelta(days=2)]) == START - timedelta(days=2)


def test_rates_are_over_the_orders_that_came_to_an_end(shop: Shop, new_order: NewOrder, amy: User) -> None:
    for status in ("BER", "RAI", "PAID", "COMPLETE", "RECEIVED", "IN WORK", "CANCELLED"):
        order = new_order()
        orders.change_status(order, by=amy, to=status)
        if status in ("BER", "RAI"):  # it moved on, and still was one
            orders.change_status(order, by=amy, to="CANCELLED")
    found = figures(shop)
    assert found["Beyond economic repair"] == Figure("Beyond economic repair", "20 %", 5)
    assert found["Returned as is"] == Figure("Returned as is", "20 %", 5)


@pytest.mark.parametrize(
    ("final", "told"), [("1200.00", "+20 %"), ("950.00", "\N{MINUS SIGN}5 %"), ("1001.00", "as estimated")]
)
def test_the_final_cost_is_set_against_the_estimate(
    shop: Shop, five: list[RepairOrder], amy: User, final: str, told: str
) -> None:
    for order in five:
        orders.edit(order, by=amy, changes={"estimated_cost": Decimal(1000), "final_cost": Decimal(final)})
    assert figures(shop)["Final cost against the estimate"].value == told


def test_an_estimate_of_nothing_is_no_basis(shop: Shop, five: list[RepairOrder], amy: User) -> None:
    for order in five:
        orders.edit(order, by=amy, changes={"estimated_cost": Decimal(0), "final_cost": Decimal(10)})
    assert figures(shop)["Final cost against the estimate"].orders == 0


def test_another_shops_orders_do_not_count(five: list[RepairOrder], amy: User) -> None:
    other = Shop.objects.create(name="Zephyr", key="z")
    assert shop_records.record_of(other).orders == 0
    assert {figure.value for figure in shop_records.record_of(other).figures} == {None}
