"""No page asks the database once for each of its rows: zeal raises where one does."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from zeal import NPlusOneError, zeal_context
from zeal.constants import initialize_app_registry
from zeal.patch import patch

from repairs.models import RepairOrder
from tests.pages.busy import THREE, three_of_each
from tests.pages.conftest import MakeOrder, sent
from tests.pages.every_page import PAGES
from tests.pages.kept import keep_results
from tests.pages.of_admin import MODELS, OWN, pages_of


@pytest.fixture(scope="module", autouse=True)
def watching() -> None:
    """What zeal does as an app of a project. It looks only inside a zeal_context."""
    initialize_app_registry()
    patch()


def test_rows_are_read_together(client: Client, office: User, may_write: Path) -> None:
    client.force_login(office)
    busy = three_of_each(office, may_write)
    keep_results(client, busy)
    pages = [busy.address(pattern) for patterns, _ in PAGES.values() for pattern in patterns]
    found = {}
    for page in [*pages, *OWN, *(page for model in MODELS for page in pages_of(model))]:
        try:
            with zeal_context():
                answer = client.get(page)
                sent(answer)
            assert answer.status_code == 200, page
        except NPlusOneError as error:
            found[page] = str(error).splitlines()[0]
    assert found == {}


def test_a_query_per_row_would_be_seen(make_order: MakeOrder) -> None:
    for _ in THREE:
        make_order()
    with zeal_context(), pytest.raises(NPlusOneError):
        assert [order.shop.name for order in RepairOrder.objects.all() if order.shop]
