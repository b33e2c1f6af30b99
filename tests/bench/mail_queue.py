"""The queue, the bell and its panel with a hundred drafts that wait, and with ten thousand."""

from django.contrib.auth.models import User
from django.test import Client

from notifications.models import Notification
from repairs import orders, shops
from repairs.models import RepairOrder
from tests.bench import pages
from tests.bench.report import Section
from tests.bench.world import World
from tests.queue.stories import waiting_drafts
from tests.support.explaining import analyze

FEW, MANY = 100, 10_000
MOST_RATIO = 1.5
PAGES = {
    "the queue": "/queue/",
    "the queue, its fourth page": "/queue/?page=4",
    "the queue of one shop": "/queue/?shop={shop}",
    "the queue, searched": "/queue/?q=avionics",
    "the bell's panel": "/queue/panel/",
    "the bell": "/queue/bell/",
    "any other page": "/shops/",
}


def measure(world: World) -> list[Section]:
    browser = pages.signed_in()
    amy = User.objects.create_user("amy")
    shop = shops.create(by=amy, name="Aero Avionics", email="quotes@aero.example")
    order = orders.create(by=amy, shop=shop, part_number="3605812-17")
    few, many = (_grown_to(count, browser, order) for count in (FEW, MANY))
    section = Section(
        f"The queue of mail with {FEW:,} drafts that wait, and with {MANY:,}",
        f"The whole answer of the server, the median of {pages.TIMES}; the queue shows 25 of them, the panel 8, and "
        "every page counts them for its bell.",
        ("page", f"at {FEW:,}", f"at {MANY:,}", "ratio"),
    )
    pages.compared(section, few, many, most=MOST_RATIO, grown=f"{MANY:,} drafts against {FEW:,}")
    return [section]


def _grown_to(count: int, browser: Client, order: RepairOrder) -> dict[str, float]:
    waiting_drafts(order, count - Notification.objects.count())
    analyze(Notification)
    return pages.medians(browser, {name: path.format(shop=order.shop_id) for name, path in PAGES.items()})
