"""The inventory: search as people type, filters that agree with their figures, the overview, a line's page."""

import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from repairs import clock, inventory_queries
from repairs.inventory_list import ItemRow, import_inventory
from repairs.inventory_queries import CONDITIONS, Lookup
from repairs.models import InventoryItem

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
HTMX = {"HX-Request": "true"}


def stocked(*lines: dict[str, Any]) -> list[InventoryItem]:
    """Imports the lines; each is given what it does not name."""
    usual = {"part_number": "066-50013-0101", "source": "terra", "quantity": "9"}
    rows = [ItemRow(n, {**usual, **{k: str(v) for k, v in line.items()}}) for n, line in enumerate(lines, 2)]
    import_inventory(rows)
    return list(InventoryItem.objects.order_by("pk"))


def random_stock(seed: int, count: int = 120) -> None:
    dice = random.Random(seed)
    seen = clock.today()
    stocked(
        *(
            {
                "part_number": f"{dice.choice(['A-1', 'B-2', 'C3'])}-{n}",
                "quantity": dice.choice(["", 0, 1, 4, 5, 60]),
                "condition": dice.choice(["", "", "NE", "OH", "SV", "AR", "RP", "as is"]),
                "description": dice.choice(["MAIN WHEEL", "ACTUATOR, FLAP", ""]),
                "last_seen": dice.choice(["", seen - timedelta(days=dice.randint(0, 400))]),
            }
            for n in range(count)
        )
    )


def found(client: Client, url: str) -> list[str]:
    """The part numbers on all pages of a search."""
    numbers: list[str] = []
    while url:
        text = client.get(url).content.decode()
        numbers += re.findall(r'class="mono row-link" href="[^"]+">([^<]+)<', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = following[1].replace("&amp;", "&") if following else ""
    return numbers


@pytest.mark.parametrize(
    "search",
    [
        "066-50013",
        "06650013",
        "50013-01",
        "066 50013",
        "5001301",
        "transp",
        "TRANSPONDER 066",
        "00123",
        "mode s",
    ],
)
def test_a_part_is_found_by_fragments(site: Client, search: str) -> None:
    stocked(
        {"serial_number": "00123", "description": "TRANSPONDER, MODE-S / MODE S"},
        {"part_number": "762574B", "description": "PUMP"},
    )
    assert found(site, f"/inventory/?q={search}") == ["066-50013-0101"]


@pytest.mark.parametrize("search", ["nothing", "transponder pump", "%", "_____", "-", "- -", "'"])
def test_nothing_is_found_and_said(site: Client, search: str) -> None:
    stocked({"description": "TRANSPONDER"})
    text = site.get("/inventory/", {"q": search}).content.decode()
    assert "No part in stock matches" in text


def test_a_part_number_that_begins_so_comes_first(site: Client) -> None:
    stocked({"part_number": "10-2-9"}, {"part_number": "2-9"}, {"part_number": "1", "description": "see 2-9"})
    assert found(site, "/inventory/?q=29") == ["2-9", "1", "10-2-9"]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("search", ["", "wheel", "b2"])
def test_each_figure_counts_what_its_filter_lists(site: Client, seed: int, search: str) -> None:
    random_stock(seed)
    stock = inventory_queries.stock(search)
    for condition in ("", *CONDITIONS):
        for low in (False, True):
            wanted = Lookup(search, condition, low)
            assert stock.lines(condition=condition, low=low) == inventory_queries.items_of(wanted).count()
    shown = found(site, f"/inventory/?q={search}&low=1")
    assert len(shown) == len(set(shown)) == stock.lines(low=True)
    assert sum(i.quantity or 0 for i in inventory_queries.items_of(Lookup(search))) == stock.pieces()


def test_the_figures_of_the_page_stand_for_their_filters(site: Client) -> None:
    random_stock(3)
    text = site.get("/inventory/?q=wheel&low=1").content.decode()
    figures = re.findall(r'href="(/inventory/\?[^"]+)"[^>]*><span>[^<]+</span><b>(\d+)</b>', text)
    assert len(figures) == 8
    leading = [(url.replace("&amp;", "&"), int(lines)) for url, lines in figures if "condition=" in url]
    assert len(leading) == len(CONDITIONS)
    assert [len(found(site, url)) for url, _ in leading] == [lines for _, lines in leading]


def test_low_stock_is_fewer_than_five_and_known(site: Client) -> None:
    for part, quantity in [("none", ""), ("0", 0), ("4", 4), ("5", 5)]:
        stocked({"part_number": part, "quantity": quantity})
    assert found(site, "/inventory/?low=1") == ["0", "4"]


def test_the_overview_shows_what_is_low_and_what_was_seen_last(site: Client) -> None:
    today = clock.today()
    stocked(
        {"part_number": "OLD", "quantity": 0, "last_seen": today - timedelta(days=9)},
        {"part_number": "LOW", "quantity": 1, "last_seen": today},
        {"part_number": "FULL", "quantity": 50, "last_seen": today - timedelta(days=1)},
        {"part_number": "NEVER", "quantity": 2},
    )
    assert found(site, "/inventory/") == ["LOW", "OLD", "NEVER", "LOW", "FULL", "OLD"]


def test_an_empty_inventory_says_where_parts_come_from(site: Client, technician: User) -> None:
    assert f'href="{reverse("admin:sync_upload_new")}"' in site.get("/inventory/").content.decode()
    site.force_login(technician)
    assert "The office imports them" in site.get("/inventory/").content.decode()


def test_a_lines_page_shows_the_part_elsewhere(site: Client) -> None:
    first, *_ = stocked(
        {"location": "BIN-1", "quantity": 2, "condition": "as is"},
        {"part_number": "066500130101", "location": "BIN-2", "quantity": 3},
        {"part_number": "066-50013-0102", "location": "BIN-3"},
    )
    text = site.get(first.get_absolute_url()).content.decode()
    assert "BIN-2" in text
    assert "BIN-3" not in text
    assert "as is" in text
    assert "5 pieces of this part on 2 lines" in text
    assert site.get("/inventory/999999/").status_code == 404


@pytest.mark.parametrize(
    "address", ["?page=999", "?page=x", "?condition=XX", "?q=%00", "?low=what&q=" + "x" * 900]
)
def test_an_address_that_makes_no_sense_is_no_error(site: Client, address: str) -> None:
    random_stock(4, 60)
    assert site.get(f"/inventory/{address}").status_code == 200


def test_htmx_gets_the_list_alone(site: Client) -> None:
    stocked({})
    whole, part = site.get("/inventory/?q=066"), site.get("/inventory/?q=066", headers=HTMX)
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert "066-50013-0101" in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_a_search_keeps_the_filters_that_stand(site: Client) -> None:
    """With or without JavaScript: they belong to the search's form."""
    text = site.get("/inventory/?condition=OH&low=1").content.decode()
    assert '<input type="hidden" name="condition" value="OH" form="stock-search">' in text
    assert '<input type="hidden" name="low" value="1" form="stock-search">' in text


def test_what_a_list_says_is_shown_as_text(site: Client) -> None:
    stocked({"description": "<script>alert(1)</script>"})
    assert "<script>alert" not in site.get("/inventory/?q=alert").content.decode()


@pytest.mark.parametrize("address", ["/inventory/", "/inventory/?q=a"])
def test_the_number_of_queries_does_not_grow(
    site: Client, address: str, django_assert_num_queries: Any
) -> None:
    for seed, count in ((5, 3), (6, 200)):
        random_stock(seed, count)
        with django_assert_num_queries(8):
            site.get(address)


def test_the_admin_lists_the_stock_and_changes_nothing(client: Client, office: User) -> None:
    (item,) = stocked({"description": "TRANSPONDER"})
    client.force_login(office)
    assert b"066-50013-0101" in client.get("/admin/repairs/inventoryitem/?q=transp").content
    assert client.get(f"/admin/repairs/inventoryitem/{item.pk}/change/").status_code == 200
    assert client.post(f"/admin/repairs/inventoryitem/{item.pk}/change/", {}).status_code == 403
    assert client.get("/admin/repairs/inventoryitem/add/").status_code == 403
