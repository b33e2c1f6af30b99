"""The command palette: what it finds for whom, what it offers to do, and that the acts are the verbs' own."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.roles import Role
from repairs import orders, shops
from repairs.models import InventoryItem, RepairOrder, Shop
from repairs.parts import part_key
from repairs.statuses import APPROVED, BER, IN_WORK, SHIPPED
from tests.pages.conftest import MakeOrder, person

pytestmark = pytest.mark.both_databases
HTMX = {"HX-Request": "true"}


def found(client: Client, search: str) -> dict[str, list[str]]:
    """The labels of what is found, by group, in their order."""
    text = client.get("/palette/", {"q": search}, headers=HTMX).content.decode()
    return {
        unescape(section[1]): [unescape(label) for label in re.findall(r'hit-label">([^<]*)<', section[0])]
        for section in re.finditer(r"<h2 [^>]*>([^<]*)</h2>.*?</section>", text, re.DOTALL)
    }


def form_of(client: Client, search: str, label: str) -> tuple[str, dict[str, str]]:
    """The form of an act: its address and its fields."""
    text = client.get("/palette/", {"q": search}, headers=HTMX).content.decode()
    form = next(form for form in re.findall(r"<form .*?</form>", text, re.DOTALL) if f">{label}<" in form)
    address = re.search(r'action="([^"]*)"', form)
    assert address
    return address[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


@pytest.fixture
def approved(order: RepairOrder) -> RepairOrder:
    return orders.change_status(order, by=None, to=APPROVED)


def test_without_a_search_it_lists_pages_then_acts(site: Client) -> None:
    listed = found(site, "")
    assert list(listed) == ["Pages and acts"]
    pages = listed["Pages and acts"]
    assert {"Orders", "Feed", "Shops", "Inventory", "Queue", "Runs", "New order"} <= set(pages)
    assert pages[-1] == "Compare with Excel now"


def test_pages_are_found_by_other_words_too(site: Client) -> None:
    assert found(site, "drafts remind") == {"Pages and acts": ["Queue"]}
    assert found(site, "STOCK part") == {"Pages and acts": ["Inventory"]}


@pytest.mark.parametrize(
    ("role", "pages", "acts"),
    [
        (Role.VIEWER, set(), set()),
        (Role.TECHNICIAN, set(), {"Set G1 to In work", "Add a note to G1"}),
        (
            Role.OFFICE,
            {"Admin", "New order", "New shop", "Compare with Excel now"},
            {"Set G1 to In work", "Add a note to G1", "New order like G1", "Write an email about G1"},
        ),
    ],
)
def test_nobody_is_offered_what_they_may_not(
    client: Client, approved: RepairOrder, role: Role, pages: set[str], acts: set[str]
) -> None:
    client.force_login(person("una", role))
    for_some = {"Admin", "New order", "New shop", "Compare with Excel now"}
    assert set(found(client, "")["Pages and acts"]) & for_some == pages
    label = approved.label
    expected = {act.replace("G1", label) for act in {*acts, "Research the part of G1"}}  # that only reads
    assert set(found(client, str(approved.number))[label]) - {label} == expected


@pytest.mark.parametrize("spelling", ["G{}", "{}", "RO-{}"])
def test_an_order_is_found_by_its_number_with_what_can_be_done(
    site: Client, approved: RepairOrder, spelling: str
) -> None:
    listed = found(site, spelling.format(approved.number))
    label = approved.label
    assert next(iter(listed)) == label
    assert listed[label][:2] == [label, f"Set {label} to In work"]
    assert f"Write an email about {label}" in listed[label]
    assert not any(word in name for name in listed[label] for word in (BER, "Cancelled"))
    assert label not in listed.get("Orders", [])


def test_the_act_of_an_order_changes_its_status_and_shows_it(site: Client, approved: RepairOrder) -> None:
    address, fields = form_of(site, str(approved.number), f"Set {approved.label} to In work")
    answer = site.post(address, fields, follow=True)
    approved.refresh_from_db()
    assert (approved.status, answer.redirect_chain[-1][0]) == (IN_WORK, approved.get_absolute_url())


def test_an_act_that_was_shown_before_somebody_elses_is_refused(site: Client, approved: RepairOrder) -> None:
    address, fields = form_of(site, str(approved.number), f"Set {approved.label} to In work")
    orders.change_status(approved, by=None, to=SHIPPED)
    assert site.post(address, fields).status_code == 409
    approved.refresh_from_db()
    assert approved.status == SHIPPED


def test_orders_shops_and_parts_are_found_by_fragments(site: Client, make_order: MakeOrder) -> None:
    old, new = make_order(), make_order()
    make_order(part_number="ZZ-9")
    key = part_key("066-50013-0101")
    InventoryItem.objects.create(part_number="066-50013-0101", part_key=key, search=key, quantity=1)
    listed = found(site, "50013 0101")
    assert listed["Orders"] == [new.label, old.label]
    assert listed["Parts in stock"] == ["066-50013-0101"]
    assert found(site, "palmetto gear")["Shops"] == ["Palmetto Landing Gear"]


def test_an_order_that_its_description_was_found_by_shows_it(site: Client, make_order: MakeOrder) -> None:
    """Behind its status, which a narrow window never cuts off."""
    order = make_order(part_number="4000400-2", description="HYD-PUMP, main")

    def told(search: str) -> str:
        text = site.get("/palette/", {"q": search}, headers=HTMX).content.decode()
        line = re.search(rf'{order.label}</span> <span class="sub clip">([^<]*)<', text)
        assert line
        return unescape(line[1])

    rest = "Palmetto Landing Gear · 4000400-2"
    assert told("palmetto hydpump") == f"To send · HYD-PUMP, main · {rest}"
    assert told("4000400") == f"To send · {rest}"


def test_nothing_found_says_where_it_looked(site: Client) -> None:
    text = site.get("/palette/", {"q": '<b>"no'}, headers=HTMX).content.decode()
    assert "Nothing is called “&lt;b&gt;&quot;no”." in text
    assert 'data-for="&lt;b&gt;&quot;no"' in text


def test_it_is_a_page_of_its_own_without_javascript(site: Client, order: RepairOrder) -> None:
    answer = site.get("/palette/", {"q": f"  {order.number} "})
    text = answer.content.decode()
    assert f'<input type="search" id="palette-q" name="q" value="{order.number}"' in text
    assert text.count('id="palette-found"') == 1
    assert f'href="{order.get_absolute_url()}"' in text


def test_more_orders_take_no_more_queries(
    site: Client, make_order: MakeOrder, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def ask() -> Any:
        return found(site, "gear")

    made: list[Shop] = [shops.create(by=None, name=f"Gear {n}") for n in range(5)]
    make_order()
    # session, person, the orders' state, orders by shop, by key, and themselves, shops, parts
    with django_assert_num_queries(8):
        ask()
    for shop in made:
        make_order(shop=shop)
    with django_assert_num_queries(8):
        assert len(ask()["Orders"]) == 6


def test_the_help_sheet_of_each_page_says_which_keys_lead_where(site: Client) -> None:
    text = site.get("/runs/").content.decode()
    for keys, address in (("g o", "/"), ("g f", "/feed/"), ("n", "/orders/new/")):
        assert f'<a class="link" href="{address}" data-keys="{keys}">' in text
