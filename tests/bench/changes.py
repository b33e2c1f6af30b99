"""What people do to the orders, and what many such acts leave behind for a flush."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from repairs import orders
from repairs.models import RepairOrder, Shop
from repairs.statuses import PATH, Sheet
from sync import marks
from tests.bench.ledgers import DAY, STATUSES_ON

if TYPE_CHECKING:
    from django.contrib.auth.models import User

TEXTS = ("part_number", "shop_reference", "shop_status", "notes")
OPEN = STATUSES_ON[Sheet.ACTIVE]


def pick(count: int, *, seed: int = 2, sheets: Sequence[Sheet] = tuple(Sheet)) -> list[RepairOrder]:
    """Orders scattered over these sheets, in no order of their rows."""
    numbers = RepairOrder.objects.filter(sheet__in=sheets).order_by("number").values_list("number", flat=True)
    chosen = random.Random(seed).sample(list(numbers), count)
    found = RepairOrder.objects.in_bulk(chosen, field_name="number")
    return [found[number] for number in chosen]


def next_open_status(order: RepairOrder) -> str:
    """Another status with which the order stays on Active."""
    return PATH[(PATH.index(order.status) + 1) % len(OPEN)]


def change_in_bulk(chosen: Sequence[RepairOrder], *, seed: int = 3) -> None:
    """Leaves behind what so many changes of a status or a text do: other values and a mark for each order."""
    chance = random.Random(seed)
    changed: dict[tuple[str, ...], list[RepairOrder]] = {}
    for order in chosen:
        on_active = order.sheet == Sheet.ACTIVE and chance.random() < 0.5
        fields = _advance(order) if on_active else _reword(order, chance)
        changed.setdefault(fields, []).append(order)
    for fields, them in changed.items():
        RepairOrder.objects.bulk_update(them, fields, batch_size=250)
    marks.mark_all(RepairOrder.objects.filter(pk__in=[order.pk for order in chosen]))


def _advance(order: RepairOrder) -> tuple[str, ...]:
    order.status = next_open_status(order)
    order.status_date = order.last_updated = (order.status_date or DAY) + timedelta(days=9)
    order.next_update = order.status_date + timedelta(days=9)
    return "status", "status_date", "last_updated", "next_update"


def _reword(order: RepairOrder, chance: random.Random) -> tuple[str, ...]:
    field = chance.choice(TEXTS)
    setattr(order, field, f"changed {chance.randrange(10**6)}")
    return (field,)


def pay(chosen: Iterable[RepairOrder], *, by: "User") -> None:
    """Sets orders to PAID, which moves their rows to another sheet."""
    for order in chosen:
        orders.change_status(order, by=by, to="PAID")


def add(count: int, *, by: "User") -> None:
    shop = Shop.objects.earliest("pk")
    for index in range(count):
        orders.create(by=by, shop=shop, part_number=f"NEW-{index}", description="FUEL PUMP")
