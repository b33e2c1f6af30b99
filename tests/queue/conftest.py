"""The cast of the queue's stories: Amy and Tom, a shop with an address, orders there, and the office's words."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from pytest_django import Settings

from notifications import queue
from notifications.models import Notification
from notifications.signals import entry_ended
from people.roles import Role, give
from repairs import orders, shops
from repairs.models import RepairOrder, Shop

NewOrder = Callable[..., RepairOrder]
NewDraft = Callable[..., Notification]


@pytest.fixture(autouse=True)
def sender(settings: Settings) -> None:
    settings.MAIL_FROM = "repairs@genthrust.example"
    settings.MAIL_CC = ["office@genthrust.example"]


@pytest.fixture
def written(db: None) -> None:
    """What migrations wrote, and a test with real transactions has swept away with its own rows."""
    importlib.import_module("repairs.migrations.0002_rules").write_rules(apps, None)
    importlib.import_module("notifications.migrations.0002_templates").write_templates(apps, None)


def person(name: str, role: Role) -> User:
    made = User.objects.create_user(name)
    give(made, role)
    return made


@pytest.fixture
def amy(written: None) -> User:
    """Of the office."""
    return person("amy", Role.OFFICE)


@pytest.fixture
def tom(written: None) -> User:
    """A technician."""
    return person("tom", Role.TECHNICIAN)


@pytest.fixture
def shop(amy: User) -> Shop:
    return shops.create(by=amy, name="Aero Avionics", email="quotes@aero.example", contact="Ruth")


@pytest.fixture
def new_order(amy: User, shop: Shop) -> NewOrder:
    """An order that waits for a quote, unless told otherwise."""

    def make(status: str = "WAITING QUOTE", **fields: Any) -> RepairOrder:
        order = orders.create(by=amy, **{"shop": shop, "part_number": "3605812-17", **fields})
        return orders.change_status(order, by=amy, to=status)

    return make


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
