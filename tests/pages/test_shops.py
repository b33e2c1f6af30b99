"""The pages of shops: directory, one shop, edit, new, merge."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.roles import Role
from repairs import shops
from repairs.models import RepairOrder, Shop
from tests.pages.conftest import MakeOrder, person
from tests.support.browser_forms import send

HTMX = {"HX-Request": "true"}


def page(site: Client, path: str) -> str:
    answer = site.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_directory_tells_open_orders(site: Client, shop: Shop, make_order: MakeOrder) -> None:
    make_order()
    make_order()
    text = page(site, "/shops/")
    assert "Palmetto Landing Gear" in text
    assert '2<span class="sub"> of 2<' in text


@pytest.mark.parametrize("words", ["palmetto", "gear MIAMI", "quotes@", "305 555"])
def test_the_search_looks_at_name_place_and_contact(site: Client, shop: Shop, words: str) -> None:
    shops.edit(
        shop, by=None, changes={"city": "Miami", "email": "quotes@palmetto.example", "phone": "305 555 0100"}
    )
    shops.create(by=None, name="Zephyr")
    text = page(site, f"/shops/?q={words}")
    assert "Palmetto" in text
    assert "Zephyr" not in text


def test_htmx_gets_the_list_alone(site: Client, shop: Shop) -> None:
    answer = site.get("/shops/?q=palm", headers=HTMX)
    assert answer.content.decode().lstrip().startswith('<div id="shop-list"')
    assert "HX-Request" in answer.headers["Vary"]


def test_nothing_found_says_so(site: Client, shop: Shop) -> None:
    assert "No shop matches “<bdi>nowhere</bdi>”" in page(site, "/shops/?q=nowhere")


@pytest.mark.parametrize("path", ["/", "/shops/", "/inventory/"])
def test_an_empty_page_leads_who_may_to_the_import(
    client: Client, clerk: User, technician: User, path: str
) -> None:
    leads = 'href="/admin/sync/upload/new/"'
    for who, is_led in ((clerk, True), (technician, False)):
        client.force_login(who)
        text = page(client, path)
        assert (leads in text, "manage.py" in text) == (is_led, False)


def test_a_shop_shows_what_is_open_there(site: Client, shop: Shop, order: RepairOrder) -> None:
    text = page(site, f"/shops/{shop.pk}/")
    assert order.label in text
    assert "Too few orders to say" in text
    assert "No email address" in text


def test_everybody_reads_where_a_shop_is(client: Client, shop: Shop) -> None:
    known = {
        "address": "12 Runway Road", "city": "Miami", "state": "FL", "postal_code": "33122", "country": "USA",
        "customer_number": "C-77", "payment_terms": "NET 30", "website": "palmetto.example",
    }  # fmt: skip
    shops.edit(shop, by=None, changes=known)
    client.force_login(person("vera", Role.VIEWER))
    text = page(client, f"/shops/{shop.pk}/")
    assert "<address>12 Runway Road<br>Miami, FL 33122<br>USA</address>" in text
    assert [told for told in ("C-77", "NET 30", 'href="https://palmetto.example"') if told not in text] == []


def test_a_record_is_no_fact_under_five_orders(site: Client, shop: Shop, make_order: MakeOrder) -> None:
    costs = {"estimated_cost": 100, "final_cost": 110}
    for _ in range(4):
        make_order(**costs)
    assert 'Too few orders to say</b> <span class="sub">4 of 5' in page(site, f"/shops/{shop.pk}/")
    make_order(**costs)
    text = page(site, f"/shops/{shop.pk}/")
    assert '<b>+10 %</b> <span class="sub">over 5 orders' in text
    assert 'Too few orders to say</b> <span class="sub">0 of 5' in text, (
        "the other figures have none behind them"
    )


def test_a_shop_is_edited(site: Client, shop: Shop) -> None:
    given = {"email": "quotes@palmetto.example", "city": "Miami"}
    answer = send(site, f"/shops/{shop.pk}/", given, follow=True)
    assert "Saved" in answer.content.decode()
    shop.refresh_from_db()
    assert (shop.email, shop.city) == ("quotes@palmetto.example", "Miami")
    assert "quotes@palmetto.example" in page(site, f"/shops/{shop.pk}/").split("History")[1]


def test_a_bad_address_is_refused_and_what_was_typed_stays(site: Client, shop: Shop) -> None:
    typed = {"name": "Palmetto", "email": "no address", "city": "Miami"}
    answer = send(site, f"/shops/{shop.pk}/", typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This is not an email address." in text
    assert 'value="Miami"' in text
    shop.refresh_from_db()
    assert (shop.name, shop.city) == ("Palmetto Landing Gear", "")


def test_what_is_too_long_is_refused_and_stays(site: Client, shop: Shop) -> None:
    shown = page(site, f"/shops/{shop.pk}/")
    assert re.findall(r"<input[^>]*id=.shop_[^>]*maxlength", shown) == []
    long = {name: name[0] * 600 for name in shops.EDITABLE}
    for address in (f"/shops/{shop.pk}/", "/shops/new/"):
        answer = send(site, address, long)
        assert answer.status_code == 422
        assert all(f'value="{typed}"' in answer.content.decode() for typed in long.values())
    for name, typed in long.items():
        told = send(site, f"/shops/{shop.pk}/", {name: typed}).content.decode()
        assert 'aria-invalid="true"' in told
    shop.refresh_from_db()
    assert shop.name == "Palmetto Landing Gear"


def test_a_shop_is_added(site: Client, db: None) -> None:
    site.post("/shops/new/", {"name": "Zephyr", "email": "z@zephyr.example"})
    assert Shop.objects.get().email == "z@zephyr.example"
    again = site.post("/shops/new/", {"name": "ZEPHYR"})
    assert again.status_code == 422
    assert "This name is taken." in again.content.decode()


def test_two_entries_are_merged(site: Client, shop: Shop, order: RepairOrder) -> None:
    twin = shops.create(by=None, name="Palmetto LG")
    answer = site.post(f"/shops/{twin.pk}/merge/", {"into": shop.pk})
    asked = answer.content.decode()
    assert (answer.status_code, Shop.objects.count()) == (200, 2)
    assert [
        told for told in ("Palmetto LG</b> with 0 orders", "which has 1 order.") if told not in asked
    ] == []
    sent = dict(re.findall(r'<input type="hidden" name="(into|sure)" value="(\w+)"', asked))
    answer = site.post(f"/shops/{twin.pk}/merge/", sent, follow=True)
    assert "Palmetto LG is part of Palmetto Landing Gear now." in answer.content.decode()
    assert "Also known as: Palmetto LG" in answer.content.decode()
    kept = shops.merge(shop, into=shops.create(by=None, name="Palmetto Group"), by=None)
    for former in (twin, shop):
        assert site.get(f"/shops/{former.pk}/").headers["Location"] == f"/shops/{kept.pk}/"
    assert site.get("/shops/987654/").status_code == 404


def test_a_merge_needs_another_shop(site: Client, shop: Shop) -> None:
    answer = site.post(f"/shops/{shop.pk}/merge/", {"into": shop.pk})
    assert answer.status_code == 422
    assert "Please choose the other shop." in answer.content.decode()
    assert Shop.objects.count() == 1


@pytest.mark.parametrize("path", ["/shops/", "/shops/new/", "/shops/{pk}/", "/shops/{pk}/merge/"])
def test_they_ask_for_sign_in(client: Client, shop: Shop, path: str) -> None:
    address = path.format(pk=shop.pk)
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={address}")
    assert client.post(address).status_code == 401


def test_the_number_of_queries_does_not_grow(
    site: Client, shop: Shop, make_order: MakeOrder, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        shops.create(by=None, name=f"Shop {number}")
        make_order(part_number=f"P-{number}")
    with django_assert_max_num_queries(9):
        page(site, "/shops/")
    with django_assert_max_num_queries(15):
        page(site, f"/shops/{shop.pk}/")
