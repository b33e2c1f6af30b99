"""The order beside the list: in the address, on a whole page, and nowhere else."""

import re

import pytest
from django.test import Client

from repairs.models import RepairOrder
from sync.models import Replica

HTMX = {"HX-Request": "true"}


def test_the_address_shows_an_order_beside_the_list(site: Client, order: RepairOrder) -> None:
    page = site.get(f"/?sheet=All&order={order.number}").content.decode()
    panel = page[page.index('<aside id="beside"') :]
    assert f'data-order="{order.number}"' in panel
    for part in ("heading", "status", "excel", "fields", "more", "history", "related", "mail", "documents"):
        assert panel.count(f'id="{part}"') == page.count(f'id="{part}"') == 1
    assert re.search(r'id="beside-close" href="\?sheet=All"', panel)
    assert f"&order={order.number}" not in site.get("/?sheet=All").content.decode()


def test_beside_the_list_the_fields_come_first_and_on_a_page_the_notes(
    site: Client, order: RepairOrder
) -> None:
    address = order.get_absolute_url()
    for text, first, second in (
        (site.get(address).content.decode(), "more", "fields"),
        (site.get(address, headers=HTMX).content.decode(), "fields", "more"),
        (site.get(f"/?sheet=All&order={order.number}").content.decode(), "fields", "more"),
    ):
        assert 0 < text.index(f'id="{first}"') < text.index(f'id="{second}"')


def test_what_is_seldom_needed_is_folded_until_it_is(site: Client, order: RepairOrder) -> None:
    address = order.get_absolute_url()
    other, seen = re.compile(r'id="status-other" data-stays( open)?'), 'id="excel-seen"'
    text = site.get(address).content.decode()
    folded = other.search(text)
    assert folded
    assert (folded[1], seen in text) == (None, False)
    refused = site.post(f"{address}status/", {"status": "LOST", "expected_version": 1}, headers=HTMX)
    opened = other.search(refused.content.decode())
    assert opened
    assert opened[1] == " open"
    Replica.objects.filter(order=order).update(seen={"terms": "COD"})
    text = site.get(address).content.decode()
    assert [
        told for told in (seen, "changed there by hand", "Terms “<bdi>COD</bdi>”") if told not in text
    ] == []
    row = site.get("/?sheet=All").content.decode()
    assert 'title="SN 00123 · Transponder"><span class="hidden">serial </span>00123 · Transponder' in row


def test_the_list_alone_leaves_the_panel_as_it_is(site: Client, order: RepairOrder) -> None:
    part = site.get(f"/?order={order.number}", headers=HTMX).content.decode()
    assert ('id="list"' in part, 'id="beside"' in part) == (True, False)
    restored = HTMX | {"HX-History-Restore-Request": "true"}
    assert 'id="fields"' in site.get(f"/?order={order.number}", headers=restored).content.decode()


def test_what_a_form_sent_keeps_it_open(site: Client, order: RepairOrder) -> None:
    answer = site.get(f"/?apply=1&status=PAID&order={order.number}")
    assert answer["Location"] == f"/?sheet=Active&status=PAID&order={order.number}"


@pytest.mark.parametrize("asked", ["987654", "x", "-1", "٣", "9" * 30, "<b>"])
def test_what_is_no_order_is_said(site: Client, order: RepairOrder, asked: str) -> None:
    answer = site.get("/", {"order": asked})
    assert answer.status_code == 200
    assert "There is no order “" in answer.content.decode()
    assert "<b>”" not in answer.content.decode()


def test_an_order_is_given_to_htmx_without_the_frame(site: Client, order: RepairOrder) -> None:
    whole, part = site.get(order.get_absolute_url()), site.get(order.get_absolute_url(), headers=HTMX)
    assert ("<html" in whole.content.decode(), "<html" in part.content.decode()) == (True, False)
    assert 'id="documents"' in part.content.decode()
    assert "HX-Request" in part["Vary"]
