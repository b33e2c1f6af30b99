"""A history that is longer than what its page shows at once."""

import re

import pytest
from django.test import Client

from repairs.models import Activity, RepairOrder, Shop, StatusChange
from repairs.views.histories import SHOWN

TOLD = re.compile(r"act (\d+)\.")


@pytest.mark.parametrize("of", ["order", "shop"])
def test_the_older_changes_are_shown_too(site: Client, order: RepairOrder, shop: Shop, of: str) -> None:
    Activity.objects.all().delete()
    one = order if of == "order" else shop
    number = None if one is shop else order.number
    people = [f"act {n}." for n in range(2 * SHOWN + 1)]
    Activity.objects.bulk_create(
        Activity(**{of: one}, order_number=number, verb="edited", by_name=by) for by in people
    )
    StatusChange.objects.create(order=order, to_status="QUOTED IN EXCEL", imported=True)
    address, seen = one.get_absolute_url(), []
    for page in range(3):
        text = site.get(address).content.decode().partition('id="history"')[2]
        seen += TOLD.findall(text)
        assert ('id="history-newest"' in text) is (page > 0)
        assert ("QUOTED IN EXCEL" in text) is (page == 2 and one is order), "it is older than all of them"
        older = re.search(r'id="history-older" href="([^"#]+)#history"', text)
        assert bool(older) is (page < 2)
        address = older[1] if older else ""
    assert seen == [str(n) for n in reversed(range(2 * SHOWN + 1))]
    for nothing in ("0", "9" * 30, "much"):
        newest = site.get(f"{one.get_absolute_url()}?older={nothing}").content.decode()
        assert f"act {2 * SHOWN}." in newest
