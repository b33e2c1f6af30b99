"""The dashboard at a thousand orders and at a hundred thousand: its figures, its tabs, its first page."""

import random
import secrets
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, product
from urllib.parse import urlencode

from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from repairs import orders
from repairs.models import RepairOrder, Shop
from repairs.statuses import PATH
from tests.bench import pages
from tests.bench.report import Aim, Section, milliseconds, ratio
from tests.bench.world import World, turn_to
from tests.pages.ledger import random_orders
from tests.support.explaining import analyze

FEW, MANY = 1_000, 100_000
FIRST = 1_000
"""The number of the first order."""
MOST_RATIO = 1.5
TIMES, WARM_UP = 15, 3
STATES = KEPT, CHANGED, FRESH = "kept", "after a change", "nothing kept"


@dataclass
class Ledger:
    """So many orders in a database of their own, who looks at them, and what each look took."""

    orders: int
    database: str
    browser: Client = field(init=False)
    addresses: dict[str, str] = field(init=False)
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    queries: dict[str, int] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    looks: Iterator[int] = field(default_factory=count)

    def fill(self) -> None:
        turn_to(self.database)
        self.browser = pages.signed_in()
        random_orders(self.orders, self.orders, first=FIRST)
        analyze(RepairOrder)
        self.addresses = _addresses()

    def look(self, page: str) -> None:
        """A look after an order was changed, one more, and one of a process that has kept nothing."""
        turn_to(self.database)
        self._change()
        self._take(page, CHANGED)
        self._take(page, KEPT)
        caches["counted"].key_prefix = secrets.token_hex()
        self._take(page, FRESH)

    def ask(self, page: str) -> None:
        """Counts the queries of a look that needs no counting."""
        turn_to(self.database)
        self.browser.get(self._address(page))
        with CaptureQueriesContext(connection) as asked:
            self.browser.get(self._address(page))
        self.queries[page] = len(asked)

    def median(self, page: str, state: str) -> float:
        return statistics.median(self.seconds[page, state][WARM_UP:])

    def _change(self) -> None:
        """As people change orders: by a verb, now this order and now that."""
        order = RepairOrder.objects.get(number=FIRST + self.dice.randrange(self.orders))
        cost = Decimal(self.dice.randint(0, 2_000_000)) / 100
        orders.edit(order, by=None, changes={"final_cost": cost})

    def _take(self, page: str, state: str) -> None:
        self.seconds[page, state].append(pages.seconds(self.browser, self._address(page)))

    def _address(self, page: str) -> str:
        """A search that is typed for the first time is another one at each look."""
        return self.addresses[page].format(look=next(self.looks))


def measure(world: World) -> list[Section]:
    first = str(connection.settings_dict["NAME"])
    with world.fresh_database(f"{first}_many"):
        few, many = Ledger(FEW, first), Ledger(MANY, str(connection.settings_dict["NAME"]))
        for ledger in (few, many):
            ledger.fill()
        for _ in range(WARM_UP + TIMES):
            for page in few.addresses:
                few.look(page)
                many.look(page)
        for page in few.addresses:
            few.ask(page)
            many.ask(page)
    return [_section(few, many)]


def _section(few: Ledger, many: Ledger) -> Section:
    section = Section(
        f"The list of orders at {FEW:,} and at {MANY:,} orders",
        f"The whole answer of the server, the median of {TIMES}, at {FEW:,} and at {MANY:,} orders, which take "
        "turns; 50 rows each time, but for the searches that find nothing; a quarter of the orders is on each sheet: "
        "there is a hundred times more to count as well. After a change: somebody changed an order, now this one and "
        "now that, and nobody has looked since. Kept: the next look. Nothing kept: a process that has just started, "
        "or that counts everything anew after five minutes. Every order is counted one by one then, which takes the "
        "database some 25 ms for the figures of 100,000 and up to as much for a filter or a search, so it has no aim.",
        (
            "page",
            "queries",
            *(head for state in STATES for head in (f"{state}: {FEW:,}", f"{MANY:,}", "ratio")),
        ),
    )
    for page in few.addresses:
        times = [(few.median(page, state), many.median(page, state)) for state in STATES]
        cells = [cell for one, other in times for cell in _compared(one, other)]
        section.rows.append((page, f"{few.queries[page]}, {many.queries[page]}", *cells))
    for state, page in product((KEPT, CHANGED), few.addresses):
        grown = f"{page}, {state}, {MANY:,} orders against {FEW:,}"
        measured = many.median(page, state) / few.median(page, state)
        section.aims.append(Aim(grown, measured, MOST_RATIO, "times"))
    more = max(many.queries[page] - few.queries[page] for page in few.queries)
    section.aims.append(Aim(f"queries that a list takes more at {MANY:,} orders", more, 0, "queries"))
    return section


def _compared(few: float, many: float) -> tuple[str, str, str]:
    return milliseconds(few), milliseconds(many), ratio(many, few)


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
        "a search typed for the first time": "/?q=nothing-like-{look}",
    }
