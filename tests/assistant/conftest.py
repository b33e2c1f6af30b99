"""The model behind these tests is the stand-in; everything else is the real thing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from people.roles import Role, give
from repairs.models import RepairOrder, Shop
from tests.assistant.standin import KEY, StandIn
from tests.support.server_processes import DIE_WITH_PARENT
from tests.support.shop_and_orders import NewOrder, aero_avionics, order_maker

ROOT = Path(__file__).resolve().parents[2]
WORKER = "import django; django.setup(); from sync import runs; runs.sweep_lane('assistant')"


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


@pytest.fixture
def worker_environment(child_environment: dict[str, str], model: StandIn) -> dict[str, str]:
    return {
        **child_environment,
        "DJANGO_SETTINGS_MODULE": "genthrust.settings",
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": model.url,
    }


@pytest.fixture
def worker(worker_environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the assistant's lane as a process of its own, which does what is due and ends."""
    running = subprocess.Popen(
        [*DIE_WITH_PARENT, sys.executable, "-c", WORKER], cwd=ROOT, env=worker_environment
    )
    yield running
    running.kill()
    running.wait()
