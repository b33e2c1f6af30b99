"""The dashboard: figures, sheets, search, and their agreement."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from repairs import clock, orders, queries, shops
from repairs.models import RepairOrder
from repairs.statuses import Sheet
from tests.pages.conftest import MakeOrder
from tests.pages.ledger import listed, random_orders

pytestmark = pytest.mark.both_databases
HTMX = {"HX-Request": "true"}


CARD = re.compile(
    r'<a class="fig[^"]*" id="fig-([\w-]+)" href="([^"]*)"[^>]*>\s*<span>[^<]+</span>\s*'
    r'<b(?: title="([^"]+)")?>([^<]+)</b>(?:<i>([\d,]+) orders?</i>)?'
)


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.chaos) for n in range(3, 20))])
def test_each_card_says_what_its_list_shows(site: Client, seed: int) -> None:
    """As they are printed: the number on the card, and the rows of all pages under its link."""
    random_orders(seed)
    counted = 0
    cards = CARD.findall(site.get("/").content.decode())
    assert [key for key, *_ in cards] == [named.key for named in queries.FIGURES]
    for key, address, money, printed, beside in cards:
        shown = listed(site, "/" + unescape(address).removeprefix("/"))
        assert len(shown) == len(set(shown)) == int((beside or printed).replace(",", "")), key
        found = RepairOrder.objects.filter(number__in=shown)
        costs = [o.estimated_cost if o.final_cost is None else o.final_cost for o in found]
        assert bool(money) == bool(beside), key
        assert not money or unescape(money) == f"${sum(cost or Decimal(0) for cost in costs):,.2f}", key
        counted += len(shown)
    assert counted > 0


def test_the_figures_are_one_query_beside_the_look_whether_they_are_known(
    site: Client, django_assert_num_queries: object
) -> None:
    random_orders(3)
    for expected in (2, 1):
        with django_assert_num_queries(expected):  # type: ignore[operator]  # a fixture of pytest-django
            queries.figures(clock.today())


def test_overdue_is_before_today_on_active_only(site: Client, make_order: MakeOrder) -> None:
    today = clock.today()
    late = make_order(next_update=today - timedelta(days=5))
    make_order(next_update=today)
    RepairOrder.objects.filter(pk=make_order(next_update=today - timedelta(days=5)).pk).update(
        sheet=Sheet.PAID
    )
    assert listed(site, "/?show=overdue") == [late.number]
    assert "5 days overdue" in site.get("/?show=overdue").content.decode()


def test_due_this_week_is_seven_days_from_today(site: Client, make_order: MakeOrder) -> None:
    today = clock.today()
    due = [make_order(next_update=today + timedelta(days=days)).number for days in (0, 6)]
    make_order(next_update=today + timedelta(days=7))
    make_order(next_update=today - timedelta(days=1))
    assert listed(site, "/?show=due-this-week") == due


def test_high_value_begins_at_ten_thousand(site: Client, make_order: MakeOrder) -> None:
    make_order(estimated_cost="9999.99")
    make_order(estimated_cost="20000", final_cost="500")
    dear = make_order(estimated_cost="10000")
    assert listed(site, "/?show=high-value") == [dear.number]


@pytest.mark.parametrize(
    "search",
    [
        "{n}",
        "G{n}",
        "g{n}",
        "RO-{n}",
        "RO {n}",
        "palmetto",
        "PALMETTO gear",
        "066-50013",
        "0665001301",
        "5001-301",
        "66 500130",
        "00123",
        "transp",
        "trans-ponder 00123",
        "palmetto - gear",
    ],
)
def test_an_order_is_found(site: Client, order: RepairOrder, make_order: MakeOrder, search: str) -> None:
    other = shops.create(by=None, name="Another")
    make_order(shop=other, part_number="762574B")
    assert listed(site, f"/?q={search.format(n=order.number)}") == [order.number]


@pytest.mark.parametrize("typed", ["hidráulica", "BOMBA HIDRÁULICA", "łódź", "ŁÓDŹ aero"])
def test_letters_of_every_alphabet_are_found_large_or_small(
    site: Client, make_order: MakeOrder, typed: str
) -> None:
    make_order(description="Transponder")
    wanted = make_order(shop=shops.create(by=None, name="Łódź Aero"), description="BOMBA HIDRÁULICA")
    assert listed(site, f"/?q={typed}") == [wanted.number]


def test_a_part_of_the_number_finds_it(site: Client, order: RepairOrder) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(number=38573)
    for typed in ("3857", "G385", "38573.0"):
        assert listed(site, f"/?q={typed}") == [38573], typed


def test_what_changed_is_found_at_once(site: Client, order: RepairOrder) -> None:
    orders.edit(order, by=None, changes={"part_number": "9-9-9 X"})
    assert listed(site, "/?q=999x") == [order.number]
    shops.edit(order.shop, by=None, changes={"name": "A-1 Aero"})  # type: ignore[arg-type]  # it has one
    assert listed(site, "/?q=a1") == [order.number]


def test_a_search_says_where_it_looked(site: Client, order: RepairOrder) -> None:
    told = site.get("/?q=transponder").content.decode()
    assert "Searched RO, shop, part number, serial and description for “transponder” on all sheets" in told
    assert "<b>1 order</b>" in told
    brought = re.findall(r'hx-select-oob="([^"]+)"', told)[0].split(",")
    assert {"#searched", "#whole"} <= set(brought), "what tells the list's length comes with its rows"
    assert all(told.count(f'id="{name[1:]}"') == 1 for name in brought)
    assert 'id="whole"' in site.get("/?q=nothing").content.decode()
    assert "Searched" not in site.get("/").content.decode()


@pytest.mark.parametrize("search", ["nothing", "palmetto nothing", "%", "_____", "G999999", "'", "-"])
def test_nothing_is_found(site: Client, make_order: MakeOrder, search: str) -> None:
    make_order(part_number="762574B")
    answer = site.get("/", {"q": search})
    assert "matches" in answer.content.decode()


def test_a_search_looks_on_all_sheets(site: Client, order: RepairOrder) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(sheet=Sheet.PAID)
    assert listed(site, "/") == []
    assert listed(site, "/?q=transponder") == [order.number]
    assert listed(site, "/?q=transponder&sheet=Active") == []


def test_active_begins_with_what_is_due_first(site: Client, make_order: MakeOrder) -> None:
    today = clock.today()
    later, sooner = make_order(next_update=today + timedelta(days=2)), make_order(next_update=today)
    never = make_order()
    RepairOrder.objects.filter(pk=never.pk).update(next_update=None)
    assert listed(site, "/") == [sooner.number, later.number, never.number]
    assert listed(site, "/?sort=-ro") == [never.number, sooner.number, later.number]


def test_fifty_rows_a_page(site: Client) -> None:
    random_orders(4)
    assert site.get("/?sheet=All").content.decode().count('id="row-') == 50
    assert len(set(listed(site, "/?sheet=All"))) == 200


@pytest.mark.parametrize(
    "address", ["/?page=999", "/?page=x", "/?sheet=Nowhere&show=what&sort=how", "/?q=%00"]
)
def test_an_address_that_makes_no_sense_is_no_error(site: Client, order: RepairOrder, address: str) -> None:
    assert site.get(address).status_code == 200


def test_htmx_gets_the_list_alone(site: Client, order: RepairOrder) -> None:
    whole, part = site.get("/"), site.get("/", headers=HTMX)
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert f'id="row-{order.number}"' in part.content.decode()
    assert "HX-Request" in part["Vary"]
    assert "HX-Request" in whole["Vary"]


def test_going_back_gets_the_whole_page(site: Client, order: RepairOrder) -> None:
    answer = site.get("/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in answer.content.decode()


def test_what_people_wrote_is_shown_as_text(site: Client, make_order: MakeOrder) -> None:
    make_order(description="<script>alert(1)</script>")
    assert "<script>alert" not in site.get("/").content.decode()


def test_a_list_takes_few_queries(
    site: Client, make_order: MakeOrder, django_assert_max_num_queries: object
) -> None:
    random_orders(5)
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # a fixture of pytest-django
        site.get("/?sheet=All")


def test_the_page_brings_its_own_style_and_script(site: Client) -> None:
    text = site.get("/").content.decode()
    assert (text.count("css/list.css"), text.count("js/list.js")) == (1, 1)
