"""The cast of the pages: the office, a technician, and orders that stand somewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from repairs import orders, shops
from repairs.models import RepairOrder, Shop
from sync.marks import the_workbook
from sync.models import Replica

MakeOrder = Callable[..., RepairOrder]


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create_superuser("olga", password="a long password")


@pytest.fixture
def technician(db: None) -> User:
    return User.objects.create_user("tom", password="a long password")


@pytest.fixture
def site(client: Client, technician: User) -> Client:
    """A browser in which the technician is signed in."""
    client.force_login(technician)
    return client


@pytest.fixture
def shop(db: None) -> Shop:
    return shops.create(by=None, name="Palmetto Landing Gear")


@pytest.fixture
def make_order(shop: Shop) -> MakeOrder:
    def make(**fields: Any) -> RepairOrder:
        given: dict[str, Any] = {"shop": shop, "part_number": "066-50013-0101"} | fields
        return orders.create(by=None, **given)

    return make


@pytest.fixture
def order(make_order: MakeOrder) -> RepairOrder:
    return make_order(serial_number="00123", description="Transponder", notes="first line\nsecond line")


@pytest.fixture
def replica(order: RepairOrder) -> Replica:
    return Replica.objects.get(workbook=the_workbook(), order=order)
