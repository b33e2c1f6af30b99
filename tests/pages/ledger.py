"""A book of orders in any state, and what a list of them shows."""

import random
import re
from datetime import date, timedelta
from decimal import Decimal

from django.test import Client

from repairs import clock, shops
from repairs.models import RepairOrder, Shop
from repairs.statuses import STATUSES, Sheet


def random_orders(seed: int, count: int = 200, *, first: int = 1000, apart: int = 1) -> None:
    """Orders in any state, written past the verbs: lists and figures must hold whatever stands there.

    Their numbers are so far `apart`, as in a book of so many times as many orders.
    """
    dice = random.Random(seed)
    made = list(Shop.objects.all()) or [shops.create(by=None, name=f"Shop {n}") for n in range(5)]
    today = clock.today()

    def some_day() -> date | None:
        return dice.choice([None, today + timedelta(days=dice.randint(-9, 9))])

    RepairOrder.objects.bulk_create(
        [
            RepairOrder(
                number=first + n * apart,
                shop=dice.choice([*made, None]),
                sheet=dice.choice(list(Sheet)),
                status=dice.choice([*STATUSES, ""]),
                part_number=dice.choice(["A-1", "B2", "10-60 5", ""]),
                serial_number=dice.choice(["001", "SN-7", ""]),
                description=dice.choice(["Fuel pump", "Trans-ponder", ""]),
                tracking_number=dice.choice(["WILL CALL", "", "1Z999AA10123456784"]),
                date_made=some_day(),
                estimated_delivery=some_day(),
                next_update=some_day(),
                estimated_cost=dice.choice([None, Decimal(dice.randint(0, 2_000_000)) / 100]),
                final_cost=dice.choice([None, Decimal(dice.randint(0, 2_000_000)) / 100]),
            )
            for n in range(count)
        ],
        batch_size=500,
    )


def listed(client: Client, url: str) -> list[int]:
    """The numbers of all pages of a list."""
    numbers: list[int] = []
    while url:
        text = client.get(url).content.decode()
        numbers += [int(number) for number in re.findall(r'id="row-(\d+)"', text)]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = "/" + following[1].replace("&amp;", "&") if following else ""
    return numbers
