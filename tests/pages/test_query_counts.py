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

from repairs.models import RepairOrder
from tests.pages.busy import Busy, three_of_each
from tests.pages.conftest import sent
from tests.pages.every_page import PAGES
from tests.pages.kept import keep_results

COUNTS = Path(__file__).with_name("query_counts.json")
UPDATE = "UPDATE_QUERY_COUNTS"
# Beside every address that is read, as every_page.py names them.
MORE = (
    "/?sheet=All&sort=shop&status=APPROVED",
    "/admin/",
    "/admin/repairs/repairorder/",
    "/admin/repairs/repairorder/{order}/change/",
    "/admin/sync/replica/differences/",
)
ACTS = {
    "change a field": ("field/", {"field": "terms", "value": "COD"}),
    "change the status": ("status/", {"status": "APPROVED"}),
    "add a note": ("note/", {"text": "a note"}),
}


@pytest.fixture
def a_week(site: Client, clerk: User, may_write: Path) -> Busy:
    busy = three_of_each(clerk, may_write)
    keep_results(site, busy)
    return busy


def counted(site: Client, address: str, given: dict[str, str] | None = None) -> int:
    headers = {"HX-Request": "true"} if given else {}
    with CaptureQueriesContext(connection) as captured:
        answer = site.post(address, given, headers=headers) if given else site.get(address)
        sent(answer)
    assert answer.status_code == 200, (address, answer.status_code)
    return len(captured)


def test_each_page_takes_as_many_queries_as_the_file_says(site: Client, a_week: Busy) -> None:
    ContentType.objects.clear_cache()  # an earlier test may have filled it
    site.get("/")
    addresses = [*(pattern for patterns, _ in PAGES.values() for pattern in patterns), *MORE]
    found = {address: counted(site, a_week.address(address)) for address in addresses}
    order = RepairOrder.objects.get(pk=a_week.order.pk)
    for name, (address, typed) in ACTS.items():
        order.refresh_from_db()
        given = typed | {"expected_version": str(order.version)}
        found[name] = counted(site, f"{order.get_absolute_url()}{address}", given)
    if os.environ.get(UPDATE):
        COUNTS.write_text(json.dumps(found, indent=2) + "\n")
    held = json.loads(COUNTS.read_text())
    changed = {
        name: (held.get(name), found.get(name)) for name in found | held if held.get(name) != found.get(name)
    }
    assert changed == {}, f"(as the file says, as it is now): if that is meant, run this with {UPDATE}=1"
