"""The dashboard at a thousand orders and at a hundred thousand: its figures, its tabs, its first page."""

from urllib.parse import urlencode

from django.test import Client

from repairs.models import RepairOrder, Shop
from repairs.statuses import PATH
from tests.bench import pages
from tests.bench.report import Section
from tests.bench.world import World
from tests.pages.ledger import random_orders
from tests.support.explaining import analyze

FEW, MANY = 1_000, 100_000
MOST_RATIO = 1.5


def measure(world: World) -> list[Section]:
    browser = pages.signed_in()
    few, many = (_grown_to(count, browser) for count in (FEW, MANY))
    section = Section(
        f"The list of orders at {FEW:,} and at {MANY:,} orders",
        f"The whole answer of the server, the median of {pages.TIMES}, and 50 rows each time, but for the search that "
        "finds nothing; a quarter of the orders is on each sheet: there is a hundred times more to count as well.",
        ("page", f"at {FEW:,}", f"at {MANY:,}", "ratio"),
    )
    pages.compared(section, few, many, most=MOST_RATIO, grown=f"{MANY:,} orders against {FEW:,}")
    return [section]


def _grown_to(count: int, browser: Client) -> dict[str, float]:
    there = RepairOrder.objects.count()
    random_orders(count, count - there, first=1_000 + there)
    analyze(RepairOrder)
    return pages.medians(browser, _addresses())


def _addresses() -> dict[str, str]:
    """What people look at; the shop is one of those that have orders."""
    shop = Shop.objects.order_by("name")[0].pk
    statuses = urlencode({"status": PATH}, doseq=True)  # so many that there is a whole page of them
    return {
        "the dashboard": "/",
        "a figure": "/?show=overdue",
        "a quick filter": "/?show=high-value&sheet=All",
        "statuses and a shop": f"/?sheet=All&{statuses}&shop={shop}",
        "a shop on all sheets": f"/?sheet=All&shop={shop}&sort=-due",
        "a span of days": "/?sheet=All&made_from=2020-01-01",
        "all sheets, sorted by cost": "/?sheet=All&sort=-cost",
        "all sheets, sorted by shop": "/?sheet=All&sort=shop",
        "all sheets, sorted by serial": "/?sheet=All&sort=serial",
        "a search for a fragment": "/?q=ponder",
        "a search that finds nothing": "/?q=nothing-like-it",
    }
