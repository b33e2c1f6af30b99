"""Pages, whole and as htmx asks for it, by every role; with parameters that make no sense; and how large it is."""

import gzip
import random
import re
from typing import Any

import pytest
from django.test import Client

from people.roles import Role
from repairs.models import RepairOrder, Shop
from tests.pages.conftest import person
from tests.pages.ledger import random_orders

HTMX = {"HX-Request": "true"}
MOST_BYTES = 100_000
# By address: the part of the page that htmx asks for, by its id; "" for a page that it never asks for in part.
PAGES = {
    "/": "list",
    "/?sheet=All&sort=excel": "list",
    "/?order={order}": "list",
    "/orders/{order}/": "fields",
    "/orders/{order}/documents/": "documents",
    "/orders/{order}/label/": "",
    "/feed/": "feed",
    "/inventory/": "stock",
    "/shops/": "shop-list",
    "/shops/{shop}/": "",
    "/views/": "",
    "/palette/": "palette-found",
    "/runs/": "",
    "/runs/attention/": "",
    "/queue/": "",
    "/assistant/": "",
}
ODD = (
    "page=-1",
    "page=abc&sort=unknown&level=x&state=x&kind=x&condition=x",
    "page=99999999999999999999&sort=-&shop=x&status=x&sheet=x&show=x",
    "made_from=31.02.2026&next_to=2026-02-31&q=%00&order=99999999999999999999",
)


FRAMES = re.compile(r"<(html|body|main)\b")


def frames(answer: Any) -> list[str]:
    """What of the frame around every page stands in an answer."""
    assert answer.status_code == 200
    return FRAMES.findall(answer.content.decode())


@pytest.mark.parametrize("role", list(Role))
def test_a_page_has_one_frame_and_its_part_has_none(
    client: Client, order: RepairOrder, shop: Shop, role: Role
) -> None:
    client.force_login(person("rita", role))
    for address, part_id in PAGES.items():
        url = address.format(order=order.number, shop=shop.pk)
        assert frames(client.get(url)) == ["html", "body", "main"], url
        part = client.get(url, headers=HTMX)
        assert frames(part) == ([] if part_id else ["html", "body", "main"]), url
        assert f'id="{part_id}"' in part.content.decode() or not part_id, url


@pytest.mark.parametrize("odd", ODD)
def test_parameters_that_make_no_sense_get_a_page(
    site: Client, order: RepairOrder, shop: Shop, odd: str
) -> None:
    for address in PAGES:
        url = address.format(order=order.number, shop=shop.pk)
        for headers in ({}, HTMX):
            answer = site.get(f"{url}{'&' if '?' in url else '?'}{odd}", headers=headers)
            assert answer.status_code == 200, (url, headers)
            if "made_from" in odd and url.startswith("/?"):
                assert "is not a date" in answer.content.decode()


def test_the_first_page_is_small_over_the_wire(site: Client) -> None:
    random_orders(1)
    dice = random.Random(1)
    for order in RepairOrder.objects.all():  # words that repeat less than those of `random_orders`
        order.description = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz ", k=200))
        order.save(update_fields=["description"])
    page = site.get("/?sheet=All", headers={"Accept-Encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.content).count(b'id="row-') == 50
    assert len(page.content) < MOST_BYTES
    assert "Content-Encoding" not in site.get("/?sheet=All")
    table = site.get("/orders/export.csv", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in table, "only pages are compressed"
