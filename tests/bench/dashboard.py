"""The dashboard at a thousand orders and at a hundred thousand: its figures, its tabs, its first page."""

import statistics
import time

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from people.roles import Role, give
from repairs.models import RepairOrder
from tests.bench.report import Aim, Section, milliseconds, ratio
from tests.bench.world import World
from tests.pages.ledger import random_orders

FEW, MANY = 1_000, 100_000
TIMES, WARM_UP = 25, 5
MOST_RATIO = 1.5
PAGES = {
    "the dashboard": "/",
    "all sheets, sorted by cost": "/?sheet=All&sort=-cost",
    "a figure": "/?show=overdue",
    "a status and a shop": "/?status=APPROVED&status=SHIPPED",
    "a search for a fragment": "/?q=ponder",
}
AIMED_AT = "the dashboard"


def measure(world: World) -> list[Section]:
    settings.ALLOWED_HOSTS = ["testserver"]
    person = User.objects.create_user("olga")
    give(person, Role.OFFICE)
    browser = Client()
    browser.force_login(person)
    taken = [_grown_to(count, browser) for count in (FEW, MANY)]
    section = Section(
        f"The list of orders at {FEW:,} and at {MANY:,} orders",
        f"The whole answer of the server, the median of {TIMES}, and 50 rows each time; a quarter of the orders is "
        "on each sheet, so that there is a hundred times more to count as well.",
        ("page", f"at {FEW:,}", f"at {MANY:,}", "ratio"),
    )
    few, many = taken
    for name in PAGES:
        section.rows.append(
            (name, milliseconds(few[name]), milliseconds(many[name]), ratio(many[name], few[name]))
        )
    grown = many[AIMED_AT] / few[AIMED_AT]
    section.aims.append(Aim(f"{AIMED_AT} at {MANY:,} orders, against {FEW:,}", grown, MOST_RATIO, "times"))
    return [section]


def _grown_to(count: int, browser: Client) -> dict[str, float]:
    there = RepairOrder.objects.count()
    random_orders(count, count - there, first=1_000 + there)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE TABLE {RepairOrder._meta.db_table}")
    return {name: _median(browser, address) for name, address in PAGES.items()}


def _median(browser: Client, address: str) -> float:
    taken = []
    for _ in range(WARM_UP + TIMES):
        begun = time.perf_counter()
        answer = browser.get(address)
        taken.append(time.perf_counter() - begun)
        assert answer.status_code == 200
    return statistics.median(taken[WARM_UP:])
