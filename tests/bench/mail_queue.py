"""The queue, the bell and its panel with a hundred drafts that wait, and with ten thousand."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from notifications.models import Notification
from repairs import orders, shops
from repairs.models import Shop
from tests.bench import pages
from tests.bench.report import Section
from tests.bench.world import World, turn_to
from tests.queue.stories import waiting_drafts
from tests.support.explaining import analyze

FEW, MANY = 100, 10_000
MOST_RATIO = 1.5
TIMES, WARM_UP = 25, 5
PAGES = {
    "the queue": "/queue/",
    "the queue, its fourth page": "/queue/?page=4",
    "the queue of one shop": "/queue/?shop={shop}",
    "the queue, searched": "/queue/?q=avionics",
    "the bell's panel": "/queue/panel/",
    "the bell": "/queue/bell/",
    "any other page": "/shops/",
}


@dataclass
class Queue:
    """So many drafts in a database of their own, who looks at them, and what each look took."""

    drafts: int
    database: str
    browser: Client = field(init=False)
    shop: Shop = field(init=False)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def fill(self) -> None:
        turn_to(self.database)
        self.browser = pages.signed_in()
        amy = User.objects.create_user("amy")
        self.shop = shops.create(by=amy, name="Aero Avionics", email="quotes@aero.example")
        waiting_drafts(orders.create(by=amy, shop=self.shop, part_number="3605812-17"), self.drafts)
        analyze(Notification)

    def look(self, page: str) -> None:
        turn_to(self.database)
        self.seconds[page].append(pages.seconds(self.browser, PAGES[page].format(shop=self.shop.pk)))

    def medians(self) -> dict[str, float]:
        return {page: statistics.median(taken[WARM_UP:]) for page, taken in self.seconds.items()}


def measure(world: World) -> list[Section]:
    first = str(connection.settings_dict["NAME"])
    with world.fresh_database(f"{first}_many"):
        few, many = Queue(FEW, first), Queue(MANY, str(connection.settings_dict["NAME"]))
        few.fill()
        many.fill()
        for _ in range(WARM_UP + TIMES):
            for page in PAGES:
                few.look(page)
                many.look(page)
    section = Section(
        f"The queue of mail with {FEW:,} drafts that wait, and with {MANY:,}",
        f"The whole answer of the server, the median of {TIMES}, with {FEW:,} and with {MANY:,}, which take turns; the "
        "queue shows 25 of them, the panel 8, and every page counts them for its bell.",
        ("page", f"at {FEW:,}", f"at {MANY:,}", "ratio"),
    )
    grown = f"{MANY:,} drafts against {FEW:,}"
    pages.compared(section, few.medians(), many.medians(), most=MOST_RATIO, grown=grown)
    return [section]
