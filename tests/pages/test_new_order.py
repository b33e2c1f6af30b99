"""A new order: from nothing, from an inventory line, as a copy; and what is known of the part beside it."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from repairs import knowledge, orders, shops
from repairs.inventory_list import ItemRow, import_inventory
from repairs.models import InventoryItem, RepairOrder, Shop
from tests.pages.conftest import MakeOrder

NEW = "/orders/new/"
KNOWN = "/orders/new/known/"
HTMX = {"HX-Request": "true"}


def shown(client: Client, url: str) -> dict[str, str]:
    """The fields of the form as a person sees them; the shop by its id."""
    text = client.get(url).content.decode()
    fields = {n: unescape(v) for n, v in re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', text)}
    fields |= {
        n: unescape(v).strip() for n, v in re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', text)
    }
    chosen = re.search(r'<option value="(\d+)" selected>', text)
    return fields | {"shop": chosen[1] if chosen else ""}


def in_stock(**values: str) -> InventoryItem:
    import_inventory([ItemRow(2, {"part_number": "066-50013-0101", "source": "terra", **values})])
    return InventoryItem.objects.get()


def test_an_order_is_started_from_an_inventory_line(site: Client, shop: Shop) -> None:
    item = in_stock(serial_number="00123", description="TRANSPONDER", quantity="2")
    link = f"{NEW}?item={item.pk}"
    for page in ("/inventory/", "/inventory/?q=066", item.get_absolute_url()):
        assert link in site.get(page).content.decode()
    fields = shown(site, link)
    assert (fields["part_number"], fields["serial_number"], fields["description"]) == (
        "066-50013-0101",
        "00123",
        "TRANSPONDER",
    )
    assert shown(site, f"{link}&shop={shop.pk}")["shop"] == str(shop.pk)


def test_a_copy_takes_over_what_the_next_unit_shares(site: Client, make_order: MakeOrder, shop: Shop) -> None:
    order = make_order(
        serial_number="00123", description="Transponder", requested_work="OH", terms="NET 30",
        estimated_cost="1500.50", notes="call Ann",
    )  # fmt: skip
    assert f"{NEW}?copy={order.number}" in site.get(order.get_absolute_url()).content.decode()
    fields = shown(site, f"{NEW}?copy={order.label}")
    assert {n: fields[n] for n in ("shop", "part_number", "description", "requested_work", "terms")} == {
        "shop": str(shop.pk),
        "part_number": "066-50013-0101",
        "description": "Transponder",
        "requested_work": "OH",
        "terms": "NET 30",
    }
    assert fields["estimated_cost"] == "1500.50"
    assert "serial_number" not in fields
    assert fields["notes"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["copy=999", "copy=what", "copy=", "item=999", "item=x"])
def test_a_copy_of_nothing_is_not_found(site: Client, query: str) -> None:
    assert site.get(f"{NEW}?{query}").status_code == 404


def test_what_is_known_of_the_part_is_shown_as_it_is_typed(site: Client, make_order: MakeOrder) -> None:
    order = make_order(estimated_cost="1500")
    in_stock(quantity="7")
    text = site.get(KNOWN, {"part_number": "0665001 30101"}, headers=HTMX).content.decode()
    assert "<html" not in text
    for told in (order.label, "Palmetto Landing Gear", "$1,500.00", "7 pieces in stock"):
        assert told in text
    assert "No order with this part number yet" in site.get(KNOWN, {"part_number": "066"}).content.decode()
    assert order.label not in site.get(KNOWN).content.decode()
    assert site.get(KNOWN, {"part_number": "\0"}).status_code == 200


@pytest.mark.parametrize("button", [{"look": "1"}, {"take_shop": ""}])
def test_without_javascript_looking_up_keeps_what_was_typed(
    site: Client, order: RepairOrder, shop: Shop, button: dict[str, str]
) -> None:
    other = shops.create(by=None, name="Another")
    typed = {"shop": str(other.pk), "part_number": order.part_number, "notes": "typed", "estimated_cost": "?"}
    pressed = {name: value or str(shop.pk) for name, value in button.items()}
    answer = site.post(NEW, typed | pressed)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert f'value="{pressed.get("take_shop", other.pk)}" selected' in text
    assert "typed</textarea>" in text
    assert order.label in text
    assert RepairOrder.objects.count() == 1


def test_a_part_with_history_is_known_on_its_inventory_page(
    site: Client, shop: Shop, order: RepairOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = in_stock()
    orders.edit(order, by=None, changes={"estimated_cost": "100"})
    for _ in range(3):
        orders.create(by=None, shop=shop, part_number=order.part_number, estimated_cost="200")
    monkeypatch.setattr(knowledge, "LOOKED_AT", 3)  # a bound, so that no hundreds of orders are made
    text = site.get(item.get_absolute_url()).content.decode()
    assert "<dt>Orders</dt><dd>3+ " in text
    assert "$200.00 over 3" in text
    monkeypatch.setattr(knowledge, "LOOKED_AT", 4)
    text = site.get(item.get_absolute_url()).content.decode()
    assert "<dt>Orders</dt><dd>4</dd>" in text
    assert order.label in text
    assert f"{NEW}?item={item.pk}&amp;shop={order.shop_id}" in text


def test_a_refused_order_still_shows_what_is_known(site: Client, order: RepairOrder) -> None:
    answer = site.post(NEW, {"shop": "", "part_number": order.part_number, "notes": "kept"})
    assert answer.status_code == 422
    assert order.label in answer.content.decode()
    assert "kept</textarea>" in answer.content.decode()


def test_a_form_makes_one_order_and_says_so_when_it_is_sent_again(site: Client, shop: Shop) -> None:
    typed = shown(site, f"{NEW}?part_number=PUMP-1&shop={shop.pk}")
    refused = site.post(NEW, typed | {"estimated_cost": "-5"}).content.decode()
    assert typed["form_key"] in refused, "it made none"
    address = f"{NEW}?{urlencode(typed)}"
    assert shown(site, address)["part_number"] == "PUMP-1"
    made = site.post(NEW, typed).headers["Location"]
    again = site.post(NEW, typed | {"notes": "typed since"})
    text = again.content.decode()
    assert (again.status_code, RepairOrder.objects.count()) == (409, 1)
    assert f'href="{made}">G' in text
    assert "No second order was made." in text
    assert "typed since</textarea>" in text
    back = site.get(address).content.decode()
    assert f'href="{made}">G' in back
    assert "part_number" not in shown(site, address), "the form is empty"
    for fresh in (re.findall(r'name="form_key" value="(\S+)"', page)[0] for page in (text, back)):
        site.post(NEW, typed | {"form_key": fresh})
    site.post(NEW, typed | {"form_key": "no key"})
    assert RepairOrder.objects.count() == 4


@pytest.mark.parametrize("address", [f"{NEW}?part_number=066-50013-0101", "item"])
def test_the_number_of_queries_does_not_grow(site: Client, make_order: MakeOrder, address: str) -> None:
    item = in_stock()

    def queries_with(count: int) -> int:
        for _ in range(count):
            make_order(shop=shops.create(by=None, name=f"Shop {RepairOrder.objects.count()}"))
        with CaptureQueriesContext(connection) as asked:
            site.get(item.get_absolute_url() if address == "item" else address)
        return len(asked)

    queries_with(2)  # the first visit fills what is kept in the process
    assert queries_with(0) == queries_with(12)
