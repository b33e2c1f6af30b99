"""Filters and sorts: what the list shows is what Python finds in the same orders, and the address says it all."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from repairs import clock, listing
from repairs.models import RepairOrder, Shop
from repairs.parts import part_key
from repairs.statuses import APPROVED, IN_WORK, STATUSES, Sheet
from sync import queries as sync
from sync.marks import the_workbook
from sync.models import Replica
from tests.pages.conftest import MakeOrder
from tests.pages.ledger import listed, random_orders

pytestmark = pytest.mark.both_databases
WORDS = ("shop 3", "a1", "10605", "pump", "sn7", "ransponder", "1001", "shop b2")


def some_address(dice: random.Random) -> QueryDict:
    """Filters as a person may put them together."""
    address = QueryDict(mutable=True)
    ids = [str(shop.pk) for shop in Shop.objects.all()]
    address.setlist("status", dice.sample([*STATUSES, "none"], dice.choice([0, 0, 1, 3])))
    address.setlist("shop", dice.sample([*ids, "none"], dice.choice([0, 0, 1, 2])))
    address["q"] = dice.choice(["", "", *WORDS])
    address["sheet"] = dice.choice(["", "All", *Sheet])
    address["show"] = dice.choice(["", "", "", "high-value", "overdue", "due-this-week"])
    for name in ("made", "next", "delivery"):
        first = clock.today() + timedelta(days=dice.randint(-9, 9))
        if dice.random() < 0.3:
            address[f"{name}_from"] = first.isoformat()
        if dice.random() < 0.3:
            address[f"{name}_to"] = (first + timedelta(days=dice.randint(0, 9))).isoformat()
    return address


def fits(order: RepairOrder, shown: listing.Listing) -> bool:
    """The same said in Python, from the order's own fields."""
    words = shown.search.split()
    text = " ".join(
        (f"g{order.number}", part_key(order.part_number), part_key(order.serial_number))
    ) + order.description.replace("-", "")
    shop = order.shop.name.lower() if order.shop else ""
    return (
        (shown.sheet in ("All", order.sheet))
        and (not shown.statuses or (order.status or "none") in shown.statuses)
        and (not shown.shops or str(order.shop_id or "none") in shown.shops)
        and all(part_key(word) in text.lower() or word in shop for word in words)
        and all(within(getattr(order, listing.DATES[name][1]), span) for name, span in shown.spans.items())
        and shows(order, shown.show.key if shown.show else "")
    )


def within(day: date | None, span: listing.Span) -> bool:
    return day is not None and (span.first or day) <= day <= (span.last or day)


def shows(order: RepairOrder, show: str) -> bool:
    cost = order.estimated_cost if order.final_cost is None else order.final_cost
    days = (order.next_update - clock.today()).days if order.next_update else None
    here = order.sheet == Sheet.ACTIVE and days is not None
    return {
        "": True,
        "high-value": (cost or 0) >= 10_000,
        "overdue": here and (days or 0) < 0,
        "due-this-week": here and 0 <= (days or 0) < 7,
    }[show]


@pytest.mark.parametrize("seed", range(3))
def test_the_list_holds_what_python_finds(site: Client, seed: int) -> None:
    random_orders(seed)
    dice = random.Random(seed)
    orders = list(RepairOrder.objects.select_related("shop"))
    for _ in range(40):
        address = some_address(dice)
        shown = listing.listing(address)
        found = [order.number for order in listing.orders_of(shown, clock.today())]
        assert sorted(found) == [o.number for o in orders[::-1] if fits(o, shown)], address.urlencode()


@pytest.mark.parametrize("seed", [1, 2])
def test_each_tab_counts_what_its_list_shows(site: Client, seed: int) -> None:
    random_orders(seed)
    dice = random.Random(seed)
    for _ in range(2):
        text = site.get(f"/?{some_address(dice).urlencode()}").content.decode()
        tabs = re.findall(r'id="tab-\w+" href="([^"]+)"[^>]*>\w+<i>([\d,]+)</i>', text)
        assert len(tabs) == 5
        for url, count in tabs:
            assert len(listed(site, "/" + unescape(url))) == int(count), url


PLACES = ("Needs attention", "Waiting", "In Excel", "Not in Excel", "Left out")
NO_COST = -1
BLANKS_LAST = ("cost", "part", "serial", "shop", "status", "tracking")
SORTED_BY: dict[str, Callable[[RepairOrder], Any]] = {
    "ro": lambda o: o.number,
    "part": lambda o: o.part_number,
    "status": lambda o: o.status,
    "due": lambda o: o.next_update or date.max,
    "cost": lambda o: NO_COST if o.committed_cost is None else o.committed_cost,
    "shop": lambda o: o.shop.name if o.shop else "",
    "serial": lambda o: o.serial_number,
    "tracking": lambda o: o.tracking_number,
    "excel": lambda o: PLACES.index(sync.order_standing(o).word),
}


def some_rows(seed: int) -> None:
    """The first hundred orders stand with Excel in every way that there is."""
    dice, here = random.Random(seed), the_workbook()
    for order in RepairOrder.objects.order_by("number")[:100]:
        Replica.objects.create(
            workbook=here,
            order=order,
            attention=dice.choice(["", "", "gone"]),
            pending_since=dice.choice([None, None, clock.now()]),
            agreed=dice.choice([None, {}]),
            left_out=dice.choice([False, False, True]),
        )


def test_every_column_sorts_both_ways(site: Client) -> None:
    random_orders(7, 120)
    some_rows(7)
    RepairOrder.objects.filter(number=1000).update(final_cost=0)  # which is a cost
    for key in listing.SORTS:
        assert_sorted(site, key, down=False)
        assert_sorted(site, key, down=True)


def assert_sorted(site: Client, key: str, *, down: bool) -> None:
    text = site.get(f"/?sheet=All&sort={'-' * down}{key}").content.decode()
    shown = listed(site, f"/?sheet=All&sort={'-' * down}{key}")
    orders = list(RepairOrder.objects.select_related("shop"))
    value = SORTED_BY[key]
    orders.sort(key=lambda o: (value(o), o.number), reverse=down)
    if key in BLANKS_LAST:
        orders.sort(key=lambda o: value(o) in ("", NO_COST))
    assert shown == [order.number for order in orders], (key, down)
    assert f'aria-sort="{"descending" if down else "ascending"}"' in text


def test_a_heading_turns_its_own_sort_round(site: Client, order: RepairOrder) -> None:
    urls = dict(re.findall(r'id="sort-([\w-]+)" href="([^"]+)"', site.get("/").content.decode()))
    assert unescape(urls["due"]) == "?sheet=Active&sort=-due"
    assert unescape(urls["cost"]) == "?sheet=Active&sort=-cost"
    assert unescape(urls["part"]) == "?sheet=Active&sort=part"


def test_a_form_leads_to_the_address_that_says_it(site: Client, order: RepairOrder) -> None:
    sent = {
        "apply": "1",
        "sheet": "Active",
        "q": "",
        "sort": "due",
        "status": [APPROVED, IN_WORK],
        "made_from": "11/24/2025",
        "made_to": "",
    }
    answer = site.get("/", sent)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/?sheet=Active&status=APPROVED&status=IN+WORK&made_from=2025-11-24"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("G{number}", "/orders/{number}/"),
        (" ro {number} ", "/orders/{number}/"),
        ("{number}", "/orders/{number}/"),
        ("990001", "/?sheet=All&q=990001&status=APPROVED"),
        ("{number} pump", "/?sheet=All&q={number}+pump&status=APPROVED"),
        ("", "/?sheet=Active&status=APPROVED"),
    ],
)
def test_enter_in_the_search_leads_to_the_order_of_that_number(
    site: Client, order: RepairOrder, typed: str, address: str
) -> None:
    sent = {"q": typed.format(number=order.number), "status": "APPROVED"}
    assert site.get("/", sent).status_code == 200, "a list with this address stays one"
    assert site.get("/", sent | {"go": "1"}).headers["Location"] == address.format(number=order.number)


def test_each_filter_in_force_can_be_taken_away(site: Client, order: RepairOrder) -> None:
    text = site.get(f"/?status=APPROVED&shop={order.shop_id}&next_to=2020-01-31").content.decode()
    without = dict(re.findall(r'id="without-([\w-]+)" href="([^"]+)"', text))
    assert unescape(without["status-approved"]) == f"?sheet=Active&shop={order.shop_id}&next_to=2020-01-31"
    assert unescape(without["next"]) == f"?sheet=Active&status=APPROVED&shop={order.shop_id}"
    assert ">Palmetto Landing Gear<" in text
    assert "No order on Active passes the filters." in text


def test_a_search_keeps_the_filters(site: Client, order: RepairOrder) -> None:
    text = site.get("/?status=APPROVED&made_from=2025-11-24").content.decode()
    kept = re.findall(r'<input type="hidden" form="find" name="(\w+)" value="([^"]+)">', text)
    assert kept == [("status", "APPROVED"), ("made_from", "2025-11-24")]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("status=GONE", "“GONE” is not a status"),
        ("shop=abc", "“abc” is not a shop"),
        ("made_from=soon&apply=1", "Made: “soon” is not a date"),
        ("next_to=2025-13-45", "Next update: “2025-13-45” is not a date"),
        ("made_from=2025-11-25&made_to=2025-11-24", "the first day comes after the last"),
    ],
)
def test_what_is_not_understood_is_told(site: Client, order: RepairOrder, address: str, told: str) -> None:
    answer = site.get(f"/?{address}")
    assert answer.status_code == 200
    assert told in answer.content.decode()


def test_a_shop_that_is_gone_is_said(site: Client, order: RepairOrder) -> None:
    text = site.get("/?shop=999999999999").content.decode()
    assert "A shop that is gone" in text
    assert "passes the filters" in text


def test_statuses_as_typed_can_be_listed(site: Client, make_order: MakeOrder) -> None:
    make_order()
    typed = make_order()
    RepairOrder.objects.filter(pk=typed.pk).update(status="", status_text="AT THE MOON")
    assert listed(site, "/?status=none") == [typed.number]
