"""How many queries each page takes, held in a file that is reviewed like code.

A page that takes more, or fewer, fails. When that is meant, write the new counts and look at the difference:
`UPDATE_QUERY_COUNTS=1 python -m pytest tests/pages/test_query_counts.py`, then `git diff tests/pages/`.
"""

import json
import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications import queue
from notifications.models import Notification
from repairs import inventory_list, orders
from repairs.models import InventoryItem, RepairOrder, Shop
from sync import runs
from tests.pages.conftest import MakeOrder
from tests.pages.ledger import random_orders

COUNTS = Path(__file__).with_name("query_counts.json")
UPDATE = "UPDATE_QUERY_COUNTS"
PAGES = {
    "dashboard": "/",
    "dashboard, searched": "/?q=transponder",
    "dashboard, filtered": "/?sheet=All&sort=shop&status=APPROVED",
    "dashboard, an order beside it": "/?order={order}",
    "order": "/orders/{order}/",
    "order, its parts": "/orders/{order}/parts/",
    "order, its mail": "/orders/{order}/mail/",
    "order, its row in Excel": "/orders/{order}/excel/",
    "order, its documents": "/orders/{order}/documents/",
    "order, its label": "/orders/{order}/label/",
    "new order": "/orders/new/",
    "new order, a copy": "/orders/new/?copy={order}",
    "what is known of a part": "/orders/new/known/?part_number=066-50013-0101",
    "saved views": "/views/",
    "feed": "/feed/",
    "shops": "/shops/",
    "shop": "/shops/{shop}/",
    "inventory": "/inventory/",
    "inventory, searched": "/inventory/?q=066",
    "inventory line": "/inventory/{item}/",
    "palette": "/palette/?q=gear",
    "queue": "/queue/",
    "queue, of one shop": "/queue/?shop={shop}",
    "bell": "/queue/bell/",
    "bell's panel": "/queue/panel/",
    "draft": "/queue/{entry}/",
    "runs": "/runs/",
    "run": "/runs/{run}/",
    "runs in progress": "/runs/live.json",
    "attention": "/runs/attention/",
    "assistant": "/assistant/",
    "admin": "/admin/",
    "admin, orders": "/admin/repairs/repairorder/",
    "admin, an order": "/admin/repairs/repairorder/{pk}/change/",
    "admin, differences": "/admin/sync/replica/differences/",
}
ACTS = {
    "change a field": ("field/", {"field": "terms", "value": "COD"}),
    "change the status": ("status/", {"status": "APPROVED"}),
    "add a note": ("note/", {"text": "a note"}),
}


@pytest.fixture
def a_day(make_order: MakeOrder, shop: Shop, office: User, tmp_path: Path) -> dict[str, int]:
    """A book of some sixty orders, and what the addresses name."""
    random_orders(1, 60)
    order = make_order(description="Transponder")
    orders.change_status(order, by=office, to="WAITING QUOTE")
    orders.add_note(order, by=office, text="a note")
    stock = tmp_path / "stock.csv"
    stock.write_text("PartNumber,Qty\n066-50013,2\n")
    inventory_list.import_inventory(inventory_list.read_list(stock))
    entry = queue.draft_for(order, cause=Notification.Cause.OVERDUE)
    run = runs.start_check(by=office)
    named = {"order": order.number, "pk": order.pk, "shop": shop.pk, "item": InventoryItem.objects.get().pk}
    return named | {"entry": entry.pk if entry else 0, "run": run.pk}


def counted(site: Client, address: str, sent: dict[str, str] | None = None) -> int:
    headers = {"HX-Request": "true"} if sent else {}
    with CaptureQueriesContext(connection) as captured:
        answer = site.post(address, sent, headers=headers) if sent else site.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return len(captured)


def test_each_page_takes_as_many_queries_as_the_file_says(site: Client, a_day: dict[str, int]) -> None:
    ContentType.objects.clear_cache()  # an earlier test may have filled it
    site.get("/")
    found = {name: counted(site, address.format(**a_day)) for name, address in PAGES.items()}
    order = RepairOrder.objects.get(pk=a_day["pk"])
    for name, (address, sent) in ACTS.items():
        order.refresh_from_db()
        given = sent | {"expected_version": str(order.version)}
        found[name] = counted(site, f"{order.get_absolute_url()}{address}", given)
    if os.environ.get(UPDATE):
        COUNTS.write_text(json.dumps(found, indent=2) + "\n")
    held = json.loads(COUNTS.read_text())
    changed = {
        name: (held.get(name), found.get(name)) for name in found | held if held.get(name) != found.get(name)
    }
    assert changed == {}, f"(as the file says, as it is now): if that is meant, run this with {UPDATE}=1"
