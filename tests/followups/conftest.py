"""The cast: Amy who has an Outlook, Tom who has none, a shop, an order, the office's rules and words, a clock."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import override_settings
from time_machine import Traveller

from repairs import orders, shops
from repairs.models import RepairOrder, Shop
from sync.emulator.process import EmulatorProcess, start_emulator
from tests.followups.outlook import Desk
from tests.graph.emulated import make_ledger

NewOrder = Callable[..., RepairOrder]
MONDAY = dt.datetime(2026, 1, 5, 15, 0, tzinfo=dt.UTC)  # 10:00 in New York


def person(name: str, email: str = "") -> User:
    made = get_user_model().objects.create_user(name, email=email)
    assert isinstance(made, User)
    return made


@pytest.fixture
def amy(db: None) -> User:
    return person("amy", "amy@genthrust.example")


@pytest.fixture
def tom(db: None) -> User:
    return person("tom")


@pytest.fixture
def shop(amy: User) -> Shop:
    return shops.create(by=amy, name="Aero Avionics", email="quotes@aero.example", phone="305-555-0100")


@pytest.fixture
def new_order(amy: User, shop: Shop) -> NewOrder:
    def make(**fields: Any) -> RepairOrder:
        return orders.create(by=amy, **{"shop": shop, "part_number": "3605812-17", **fields})

    return make


@pytest.fixture
def order(new_order: NewOrder) -> RepairOrder:
    return new_order()


@pytest.fixture
def clock() -> Iterator[Traveller]:
    """A clock that stands still until it is moved; it begins on a Monday morning in winter."""
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = make_ledger(tmp_path_factory.mktemp("outlook") / "orders.xlsx")
    with start_emulator(path, token="follow-ups", options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def desk(emulator: EmulatorProcess, db: None) -> Iterator[Desk]:
    """Everybody's Outlook, empty."""
    there = {"GRAPH_BASE_URL": emulator.base_url, "GRAPH_STATIC_TOKEN": emulator.token, "GRAPH_ADDRESS": ""}
    desk = Desk(emulator)
    desk.begin()
    with override_settings(**there):
        yield desk
    desk.close()
