"""The dashboard at a thousand orders and at a hundred thousand: its figures, its tabs, its first page."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from repairs.models import RepairOrder, Shop
from repairs.statuses import PATH
from tests.bench import pages
from tests.bench.report import Aim, Section, milliseconds, ratio
from tests.bench.world import World
from tests.pages.ledger import random_orders
from tests.support.explaining import analyze

FEW, MANY = 1_000, 100_000
FIRST = 1_000
"""The number of the first order."""
MOST_RATIO = 1.5


@dataclass(frozen=True)
class Taken:
    """What each page takes with so many orders: seconds, those of the first look after a change, and queries."""

    seconds: pages.Taken
    after_a_change: pages.Taken
    queries: dict[str, int]


def measure(world: World) -> list[Section]:
    browser = pages.signed_in()
    few, many = (_grown_to(count, browser) for count in (FEW, MANY))
    section = Section(
        f"The list of orders at {FEW:,} and at {MANY:,} orders",
        f"The whole answer of the server, the median of {pages.TIMES}, and 50 rows each time, but for the search that "
        "finds nothing; a quarter of the orders is on each sheet: there is a hundred times more to count as well. What "
        "was counted is kept until an order is written, so the first look after that is measured too, and has no aim.",
        (
            "page",
            f"at {FEW:,}",
            f"at {MANY:,}",
            "ratio",
            "queries",
            f"after a change, at {FEW:,}",
            f"at {MANY:,}",
            "ratio",
        ),
    )
    for name in few.seconds:
        section.rows.append(_row(name, few, many))
        grown = f"{name}, {MANY:,} orders against {FEW:,}"
        section.aims.append(Aim(grown, many.seconds[name] / few.seconds[name], MOST_RATIO, "times"))
    more = max(many.queries[name] - few.queries[name] for name in few.queries)
    section.aims.append(Aim(f"queries that a list takes more at {MANY:,} orders", more, 0, "queries"))
    return [section]


def _row(name: str, few: Taken, many: Taken) -> tuple[str, ...]:
    now, then = (few.seconds[name], many.seconds[name]), (few.after_a_change[name], many.after_a_change[name])
    queries = f"{few.queries[name]}, {many.queries[name]}"
    return (name, *_compared(*now), queries, *_compared(*then))


def _compared(few: float, many: float) -> tuple[str, str, str]:
    return milliseconds(few), milliseconds(many), ratio(many, few)


def _grown_to(count: int, browser: Client) -> Taken:
    there = RepairOrder.objects.count()
    random_orders(count, count - there, first=FIRST + there)
    analyze(RepairOrder)
    addresses = _addresses()
    seconds = pages.medians(browser, addresses)
    queries = {name: _queries(browser, address) for name, address in addresses.items()}
    return Taken(seconds, pages.medians(browser, addresses, before=_change), queries)


def _change() -> None:
    RepairOrder.objects.filter(number=FIRST).update(version=F("version") + 1)


def _queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        browser.get(address)
    return len(asked)


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
