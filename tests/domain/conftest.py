"""The cast of the domain's stories: Amy of the office, Tom the technician, a shop, and an order there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from repairs import orders, shops
from repairs.models import RepairOrder, Shop

NewOrder = Callable[..., RepairOrder]


def _person(name: str) -> User:
    person = get_user_model().objects.create_user(name)
    assert isinstance(person, User)
    return person


@pytest.fixture
def amy(db: None) -> User:
    """Of the office."""
    return _person("amy")


@pytest.fixture
def tom(db: None) -> User:
    """A technician."""
    return _person("tom")


@pytest.fixture
def shop(amy: User) -> Shop:
    return shops.create(by=amy, name="Aero Avionics", email="quotes@aero.example")


@pytest.fixture
def new_order(amy: User, shop: Shop) -> NewOrder:
    def make(**fields: Any) -> RepairOrder:
        return orders.create(by=amy, **{"shop": shop, "part_number": "3605812-17", **fields})

    return make


@pytest.fixture
def order(new_order: NewOrder) -> RepairOrder:
    return new_order()
