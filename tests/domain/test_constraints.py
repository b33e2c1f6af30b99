"""What the database itself does not let in, whoever writes: each broken on purpose, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from repairs.models import (
    NumberSequence,
    OrderLink,
    OrderNote,
    RepairOrder,
    Shop,
    StatusChange,
    StatusRule,
)

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def an_order(**fields: Any) -> RepairOrder:
    return RepairOrder.objects.create(**{"number": 38573, "status": "TO SEND", **fields})


def a_shop(name: str, key: str) -> Shop:
    return Shop.objects.create(name=name, key=key * 64)


def refused(write: Callable[[], object]) -> str:
    """What the database said."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        write()
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"number": 0}, "order_number_is_positive"),
        ({"sheet": "Archive"}, "order_sheet_is_known"),
        ({"sheet": ""}, "order_sheet_is_known"),
        ({"status": "LOST"}, "order_status_is_canonical"),
        ({"status": "PAID", "status_text": "paid?"}, "order_status_text_only_without_status"),
        ({"version": 0}, "order_version_counts_from_1"),
    ],
)
def test_an_order_that_breaks_a_rule(fields: dict[str, Any], constraint: str) -> None:
    assert constraint in refused(lambda: an_order(**fields))
    an_order()
    assert constraint in refused(lambda: RepairOrder.objects.update(**fields))


def test_such_orders_are_let_in() -> None:
    an_order(number=1, status="", status_text="AT SHOP???")
    an_order(number=2, status="")
    an_order(number=3, status="PAID", sheet="Returns")
    assert RepairOrder.objects.count() == 3


def test_a_number_twice() -> None:
    an_order()
    assert "number" in refused(an_order)


def test_a_number_below_zero() -> None:
    refused(lambda: an_order(number=-1))


def test_a_shop_twice() -> None:
    a_shop("Aero", "a")
    assert "key" in refused(lambda: a_shop("Zephyr", "a"))


def test_names_alone_do_not_clash() -> None:
    """Sameness is the key's business, so that no database's collation decides it."""
    a_shop("Año", "a")
    a_shop("Ano", "b")


def test_a_shop_without_a_name() -> None:
    assert "shop_has_a_name" in refused(lambda: a_shop("", "a"))


def test_an_empty_note() -> None:
    order = an_order()
    assert "note_has_text" in refused(lambda: OrderNote.objects.create(order=order, text="", by_name="amy"))


def test_a_rule_for_what_is_no_status() -> None:
    rule = {"status": "LOST", "position": 20}
    assert "rule_status_is_canonical" in refused(lambda: StatusRule.objects.create(**rule))


def test_two_rules_for_one_status() -> None:
    StatusRule.objects.get_or_create(status="PAID", defaults={"position": 1})
    assert "status" in refused(lambda: StatusRule.objects.create(status="PAID", position=2))


def test_days_below_zero() -> None:
    StatusRule.objects.get_or_create(status="PAID", defaults={"position": 1})
    refused(lambda: StatusRule.objects.update(days_to_follow_up=-1))


def test_days_beyond_a_year() -> None:
    StatusRule.objects.get_or_create(status="PAID", defaults={"position": 1})
    assert StatusRule.objects.update(days_to_follow_up=365)
    assert StatusRule.objects.update(days_to_follow_up=None)
    assert "rule_days_within_a_year" in refused(lambda: StatusRule.objects.update(days_to_follow_up=366))


def test_a_sequence_below_zero() -> None:
    NumberSequence.objects.get_or_create(pk=1)
    refused(lambda: NumberSequence.objects.update(last=-1))


def test_a_history_without_an_order() -> None:
    refused(lambda: StatusChange.objects.bulk_create([StatusChange(to_status="PAID")]))


def test_a_link_twice_or_of_no_kind() -> None:
    one, other = an_order(), an_order(number=38574)
    OrderLink.objects.create(order=one, other=other, kind="related")
    assert "link_once" in refused(
        lambda: OrderLink.objects.create(order=one, other=other, kind="replacement")
    ) or "repairs_orderlink.order_id" in refused(
        lambda: OrderLink.objects.create(order=one, other=other, kind="replacement")
    )
    assert "link_kind_is_known" in refused(
        lambda: OrderLink.objects.create(order=other, other=one, kind="friends")
    )
