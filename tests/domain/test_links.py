"""Orders that have to do with each other: linked by hand, and found by part, serial and shop."""

import pytest
from django.contrib.auth.models import User

from repairs import links, orders, shops
from repairs.errors import Refusal
from repairs.models import OrderLink, RepairOrder
from repairs.related import related_to
from tests.domain.asides import acts
from tests.domain.conftest import NewOrder


def seen(order: RepairOrder) -> list[tuple[str, RepairOrder]]:
    return [(item.words, item.other) for item in related_to(order).linked]


def test_a_replacement_is_seen_from_both_sides(new_order: NewOrder, amy: User) -> None:
    old, new = new_order(), new_order()
    made = links.link(old, by=amy, other=new, kind="replacement")
    assert (seen(old), seen(new)) == ([("Replaced by", new)], [("Replaces", old)])
    assert acts(old)[-1].text == f"replaced by {new.label}"
    assert acts(new)[-1].text == f"replaces {old.label}"
    links.unlink(made, by=amy)
    assert seen(old) == seen(new) == []
    assert acts(new)[-1].text == f"no longer: replaces {old.label}"
    with pytest.raises(Refusal, match="already"):
        links.unlink(made, by=amy)


def test_two_orders_are_linked_once(new_order: NewOrder, amy: User) -> None:
    one, other = new_order(), new_order()
    links.link(one, by=amy, other=other, kind="related")
    for order, to in ((one, other), (other, one)):
        with pytest.raises(Refusal, match="linked already"):
            links.link(order, by=amy, other=to, kind="replacement")
    with pytest.raises(Refusal, match="itself"):
        links.link(one, by=amy, other=one, kind="related")
    with pytest.raises(Refusal, match="no kind"):
        links.link(one, by=amy, other=new_order(), kind="friends")
    assert OrderLink.objects.count() == 1
    assert seen(other) == [("Related", one)]


def found(order: RepairOrder) -> dict[str, list[RepairOrder]]:
    return {group.title: list(group.orders) for group in related_to(order).groups}


def test_what_has_the_same_part_serial_or_shop(new_order: NewOrder, amy: User) -> None:
    elsewhere = shops.create(by=amy, name="Coastal Avionics")
    order = new_order(serial_number="A1")
    twin = new_order(part_number="360581217", serial_number="a1", shop=elsewhere)
    sister = new_order(serial_number="B2", shop=elsewhere)
    neighbour = new_order(part_number="OTHER")
    away = orders.archive(new_order(part_number="ANOTHER"), by=amy, sheet="Paid")
    groups = {
        "Same part and serial": [twin],
        "Same part": [sister],
        "Open at the same shop": [neighbour],
    }
    assert found(order) == groups
    for other in (twin, sister):  # at the same shop too, each still stands in one place
        orders.edit(other, by=amy, expected_version=other.version, changes={"shop": order.shop})
    assert found(order) == groups
    links.link(order, by=amy, other=neighbour, kind="related")
    links.link(order, by=amy, other=sister, kind="related")
    assert found(order) == {"Same part and serial": [twin]}
    assert found(away) == {"Open at the same shop": [neighbour, sister, twin, order]}


def test_a_long_group_says_that_there_are_more(new_order: NewOrder) -> None:
    order, *_ = [new_order() for _ in range(7)]
    parts = related_to(order).groups[0]
    assert (parts.title, len(parts.orders), parts.more, parts.query) == ("Same part", 5, True, "q=3605812-17")
