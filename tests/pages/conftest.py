"""The cast of the pages: an admin, a clerk, a technician, and orders that stand somewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from people.roles import Role, give
from repairs import orders, shops
from repairs.models import RepairOrder, Shop
from sync.marks import the_workbook
from sync.models import Replica

MakeOrder = Callable[..., RepairOrder]


@pytest.fixture
def may_write(db: None, settings: Settings, tmp_path: Path) -> Path:
    """A sender for mail and a folder for documents; gives a folder for more."""
    settings.MAIL_FROM = "repairs@genthrust.example"
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return tmp_path


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create_superuser("olga", password="a long password")


@pytest.fixture
def clerk(db: None) -> User:
    """A person of the back office, who may do all but keep accounts."""
    return person("tom", Role.OFFICE)


@pytest.fixture
def technician(db: None) -> User:
    return person("tina", Role.TECHNICIAN)


def person(name: str, role: Role | None) -> User:
    """Somebody with a role, or with none yet."""
    made = User.objects.create_user(name, password="a long password")
    give(made, role)
    return made


@pytest.fixture
def site(client: Client, clerk: User) -> Client:
    """A browser in which the clerk is signed in."""
    client.force_login(clerk)
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


def sent(answer: Any) -> bytes:
    """The body of an answer. A file behind it is closed; the request is not ended, which would end our connection."""
    body = b"".join(answer) if answer.streaming else answer.content
    for close in answer._resource_closers:
        close()
    return bytes(body)
