"""The dashboard: figures, sheets, search, and their agreement."""

import random
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from repairs import clock, queries, shops
from repairs.models import RepairOrder
from repairs.statuses import STATUSES, Sheet
from tests.pages.conftest import MakeOrder

pytestmark = pytest.mark.both_databases
HTMX = {"HX-Request": "true"}


def random_orders(seed: int) -> None:
    """Two hundred orders in any state, written past the verbs: the figures must hold whatever stands there."""
    dice = random.Random(seed)
    made = [shops.create(by=None, name=f"Shop {n}") for n in range(5)]
    today = clock.today()
    RepairOrder.objects.bulk_create(
        RepairOrder(
            number=1000 + n,
            shop=dice.choice([*made, None]),
            sheet=dice.choice(list(Sheet)),
            status=dice.choice([*STATUSES, ""]),
            part_number=dice.choice(["A-1", "B2", ""]),
            next_update=dice.choice([None, today + timedelta(days=dice.randint(-9, 9))]),
            estimated_cost=dice.choice([None, Decimal(dice.randint(0, 2_000_000)) / 100]),
            final_cost=dice.choice([None, Decimal(dice.randint(0, 2_000_000)) / 100]),
        )
        for n in range(200)
    )


def listed(client: Client, url: str) -> list[int]:
    """The numbers of all pages of a list."""
    numbers: list[int] = []
    while url:
        text = client.get(url).content.decode()
        numbers += [int(number) for number in re.findall(r'id="row-(\d+)"', text)]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = "/" + following[1].replace("&amp;", "&") if following else ""
    return numbers


@pytest.mark.parametrize("seed", [1, 2])
def test_each_figure_counts_what_its_list_shows(site: Client, seed: int) -> None:
    random_orders(seed)
    for figure in queries.figures(clock.today()):
        shown = listed(site, f"/?show={figure.named.key}")
        assert len(shown) == len(set(shown)) == figure.orders, figure.named.key
        orders = RepairOrder.objects.filter(number__in=shown)
        costs = [o.estimated_cost if o.final_cost is None else o.final_cost for o in orders]
        assert sum(cost or Decimal(0) for cost in costs) == figure.money, figure.named.key


def test_the_figures_are_one_query(site: Client, django_assert_num_queries: object) -> None:
    random_orders(3)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture of pytest-django
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
        "palmetto",
        "PALMETTO gear",
        "066-50013",
        "0665001301",
        "00123",
        "transp",
    ],
)
def test_an_order_is_found(site: Client, order: RepairOrder, make_order: MakeOrder, search: str) -> None:
    other = shops.create(by=None, name="Another")
    make_order(shop=other, part_number="762574B")
    assert listed(site, f"/?q={search.format(n=order.number)}") == [order.number]


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
    assert listed(site, "/?sort=newest") == [never.number, sooner.number, later.number]


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
