"""No page asks the database once for each of its rows: zeal raises where one does."""

import pytest
from django.test import Client
from zeal import NPlusOneError, zeal_context
from zeal.constants import initialize_app_registry
from zeal.patch import patch

from repairs import shops
from repairs.models import RepairOrder
from tests.pages.conftest import MakeOrder

PAGES = ("/", "/?q=gear", "/feed/", "/shops/", "/inventory/", "/queue/", "/runs/", "/palette/?q=gear")


@pytest.fixture(scope="module", autouse=True)
def watching() -> None:
    """What zeal does as an app of a project. It looks only inside a zeal_context."""
    initialize_app_registry()
    patch()


@pytest.fixture
def twelve(make_order: MakeOrder) -> None:
    for number in range(12):
        make_order(shop=shops.create(by=None, name=f"Gear {number}"))


@pytest.mark.parametrize("page", PAGES)
def test_rows_are_read_together(site: Client, twelve: None, page: str) -> None:
    with zeal_context():
        assert site.get(page).status_code == 200


def test_a_query_per_row_would_be_seen(twelve: None) -> None:
    with zeal_context(), pytest.raises(NPlusOneError):
        assert [order.shop.name for order in RepairOrder.objects.all() if order.shop]
