"""A shop's record: every figure with the orders behind it, and none as a fact under five."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from repairs import orders, shop_records
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


def test_a_status_that_came_back_counts_from_its_first_day(shop: Shop, five: list[RepairOrder]) -> None:
    for order in five:
        went(order, ("WAITING QUOTE", 0), ("APPROVED", 5), ("WAITING QUOTE", 9), ("APPROVED", 12))
    assert figures(shop)["Waiting for a quote"].value == "5 days"


def test_on_time_is_measured_against_the_promised_day(shop: Shop, five: list[RepairOrder], amy: User) -> None:
    shipped = [START + timedelta(days=d + 20) for d in (4, 6, 8, 10, 30)]
    for order, day, late in zip(five, shipped, (0, 0, 0, 1, 5), strict=True):
        orders.edit(order, by=amy, changes={"estimated_delivery": day - timedelta(days=late)})
    assert figures(shop)["Shipped by the promised day"] == Figure("Shipped by the promised day", "60 %", 5)


def test_rates_are_over_the_orders_that_came_to_an_end(shop: Shop, new_order: NewOrder, amy: User) -> None:
    for status in ("BER", "RAI", "PAID", "COMPLETE", "RECEIVED", "IN WORK", "CANCELLED"):
        orders.change_status(new_order(), by=amy, to=status)
    found = figures(shop)
    assert found["Beyond economic repair"] == Figure("Beyond economic repair", "20 %", 5)
    assert found["Returned as is"] == Figure("Returned as is", "20 %", 5)


@pytest.mark.parametrize(
    ("final", "told"), [("1200.00", "+20 %"), ("950.00", "-5 %"), ("1001.00", "as estimated")]
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
