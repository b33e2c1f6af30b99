"""A status that was taken back is no fact, for everybody who reads facts from the history; the history keeps it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine

from repairs import knowledge, orders, overview, shop_records
from repairs.models import RepairOrder, Shop, StatusChange
from repairs.views.order_parts import context_of
from tests.domain.conftest import NewOrder

DAY = date(2026, 3, 2)
"""On which each order goes out."""
PART = "3605812-17"
STANDS, TAKEN_BACK, TAKES_BACK = StatusChange.Standing.values


def on(after: int) -> time_machine.travel:
    """So many days after DAY."""
    return time_machine.travel(f"{DAY + timedelta(days=after)} 17:00Z", tick=False)


def take_back(order: RepairOrder) -> None:
    last = orders.undoable(order)
    assert last
    orders.undo(order, by=None, act=last.pk)


def by_mistake(order: RepairOrder, status: str, after: int, *, unit_returned: bool | None = None) -> None:
    with on(after):
        orders.change_status(order, by=None, to=status, unit_returned=unit_returned)
        take_back(order)


@pytest.fixture
def five(new_order: NewOrder) -> list[RepairOrder]:
    """Orders that are received on the tenth day, one day late, and were marked so by mistake on the fourth."""
    with on(0):
        made = [new_order(date_made=DAY, estimated_delivery=DAY + timedelta(days=9)) for _ in range(5)]
    for order in made:
        by_mistake(order, "RECEIVED", 4)
        with on(10):
            orders.change_status(order, by=None, to="RECEIVED")
    return made


def figure(shop: Shop, label: str) -> str | None:
    return next(f.value for f in shop_records.record_of(shop).figures if f.label == label)


def test_a_shop_kept_its_day_by_the_return_that_was_one(shop: Shop, five: list[RepairOrder]) -> None:
    assert figure(shop, "Back by the promised day") == "0 %"


def test_an_order_that_was_ber_by_mistake_was_not(shop: Shop, five: list[RepairOrder]) -> None:
    by_mistake(five[0], "BER", 12, unit_returned=True)
    assert five[0].sheet == "Active", "where it came back from"
    assert figure(shop, "Beyond economic repair") == "0 %"
    with on(13):
        orders.change_status(five[1], by=None, to="BER")
        orders.change_status(five[1], by=None, to="CANCELLED")
    assert figure(shop, "Beyond economic repair") == "20 %", "it was, and moved on"


def test_a_part_was_away_until_it_came_back(five: list[RepairOrder]) -> None:
    assert knowledge.known_of(PART).days.value == 10


def test_the_turnaround_goes_by_the_return_that_was_one(five: list[RepairOrder]) -> None:
    assert [month.days for month in overview.turnaround(DAY)[-1:]] == [10]


def test_a_path_was_left_where_the_order_was(new_order: NewOrder) -> None:
    order = new_order()
    for status in ("APPROVED", "CANCELLED"):
        orders.change_status(order, by=None, to=status)
    by_mistake(order, "COMPLETE", 3)
    assert [step for step, place in context_of(order)["path"] if place == "done"] == [
        "TO SEND", "WAITING QUOTE", "APPROVED",
    ]  # fmt: skip


def standing(order: RepairOrder) -> list[tuple[str, str]]:
    return list(order.status_changes.values_list("to_status", "standing"))


def test_the_history_keeps_both_steps(order: RepairOrder) -> None:
    by_mistake(order, "BER", 1)
    assert standing(order) == [("TO SEND", STANDS), ("BER", TAKEN_BACK), ("TO SEND", TAKES_BACK)]


def test_what_is_taken_back_and_done_again_stands_since_its_first_day(order: RepairOrder) -> None:
    with on(1):
        orders.change_status(order, by=None, to="RECEIVED")
    for after, taken_back in ((2, True), (3, False), (4, True), (5, False)):
        with on(after):
            take_back(order)
        stands = list(order.status_changes.that_stand().values_list("to_status", "on"))
        received = [] if taken_back else [("RECEIVED", DAY + timedelta(days=1))]
        assert stands[1:] == received, after
    assert {kind for _, kind in standing(order)[2:]} == {TAKES_BACK}


@pytest.mark.parametrize("other", [lambda o: orders.archive(o, by=None, sheet="Paid"),
                                   lambda o: orders.edit(o, by=None, changes={"terms": "COD"})])  # fmt: skip
def test_what_is_no_status_turns_no_step(order: RepairOrder, other: Callable[[RepairOrder], object]) -> None:
    orders.change_status(order, by=None, to="BER")
    other(order)
    take_back(order)
    assert {kind for _, kind in standing(order)} == {STANDS}
