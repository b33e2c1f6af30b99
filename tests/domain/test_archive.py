"""Putting an order on another sheet by hand, whatever its status."""

import pytest
from django.contrib.auth.models import User

from repairs import orders
from repairs.errors import Refusal
from repairs.models import RepairOrder
from tests.domain.asides import acts, kept, told


@pytest.mark.parametrize("sheet", ["Net", "Paid", "Returns"])
def test_it_moves_and_nothing_else_changes(order: RepairOrder, amy: User, sheet: str) -> None:
    before = kept(order)
    orders.archive(order, by=amy, sheet=sheet)
    changed = {name for name, value in kept(order).items() if value != before[name]}
    assert changed == {"sheet", "version", "updated_at"}
    assert (acts(order)[-1].verb, told(acts(order)[-1])) == ("moved", {"sheet": ("Active", sheet)})


def test_it_can_come_back(order: RepairOrder, amy: User) -> None:
    orders.archive(order, by=amy, sheet="Paid")
    orders.archive(order, by=amy, sheet="Active")
    assert (order.sheet, order.version) == ("Active", 3)


def test_where_it_stands_already_it_stays_without_a_trace(order: RepairOrder, amy: User) -> None:
    before, done = kept(order), acts(order)
    orders.archive(order, by=amy, sheet="Active")
    assert (kept(order), acts(order)) == (before, done)


@pytest.mark.parametrize("sheet", ["", "active", "Archive", "NET", None])
def test_what_is_no_sheet_is_refused(order: RepairOrder, amy: User, sheet: str) -> None:
    before = kept(order)
    with pytest.raises(Refusal) as refusal:
        orders.archive(order, by=amy, sheet=sheet)
    assert list(refusal.value.fields) == ["sheet"]
    assert kept(order) == before
