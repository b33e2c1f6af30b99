"""A shop with an address, and orders there that wait for a quote: with these many stories begin."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User

from repairs import orders, shops
from repairs.models import RepairOrder, Shop

NewOrder = Callable[..., RepairOrder]


def aero_avionics() -> Shop:
    return shops.create(by=None, name="Aero Avionics", email="quotes@aero.example", contact="Ruth")


def order_maker(by: User, shop: Shop) -> NewOrder:
    """Makes orders that wait for a quote, unless told otherwise."""

    def make(status: str = "WAITING QUOTE", **fields: Any) -> RepairOrder:
        order = orders.create(by=by, **{"shop": shop, "part_number": "3605812-17", **fields})
        return orders.change_status(order, by=by, to=status)

    return make
