"""What the domain announces: inside the transaction of the act, and gone with it."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from repairs import orders
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder, Shop, StatusChange
from repairs.signals import OrderEvent, order_changed
from sync.models import Replica
from tests.domain.asides import kept

Heard = list[tuple[int, OrderEvent, bool]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Order number, event, and whether it came inside a transaction."""
    events: Heard = []

    def listener(*, order: RepairOrder, event: OrderEvent, **_: object) -> None:
        events.append((order.number, event, transaction.get_connection().in_atomic_block))

    order_changed.connect(listener)
    yield events
    order_changed.disconnect(listener)


@pytest.mark.django_db(transaction=True)
def test_each_act_is_announced_once_inside_its_transaction(amy: User, shop: Shop, heard: Heard) -> None:
    order = orders.create(by=amy, shop=shop, part_number="P", terms="COD")
    orders.edit(order, by=amy, changes={"terms": "NET 30", "part_number": "P"})
    orders.change_status(order, by=amy, to="COMPLETE")
    orders.add_note(order, by=amy, text="called")
    orders.archive(order, by=amy, sheet="Paid")
    assert [(number, inside) for number, _, inside in heard] == [(order.number, True)] * 5
    created, edited, status, note, moved = (event for _, event, _ in heard)
    assert created.created
    assert {"status", "shop", "part_number", "terms", "date_made"} <= created.fields
    assert not edited.created
    assert edited.fields == {"terms"}
    assert {"status", "sheet", "next_update"} <= status.fields
    assert note.fields == {"notes"}
    assert moved.fields == {"sheet"}
    changes = [event.status_change for _, event, _ in heard]
    assert [change and (change.from_status, change.to_status) for change in changes] == [
        ("", "TO SEND"),
        None,
        ("TO SEND", "COMPLETE"),
        None,
        None,
    ]
    assert changes[0] is not None
    assert changes[0].pk, "a listener can point at it"


def test_what_changes_nothing_or_is_refused_is_not_announced(
    order: RepairOrder, amy: User, heard: Heard
) -> None:
    orders.edit(order, by=amy, changes={"part_number": order.part_number})
    orders.change_status(order, by=amy, to="TO SEND")
    orders.archive(order, by=amy, sheet="Active")
    refused: list[Callable[[], object]] = [
        lambda: orders.edit(order, by=amy, changes={"final_cost": "x"}),
        lambda: orders.edit(order, by=amy, changes={"terms": "x"}, expected_version=9),
        lambda: orders.change_status(order, by=amy, to="LOST"),
        lambda: orders.add_note(order, by=amy, text=""),
        lambda: orders.archive(order, by=amy, sheet="Attic"),
    ]
    for act in refused:
        with pytest.raises(Refusal):
            act()
    assert heard == []


ACTS: dict[str, Callable[[RepairOrder, User], object]] = {
    "create": lambda order, by: orders.create(by=by, shop=order.shop or Shop(), part_number="P"),
    "edit": lambda order, by: orders.edit(order, by=by, changes={"terms": "NET 30"}),
    "change_status": lambda order, by: orders.change_status(order, by=by, to="SHIPPED"),
    "add_note": lambda order, by: orders.add_note(order, by=by, text="called"),
    "archive": lambda order, by: orders.archive(order, by=by, sheet="Paid"),
}


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ACTS)
def test_a_listener_that_fails_takes_the_whole_act_back(amy: User, shop: Shop, verb: str) -> None:
    order = orders.create(by=amy, shop=shop, part_number="P")
    before = (kept(order), *rows())

    def broken(**_: object) -> None:
        raise KeyError("a listener broke")

    order_changed.connect(broken)
    try:
        with pytest.raises(KeyError):
            ACTS[verb](order, amy)
    finally:
        order_changed.disconnect(broken)
    assert (kept(order), *rows()) == before


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_what_a_listener_wrote_goes_with_the_transaction(amy: User, shop: Shop) -> None:
    order = orders.create(by=amy, shop=shop, part_number="P")
    Replica.objects.update(pending_since=None)
    with transaction.atomic():
        orders.change_status(order, by=amy, to="SHIPPED")
        assert Replica.objects.filter(pending_since__isnull=False).exists(), "the workbook's listener wrote"
        transaction.set_rollback(True)
    assert not Replica.objects.filter(pending_since__isnull=False).exists()
    assert kept(order)["status"] == "TO SEND"


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (RepairOrder, Activity, StatusChange, Replica))
