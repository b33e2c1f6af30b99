"""Follows everything that happens to orders and to entries of the queue, inside the transaction of the act."""

from typing import TYPE_CHECKING, Any

from notifications import followups, outlook_items, queue
from notifications.models import Notification
from notifications.signals import entry_ended
from people.signals import microsoft_connected
from repairs.models import RepairOrder
from repairs.signals import OrderEvent, order_changed

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def listen() -> None:
    order_changed.connect(_on_order_changed, dispatch_uid="notifications.listening")
    entry_ended.connect(_on_entry_ended, dispatch_uid="notifications.listening")
    microsoft_connected.connect(_on_microsoft_connected, dispatch_uid="notifications.listening")


def _on_order_changed(*, order: RepairOrder, event: OrderEvent, **_: Any) -> None:
    _follow_up(order, event)
    queue.withdraw_moved_on(order, event)


def _follow_up(order: RepairOrder, event: OrderEvent) -> None:
    if event.status_change is not None:
        followups.status_changed(order)
        return
    if event.fields & {"next_update", "sheet"}:
        followups.moved(order)
    if event.fields & {"terms", "sheet"}:
        followups.terms_changed(order)


def _on_microsoft_connected(*, person: "User", **_: Any) -> None:
    outlook_items.person_is_back(person)


def _on_entry_ended(*, notification: Notification, **_: Any) -> None:
    followups.entry_ended(notification)
