"""The model behind these tests is the stand-in; everything else is the real thing."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from people.roles import Role, give
from repairs.models import RepairOrder, Shop
from tests.assistant.standin import KEY, StandIn
from tests.support.shop_and_orders import NewOrder, aero_avionics, order_maker


@pytest.fixture(scope="session")
def running_standin() -> Iterator[StandIn]:
    running = StandIn()
    yield running
    running.close()


@pytest.fixture
def model(running_standin: StandIn, settings: Settings) -> StandIn:
    """A model that says what the test tells it to say."""
    running_standin.begin()
    settings.ANTHROPIC_API_KEY = KEY
    settings.ANTHROPIC_BASE_URL = running_standin.url
    return running_standin


@pytest.fixture(autouse=True)
def sender(settings: Settings) -> None:
    settings.MAIL_FROM = "repairs@genthrust.example"
    settings.MAIL_CC = []


@pytest.fixture
def amy(db: None) -> User:
    """An admin."""
    return User.objects.create_superuser("amy", password="a long password")


@pytest.fixture
def tom(db: None) -> User:
    """Of the office as well, without being an admin."""
    made = User.objects.create_user("tom", password="a long password")
    give(made, Role.OFFICE)
    return made


@pytest.fixture
def shop(db: None) -> Shop:
    return aero_avionics()


@pytest.fixture
def new_order(amy: User, shop: Shop) -> NewOrder:
    return order_maker(amy, shop)


@pytest.fixture
def order(new_order: NewOrder) -> RepairOrder:
    return new_order(serial_number="00123", description="Transponder", estimated_cost="1500")
