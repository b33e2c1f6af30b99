"""The cast of the queue's stories: Amy and Tom, a shop with an address, orders there, and the office's words."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from notifications import queue
from notifications.models import Notification
from notifications.signals import entry_ended
from people.roles import Role, give
from repairs.models import RepairOrder, Shop
from tests.support.shop_and_orders import NewOrder, aero_avionics, order_maker

NewDraft = Callable[..., Notification]


@pytest.fixture(autouse=True)
def sender(settings: Settings) -> None:
    settings.MAIL_FROM = "repairs@genthrust.example"
    settings.MAIL_CC = ["office@genthrust.example"]


def person(name: str, role: Role) -> User:
    made = User.objects.create_user(name)
    give(made, role)
    return made


@pytest.fixture
def amy(db: None) -> User:
    """Of the office."""
    return person("amy", Role.OFFICE)


@pytest.fixture
def tom(db: None) -> User:
    """A technician."""
    return person("tom", Role.TECHNICIAN)


@pytest.fixture
def shop(amy: User) -> Shop:
    return aero_avionics()


@pytest.fixture
def new_order(amy: User, shop: Shop) -> NewOrder:
    return order_maker(amy, shop)


@pytest.fixture
def order(new_order: NewOrder) -> RepairOrder:
    return new_order()


@pytest.fixture
def new_draft(new_order: NewOrder) -> NewDraft:
    """A draft about an order of its own."""

    def make(order: RepairOrder | None = None) -> Notification:
        draft = queue.draft_for(order or new_order(), cause=Notification.Cause.OVERDUE)
        assert draft is not None
        return draft

    return make


@pytest.fixture
def draft(new_draft: NewDraft, order: RepairOrder) -> Notification:
    return new_draft(order)


@pytest.fixture
def reminder(new_order: NewOrder) -> Notification:
    made = queue.remind_person(new_order("RECEIVED"), cause=Notification.Cause.OVERDUE)
    assert made is not None
    return made


@pytest.fixture
def ended() -> Iterator[list[Notification]]:
    """The entries whose end was announced."""
    heard: list[Notification] = []

    def hear(*, notification: Notification, **_: object) -> None:
        heard.append(notification)

    entry_ended.connect(hear)
    yield heard
    entry_ended.disconnect(hear)


@pytest.fixture
def site(client: Client, amy: User) -> Client:
    """A browser in which Amy is signed in."""
    client.force_login(amy)
    return client


@pytest.fixture
def back_office(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("olga"))
    return client
