"""Editing an order: every kind of field, only what differs, who and from what to what."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from repairs import orders, shops
from repairs.models import RepairOrder
from tests.domain.asides import acts, kept, told

DAY = dt.date(2025, 11, 24)
DATES = (
    "date_made",
    "date_dropped_off",
    "estimated_delivery",
    "status_date",
    "last_updated",
    "next_update",
)
TEXTS = (
    "part_number",
    "serial_number",
    "description",
    "requested_work",
    "terms",
    "shop_reference",
    "internal_status",
    "shop_status",
    "tracking_number",
    "notes",
)
MONEY = ("estimated_cost", "final_cost")


def test_these_are_all_fields_that_can_be_edited() -> None:
    assert sorted(orders.EDITABLE) == sorted((*DATES, *TEXTS, *MONEY, "shop"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(DAY, DAY), ("11/24/25", DAY), ("11/24/2025", DAY), ("2025-11-24", DAY), ("Nov 24, 2025", DAY),
     (" 11-24-2025 ", DAY), (dt.datetime(2025, 11, 24, 23, 59, tzinfo=dt.UTC), DAY), ("1/5/2026", dt.date(2026, 1, 5)),
     ("", None), ("  ", None), (None, None), (dt.date(1990, 1, 1), dt.date(1990, 1, 1)),
     (dt.date(2100, 12, 31), dt.date(2100, 12, 31))],
)  # fmt: skip
@pytest.mark.parametrize("field", DATES)
def test_a_date(order: RepairOrder, amy: User, field: str, typed: Any, meant: dt.date | None) -> None:
    orders.edit(order, by=amy, changes={field: typed})
    assert kept(order)[field] == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("$1,500.00", "1500"), ("1500", "1500"), ("1,500.50", "1500.50"), ("USD 1,500", "1500"), (" 12.5 ", "12.50"),
     (1500, "1500"), (0.1, "0.10"), (Decimal("7.25"), "7.25"), ("0", "0"), ("999999999999.99", "999999999999.99"),
     ("", None), (None, None)],
)  # fmt: skip
@pytest.mark.parametrize("field", MONEY)
def test_an_amount(order: RepairOrder, amy: User, field: str, typed: Any, meant: str | None) -> None:
    orders.edit(order, by=amy, changes={field: typed})
    assert kept(order)[field] == (None if meant is None else Decimal(meant))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("  OH  ", "OH"), ("000123", "000123"), ("=1+1", "=1+1"), ("Año – “ß” 部品 🛩", "Año – “ß” 部品 🛩"), (42, "42"),
     ("a\r\nb\rc\nd", "a\nb\nc\nd")],
)  # fmt: skip
@pytest.mark.parametrize("field", TEXTS)
def test_a_text(order: RepairOrder, amy: User, field: str, typed: Any, meant: str) -> None:
    orders.edit(order, by=amy, changes={field: typed})
    assert kept(order)[field] == meant


def test_a_text_can_be_emptied(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"notes": "call on Monday"})
    orders.edit(order, by=amy, changes={"notes": " "})
    assert kept(order)["notes"] == ""


def test_the_shop(order: RepairOrder, amy: User) -> None:
    other = shops.create(by=amy, name="Zephyr Turbines")
    orders.edit(order, by=amy, changes={"shop": other})
    assert order.shop == other
    assert told(acts(order)[-1]) == {"shop": ("Aero Avionics", "Zephyr Turbines")}


def test_one_act_tells_every_field_that_changed_and_who_changed_it(order: RepairOrder, tom: User) -> None:
    orders.edit(order, by=tom, changes={"final_cost": "1,200", "terms": "NET 30", "date_made": "11/24/25"})
    act = acts(order)[-1]
    assert (act.verb, act.by, act.by_name, act.order_version) == ("edited", tom, "tom", 2)
    assert told(act)["final_cost"] == ("", "1200.00")
    assert told(act)["terms"] == ("", "NET 30")
    assert told(act)["date_made"][1] == "2025-11-24"


def test_only_what_differs_is_told(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"terms": "COD", "part_number": order.part_number})
    assert told(acts(order)[-1]) == {"terms": ("", "COD")}


def test_saving_what_is_there_already_changes_nothing(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"estimated_cost": "1500", "notes": "a\nb", "date_made": "11/24/25"})
    before, done = kept(order), acts(order)
    orders.edit(
        order, by=amy, changes={"estimated_cost": "$1,500.00", "notes": "a\r\nb ", "date_made": "2025-11-24"}
    )
    orders.edit(order, by=amy, changes={})
    assert (kept(order), acts(order)) == (before, done)


def test_a_change_counts_the_version_up_by_one_and_is_seen_at_once(order: RepairOrder, amy: User) -> None:
    for version, terms in enumerate(("NET 30", "COD", "NET 30"), start=2):
        assert orders.edit(order, by=amy, changes={"terms": terms}) is order
        assert (order.version, order.terms) == (version, terms)


def test_editing_the_terms_moves_nothing(order: RepairOrder, amy: User) -> None:
    orders.change_status(order, by=amy, to="COMPLETE")
    orders.edit(order, by=amy, changes={"terms": "NET 30"})
    assert order.sheet == "Paid"


def test_a_stale_copy_overwrites_nothing_that_it_does_not_name(
    order: RepairOrder, amy: User, tom: User
) -> None:
    stale = RepairOrder.objects.get(pk=order.pk)
    orders.edit(order, by=amy, changes={"terms": "NET 30"})
    orders.edit(stale, by=tom, changes={"serial_number": "77"})
    assert (stale.terms, stale.serial_number, stale.version) == ("NET 30", "77", 3)
