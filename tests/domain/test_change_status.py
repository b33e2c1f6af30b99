"""Changing a status: every status to every status, against the domain's table as it is written down here."""

import datetime as dt
from itertools import product
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from repairs import orders
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop, StatusRule
from tests.domain.asides import acts, kept, told
from tests.domain.conftest import NewOrder

TODAY = dt.date(2026, 2, 10)
NOON = dt.datetime(2026, 2, 10, 17, tzinfo=dt.UTC)
EARLIER = dt.date(2025, 12, 1)
ASK = "Returns, after asking"
NET_OR_PAID = "Net if the terms are NET n, else Paid"
# status: (sheet, days to the next follow-up)
TABLE: dict[str, tuple[str, int | None]] = {
    "TO SEND": ("Active", 3),
    "WAITING QUOTE": ("Active", 7),
    "APPROVED": ("Active", 10),
    "IN WORK": ("Active", 10),
    "SHIPPED": ("Active", 5),
    "RECEIVED": ("Active", 3),
    "COMPLETE": (NET_OR_PAID, None),
    "PAID": ("Paid", None),
    "BER": (ASK, None),
    "RAI": (ASK, None),
    "CANCELLED": (ASK, None),
    "SCRAP": ("Returns", None),
}
TERMS = {"net30": True, "Net 60 days": True, "COD": False}
RETURNED = (None, True, False)
UNKNOWN = "AT SHOP???"


def where(status: str, *, net: bool, returned: bool | None, stood: str) -> str:
    sheet, _ = TABLE[status]
    if sheet == ASK:
        return "Returns" if returned else stood
    if sheet == NET_OR_PAID:
        return "Net" if net else "Paid"
    return sheet


def an_order(number: int, shop: Shop, *, status: str, terms: str = "", sheet: str = "Active") -> RepairOrder:
    """An order as an import may have left it."""
    known = status in TABLE
    return RepairOrder.objects.create(
        number=number,
        shop=shop,
        sheet=sheet,
        terms=terms,
        status=status if known else "",
        status_text="" if known else status,
        status_date=EARLIER,
        last_updated=EARLIER,
        next_update=EARLIER,
    )


def that_matter(old: str, to: str) -> list[tuple[str, bool | None]]:
    """The terms and answers to try: all of those the sheet depends on, and of the others another one each time."""
    answers = RETURNED if TABLE[to][0] == ASK else (RETURNED[len(old) % 3],)
    terms = TERMS if TABLE[to][0] == NET_OR_PAID else (tuple(TERMS)[len(to + old) % 3],)
    return list(product(terms, answers))


@pytest.mark.parametrize("to", TABLE)
@pytest.mark.parametrize("old", [*TABLE, UNKNOWN, ""])
@time_machine.travel(NOON, tick=False)
def test_any_status_can_follow_any_other(old: str, to: str, amy: User, shop: Shop) -> None:
    sheets = ("Active", "Net", "Paid", "Returns")
    for number, (terms, returned) in enumerate(that_matter(old, to), start=1):
        stood = sheets[(number + len(old) + len(to)) % 4]
        order = an_order(number, shop, status=old, terms=terms, sheet=stood)
        orders.change_status(order, by=amy, to=to, unit_returned=returned)
        if old == to:
            came_back = returned is True and TABLE[to][0] == ASK
            assert (order.status, order.status_date, order.last_updated) == (old, EARLIER, EARLIER)
            assert order.sheet == ("Returns" if came_back else stood)
            continue
        days = TABLE[to][1]
        assert (order.status, order.status_text) == (to, "")
        assert order.sheet == where(to, net=TERMS[terms], returned=returned, stood=stood)
        assert (order.status_date, order.last_updated) == (TODAY, TODAY)
        assert order.next_update == (TODAY + dt.timedelta(days=days) if days else None)
        assert order.version == 2
        [step] = order.status_changes.filter(imported=False)
        assert (step.from_status, step.to_status, step.unit_returned) == (old, to, returned)


@time_machine.travel(NOON, tick=False)
def test_the_history_and_the_activity_tell_who_and_from_what_to_what(
    amy: User, tom: User, shop: Shop
) -> None:
    order = an_order(7, shop, status=UNKNOWN, sheet="Net")
    orders.change_status(order, by=tom, to="SHIPPED")
    [step] = order.status_changes.all()
    assert (step.from_status, step.to_status, step.by, step.by_name) == (UNKNOWN, "SHIPPED", tom, "tom")
    assert (step.at, step.on, step.imported) == (NOON, TODAY, False)
    [act] = acts(order)
    assert (act.verb, act.by, act.order_version) == ("status changed", tom, 2)
    assert told(act) == {
        "status": ("", "SHIPPED"),
        "status_text": (UNKNOWN, ""),
        "status_date": ("2025-12-01", "2026-02-10"),
        "last_updated": ("2025-12-01", "2026-02-10"),
        "next_update": ("2025-12-01", "2026-02-15"),
        "sheet": ("Net", "Active"),
    }


@pytest.mark.parametrize("status", TABLE)
def test_the_same_status_again_changes_nothing(amy: User, tom: User, shop: Shop, status: str) -> None:
    order = an_order(7, shop, status=status, sheet="Net")
    before = kept(order)
    orders.change_status(order, by=tom, to=status, next_update=dt.date(2030, 1, 1))
    orders.change_status(order, by=tom, to=status, unit_returned=False)
    assert kept(order) == before
    assert acts(order) == []
    assert not order.status_changes.exists()


@pytest.mark.parametrize("status", ["BER", "RAI", "CANCELLED"])
def test_a_unit_that_came_back_and_is_then_said_not_to_be_back_is_asked_about(
    new_order: NewOrder, tom: User, status: str
) -> None:
    order = new_order()
    orders.change_status(order, by=tom, to=status)
    version = order.version
    orders.change_status(order, by=tom, to=status, unit_returned=False)
    assert (order.sheet, order.version) == ("Active", version), "so it was known already"
    orders.change_status(order, by=tom, to=status, unit_returned=True)
    before = kept(order)
    with pytest.raises(Refusal, match="is on Returns, since its unit came back"):
        orders.change_status(order, by=tom, to=status, unit_returned=False)
    assert kept(order) == before


@pytest.mark.parametrize("status", ["BER", "RAI", "CANCELLED"])
def test_a_unit_that_came_back_later_moves_its_order_to_returns(
    new_order: NewOrder, tom: User, status: str
) -> None:
    order = new_order()
    orders.change_status(order, by=tom, to=status)
    assert order.sheet == "Active"
    orders.change_status(order, by=tom, to=status, unit_returned=True)
    assert order.sheet == "Returns"
    assert (acts(order)[-1].verb, told(acts(order)[-1])) == ("moved", {"sheet": ("Active", "Returns")})
    version = order.version
    orders.change_status(order, by=tom, to=status, unit_returned=True)
    assert order.version == version, "it stands there already"


@time_machine.travel(NOON, tick=False)
def test_the_days_that_the_office_edited_are_honoured(order: RepairOrder, amy: User) -> None:
    StatusRule.objects.filter(status="SHIPPED").update(days_to_follow_up=21)
    StatusRule.objects.filter(status="APPROVED").update(days_to_follow_up=0)
    StatusRule.objects.filter(status="RECEIVED").update(days_to_follow_up=None)
    found = [
        orders.change_status(order, by=amy, to=to).next_update for to in ("SHIPPED", "APPROVED", "RECEIVED")
    ]
    assert found == [dt.date(2026, 3, 3), TODAY, None]


@time_machine.travel(NOON, tick=False)
def test_a_day_of_ones_own_goes_before_the_rule(order: RepairOrder, amy: User) -> None:
    orders.change_status(order, by=amy, to="SHIPPED", next_update=dt.date(2026, 6, 1))
    assert order.next_update == dt.date(2026, 6, 1)
    orders.change_status(order, by=amy, to="PAID", next_update=dt.date(2026, 7, 1))
    assert order.next_update == dt.date(2026, 7, 1)


def test_a_day_of_ones_own_is_read_as_any_date(order: RepairOrder, amy: User) -> None:
    day: Any = "6/1/26"
    assert orders.change_status(order, by=amy, to="SHIPPED", next_update=day).next_update == dt.date(
        2026, 6, 1
    )


@pytest.mark.parametrize("to", ["", "paid", "PAID ", "COMPLETED", "LOST", UNKNOWN, "APPROVED >>>>", None])
def test_what_is_no_status_is_refused(order: RepairOrder, amy: User, to: str) -> None:
    before = kept(order)
    with pytest.raises(Refusal) as refusal:
        orders.change_status(order, by=amy, to=to)
    assert list(refusal.value.fields) == ["status"]
    assert kept(order) == before


@pytest.mark.parametrize("day", [dt.date(1989, 12, 31), dt.date(2101, 1, 1), "soon"])
def test_a_day_that_excel_can_not_hold_is_refused(order: RepairOrder, amy: User, day: dt.date) -> None:
    before = kept(order)
    with pytest.raises(Refusal) as refusal:
        orders.change_status(order, by=amy, to="SHIPPED", next_update=day)
    assert list(refusal.value.fields) == ["next_update"]
    assert kept(order) == before
