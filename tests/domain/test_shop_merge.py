"""Two entries of one shop become one: orders, names and history go over, and lists still find it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from repairs import orders, shops
from repairs.errors import Refusal
from repairs.importing import find_or_create_shops
from repairs.models import Activity, RepairOrder, Shop
from repairs.shop_list import import_shops, read_list
from repairs.shop_names import by_name
from repairs.signals import shop_merged
from sync.models import Replica
from tests.domain.asides import acts, at_once, told
from tests.domain.conftest import NewOrder

LIST = "Business Name,Email\nAero Avionics,old@aero.example\nAero Avionics Inc.,new@aero.example\n"


@pytest.fixture
def twin(amy: User) -> Shop:
    return shops.create(by=amy, name="Aero Avionics Inc.", phone="305 555 0100")


def test_every_order_goes_over_and_follows_in_excel(
    new_order: NewOrder, shop: Shop, twin: Shop, amy: User
) -> None:
    moving = [new_order(), new_order()]
    staying = new_order(shop=twin)
    Replica.objects.update(pending_since=None)
    shops.merge(shop, into=twin, by=amy)
    assert set(RepairOrder.objects.filter(shop=twin)) == {*moving, staying}
    assert not Shop.objects.filter(pk=shop.pk).exists()
    waiting = Replica.objects.filter(pending_since__isnull=False).values_list("order__number", flat=True)
    assert set(waiting) == {order.number for order in moving}
    assert told(acts(moving[0])[-1]) == {"shop": ("Aero Avionics", "Aero Avionics Inc.")}


def test_what_was_not_known_is_filled_in_and_nothing_is_overwritten(
    shop: Shop, twin: Shop, amy: User
) -> None:
    shops.edit(shop, by=amy, changes={"phone": "305 555 0999", "city": "Miami"})
    kept = shops.merge(shop, into=twin, by=amy)
    assert (kept.email, kept.phone, kept.city) == ("quotes@aero.example", "305 555 0100", "Miami")


def test_the_history_of_both_stays(shop: Shop, twin: Shop, amy: User) -> None:
    before = set(shop.activity.values_list("pk", flat=True))
    shops.merge(shop, into=twin, by=amy)
    assert before <= set(twin.activity.values_list("pk", flat=True))
    last = Activity.objects.filter(shop=twin).latest("id")
    assert told(last)["merged with"] == ("", "Aero Avionics")
    assert last.by == amy


def test_the_old_name_leads_to_the_shop_in_a_workbook(shop: Shop, twin: Shop, amy: User) -> None:
    shops.merge(shop, into=twin, by=amy)
    found = find_or_create_shops(["AERO  avionics"])
    assert found.named("Aero Avionics") == twin
    assert Shop.objects.count() == 1
    assert by_name("aero avionics") == twin


def test_the_list_of_shops_does_not_bring_it_back(shop: Shop, twin: Shop, amy: User, tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    path.write_text(LIST)
    shops.merge(shop, into=twin, by=amy)
    report = import_shops(read_list(path))
    assert (report.imported, Shop.objects.count()) == (0, 1)


def test_a_name_that_was_merged_is_not_given_to_another_shop(shop: Shop, twin: Shop, amy: User) -> None:
    shops.merge(shop, into=twin, by=amy)
    with pytest.raises(Refusal, match="was merged into"):
        shops.create(by=amy, name="Aero AVIONICS")
    shops.edit(twin, by=amy, changes={"name": "Aero Avionics"})  # its own old name it may have
    assert twin.name == "Aero Avionics"


def test_merging_twice_and_in_a_row(shop: Shop, twin: Shop, amy: User) -> None:
    third = shops.create(by=amy, name="Aero Group")
    shops.merge(shop, into=twin, by=amy)
    shops.merge(twin, into=third, by=amy)
    assert by_name("Aero Avionics") == by_name("Aero Avionics Inc.") == third
    with pytest.raises(Refusal, match="is gone"):
        shops.merge(shop, into=third, by=amy)


def test_a_shop_is_not_merged_with_itself(shop: Shop, amy: User) -> None:
    with pytest.raises(Refusal, match="with itself"):
        shops.merge(shop, into=shop, by=amy)


def test_it_is_announced_while_both_are_there(shop: Shop, twin: Shop, amy: User) -> None:
    heard = []

    def hear(*, source: Shop, into: Shop, **_: object) -> None:
        heard.append((Shop.objects.get(pk=source.pk).name, into.name))

    shop_merged.connect(hear)
    try:
        shops.merge(shop, into=twin, by=amy)
    finally:
        shop_merged.disconnect(hear)
    assert heard == [("Aero Avionics", "Aero Avionics Inc.")]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_orders_that_are_made_at_the_same_moment_are_not_lost(
    new_order: NewOrder, shop: Shop, amy: User, tom: User
) -> None:
    twin = shops.create(by=amy, name="Aero Avionics Inc.")
    there = [new_order() for _ in range(3)]
    people: list[Callable[[], object]] = [
        partial(shops.merge, shop, into=twin, by=amy),
        *[partial(orders.edit, one, by=tom, changes={"terms": "COD"}) for one in there],
        *[partial(orders.create, by=tom, shop=shop, part_number="P") for _ in range(3)],
    ]
    outcome = at_once(people)
    made = [r for r in outcome[4:] if not isinstance(r, Exception)]
    assert RepairOrder.objects.count() == 3 + len(made)
    assert set(RepairOrder.objects.filter(pk__in=[o.pk for o in there]).values_list("terms", flat=True)) == {
        "COD"
    }
    shop_of = set(RepairOrder.objects.values_list("shop__name", flat=True))
    assert shop_of == {"Aero Avionics Inc."} or isinstance(outcome[0], Exception)
