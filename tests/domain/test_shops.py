"""Shops: made, edited and renamed; one name is one shop, however it is spelt."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from repairs import orders, shops
from repairs.errors import Conflict, Refusal
from repairs.models import Activity, RepairOrder, Shop
from repairs.shop_names import shop_key
from repairs.signals import OrderEvent, order_changed
from sync.marks import the_workbook
from sync.models import Replica
from tests.domain.asides import acts, at_once, kept, told
from tests.domain.conftest import NewOrder

SAME = ["Aero Avionics", "AERO AVIONICS", " aero\u00a0 avionics ", "Aero\tAvionics"]


def history(shop: Shop) -> list[Activity]:
    return list(Activity.objects.filter(shop=shop).order_by("id"))


def test_a_new_shop_is_recorded_with_what_it_began_with(amy: User) -> None:
    made = shops.create(by=amy, name="  Aero   Avionics ", city="Miami", email="")
    [act] = history(made)
    assert (act.verb, act.by, act.by_name, act.text) == ("created", amy, "amy", "Aero Avionics")
    assert told(act) == {"name": ("", "Aero Avionics"), "city": ("", "Miami")}


def test_an_edit_tells_only_what_differs(shop: Shop, tom: User) -> None:
    shops.edit(shop, by=tom, changes={"city": "Miami", "email": "quotes@aero.example"})
    act = history(shop)[-1]
    assert (act.verb, act.by_name, told(act)) == ("edited", "tom", {"city": ("", "Miami")})
    assert shop.city == "Miami"


@pytest.mark.parametrize(
    ("website", "taken"),
    [
        ("https://aero.example/quotes?x=1#top", True),
        ("HTTP://aero.example:8080", True),
        ("http://intranet/aero", True),
        ("www.aero.example", True),
        ("", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://aero.example", False),
        ("https://aero.example@evil.example", False),
        ("//evil.example", False),
        ("no site", False),
    ],
)
def test_a_website_is_an_address_of_the_web(shop: Shop, amy: User, website: str, taken: bool) -> None:
    if not taken:
        with pytest.raises(Refusal, match="not a web address") as refusal:
            shops.edit(shop, by=amy, changes={"website": website})
        assert list(refusal.value.fields) == ["website"]
    else:
        shops.edit(shop, by=amy, changes={"website": website})
    assert shop.website == (website if taken else "")


def test_all_that_is_wrong_with_a_shop_is_told_at_once(amy: User) -> None:
    with pytest.raises(Refusal) as refusal:
        shops.create(by=amy, name="Aero", email="nobody", website="ftp://x")
    assert list(refusal.value.fields) == ["email", "website"]


def test_an_edit_of_nothing_leaves_no_trace(shop: Shop, tom: User) -> None:
    before = len(history(shop))
    shops.edit(shop, by=tom, changes={"name": " Aero  Avionics", "city": " "})
    assert len(history(shop)) == before


@pytest.mark.parametrize("name", SAME)
def test_a_name_that_differs_only_in_case_or_spacing_is_taken(shop: Shop, amy: User, name: str) -> None:
    with pytest.raises(Refusal, match="already a shop called") as refusal:
        shops.create(by=amy, name=name)
    assert list(refusal.value.fields) == ["name"]
    assert Shop.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db
def test_letters_with_and_without_a_mark_are_different_shops(amy: User) -> None:
    """MariaDB's collation would take one for the other."""
    for name in ("Año Nuevo", "Ano Nuevo", "Ańo Nuevo"):
        shops.create(by=amy, name=name)
    assert Shop.objects.count() == 3
    with pytest.raises(Refusal):
        shops.create(by=amy, name="AN\u0303O nuevo")  # the mark as a character of its own


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), ("Ångström", "A\u030angstro\u0308m"), *pairwise(SAME)],
)
def test_one_key(one: str, other: str) -> None:
    assert shop_key(one) == shop_key(other)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", " \n "), ("name", "N" * 256), ("city", "C" * 121), ("email", "quotes at aero"),
     ("phone", "bell \x07"), ("key", "k"), ("no_such_field", "x")],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_changed(
    shop: Shop, amy: User, field: str, value: str
) -> None:
    before = len(history(shop))
    with pytest.raises(Refusal) as refusal:
        shops.edit(shop, by=amy, changes={"city": "Miami", field: value})
    assert list(refusal.value.fields) == [field]
    assert (Shop.objects.get().city, len(history(shop))) == ("", before)


def test_a_shop_can_not_take_anothers_name(shop: Shop, amy: User) -> None:
    other = shops.create(by=amy, name="Zephyr")
    with pytest.raises(Refusal, match="already a shop called"):
        shops.edit(other, by=amy, changes={"name": "AERO avionics", "city": "Miami"})
    other.refresh_from_db()
    assert (other.name, other.city) == ("Zephyr", "")


def test_a_name_that_was_given_up_is_free(shop: Shop, amy: User) -> None:
    shops.edit(shop, by=amy, changes={"name": "Zephyr"})
    shops.create(by=amy, name="Aero Avionics")
    with pytest.raises(Refusal):
        shops.create(by=amy, name="zephyr")


def test_another_name_reaches_the_row_of_every_order_of_the_shop(
    new_order: NewOrder, shop: Shop, amy: User, tom: User
) -> None:
    mine = [new_order(), new_order()]
    other = new_order(shop=shops.create(by=amy, name="Zephyr"))
    Replica.objects.filter(workbook=the_workbook()).update(pending_since=None)
    untouched = kept(other)
    shops.edit(shop, by=tom, changes={"name": "Aero Avionics II"})
    waiting = Replica.objects.filter(pending_since__isnull=False)
    assert {(r.order_id, r.wanted_version) for r in waiting} == {(order.pk, 2) for order in mine}
    assert kept(other) == untouched
    act = acts(mine[0])[-1]
    assert (act.verb, act.by_name, act.order_version) == ("edited", "tom", 2)
    assert told(act) == {"shop": ("Aero Avionics", "Aero Avionics II")}
    with pytest.raises(Conflict, match="shop"):
        orders.edit(mine[0], by=amy, changes={"terms": "COD"}, expected_version=1)


def test_another_spelling_of_the_name_touches_no_order(order: RepairOrder, shop: Shop, tom: User) -> None:
    before = kept(order)
    shops.edit(shop, by=tom, changes={"name": "AERO AVIONICS"})
    assert kept(order) == before
    assert shop.name == "AERO AVIONICS"


def test_a_refused_name_announces_nothing(order: RepairOrder, shop: Shop, amy: User) -> None:
    shops.create(by=amy, name="Zephyr")
    heard: list[OrderEvent] = []

    def hear(*, event: OrderEvent, **_: object) -> None:
        heard.append(event)

    order_changed.connect(hear)
    try:
        with pytest.raises(Refusal):
            shops.edit(shop, by=amy, changes={"name": "Zephyr"})
    finally:
        order_changed.disconnect(hear)
    assert heard == []


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_new_name_meets_orders_that_are_edited_and_made_at_the_same_time(
    new_order: NewOrder, shop: Shop, amy: User, tom: User
) -> None:
    there = [new_order() for _ in range(4)]
    other = shops.create(by=amy, name="Zephyr")
    arriving = [new_order(shop=other) for _ in range(4)]
    Replica.objects.update(pending_since=None)
    people: list[Callable[[], object]] = [
        partial(shops.edit, shop, by=amy, changes={"name": "Aero Avionics II"}),
        *[partial(orders.edit, one, by=tom, changes={"terms": "COD"}) for one in there],
        *[partial(orders.edit, one, by=tom, changes={"shop": shop}) for one in arriving],
        *[partial(orders.create, by=tom, shop=shop, part_number="P") for _ in range(4)],
    ]
    assert [r for r in at_once(people) if isinstance(r, Exception)] == []
    assert RepairOrder.objects.filter(shop__name="Aero Avionics II").count() == 12
    assert Replica.objects.filter(pending_since__isnull=False).count() == 12


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_name_at_once_the_second_is_told(amy: User) -> None:
    made, looked = Event(), Event()

    def first() -> None:
        with transaction.atomic():
            shops.create(by=amy, name="Zephyr")
            made.set()
            looked.wait(timeout=0.3)  # long enough for the second to look and find nothing
        connection.close()

    def second() -> None:
        made.wait()
        try:
            with pytest.raises(Refusal, match="already a shop called"):
                shops.create(by=amy, name="ZEPHYR")
        finally:
            looked.set()
            connection.close()

    with ThreadPoolExecutor(2) as people:
        for person in [people.submit(first), people.submit(second)]:
            person.result()
    assert Shop.objects.count() == 1
