"""What the verbs of the queue share: locks, the compare-and-set of states, records and announcements.

Everything here runs inside the transaction of a verb. Locks are taken in one order everywhere: orders, their
shop, entries, each by primary key, and deliveries last.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q

from notifications.models import Notification
from notifications.signals import entry_ended
from repairs import clock, orders
from repairs.activity import name_of
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder, Shop
from sync import progress

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Notification.State
PENDING = (State.PENDING_APPROVAL,)


class Overtaken(Refusal):
    """Somebody else was faster: the entry as it is now."""

    def __init__(self, sentence: str, notification: Notification) -> None:
        super().__init__(sentence)
        self.notification = notification


@dataclass(frozen=True)
class Held:
    """A locked entry with the drafts that it replaced and all orders that it is about."""

    entry: Notification
    children: list[Notification]
    orders: list[RepairOrder]

    @property
    def all(self) -> list[Notification]:
        return [self.entry, *self.children]


def hold(notification: Notification, *, states: Collection[str], expected_version: int | None = None) -> Held:
    """Locks an entry with all that belongs to it, and refuses unless it is as the person saw it.

    Raises Overtaken when it is in none of `states`, has another version, or is part of a mail about several orders.
    """
    shown = Notification.objects.get(pk=notification.pk)
    members = Notification.objects.filter(Q(pk=shown.pk) | Q(parent=shown))
    pks = list(members.values_list("pk", flat=True))
    locked_orders = lock_orders(members.filter(order__isnull=False).values_list("order", flat=True))
    if shown.shop_id is not None:
        Shop.objects.select_for_update().get(pk=shown.shop_id)
    locked = {entry.pk: entry for entry in lock_entries(pks)}
    entry = locked.pop(shown.pk)
    refuse_overtaken(entry, states, shown.version if expected_version is None else expected_version)
    return Held(entry, list(locked.values()), locked_orders)


def lock_orders(pks: Iterable[int]) -> list[RepairOrder]:
    return list(RepairOrder.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk"))


def lock_entries(pks: Collection[int]) -> list[Notification]:
    return list(Notification.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def move(held: Held, *, to: State, by: "User | None" = None, **fields: Any) -> None:
    """Brings an entry and its children from the state that it has to another one, by compare-and-set.

    With `by`, it is that person's decision. An entry that ended leaves room for the order's next draft.
    """
    values: dict[str, Any] = {"state": to, "version": F("version") + 1, **fields}
    if by is not None:
        values |= {"decided_by": by, "decided_by_name": name_of(by), "decided_at": clock.now()}
    ends = to not in Notification.OPEN
    if ends:
        values |= {"open_key": None}
    pks = [entry.pk for entry in held.all]
    moved = Notification.objects.filter(pk__in=pks, state=held.entry.state).update(**values)
    if moved != len(pks):
        raise Overtaken(overtaken_sentence(held.entry), held.entry)
    for entry in held.all:
        entry.refresh_from_db()
        if ends:
            entry_ended.send(sender=Notification, notification=entry)
    queue_changed()


def save(entry: Notification, **values: Any) -> None:
    """Writes fields of a locked entry and counts its version up."""
    for name, value in {**values, "version": entry.version + 1}.items():
        setattr(entry, name, value)
    entry.save(update_fields=[*values, "version"])
    queue_changed()


def record(about: Sequence[RepairOrder], entry: Notification, *, by: "User | None", text: str) -> None:
    """Tells the history of each order what happened to an entry about it."""
    reminder = entry.kind == Notification.Kind.TASK_REMINDER
    verb = Activity.Verb.REMINDER if reminder else Activity.Verb.EMAIL
    for order in about:
        orders.record_event(order, verb=verb, by=by, text=text)


def queue_changed() -> None:
    """Tells every open page, once per transaction and after it."""
    waiting = transaction.get_connection().run_on_commit
    if all(callback is not _tell for _, callback, _ in waiting):
        transaction.on_commit(_tell)


def refuse_overtaken(entry: Notification, states: Collection[str], version: int) -> None:
    if entry.state not in states or entry.parent_id is not None or entry.version != version:
        raise Overtaken(overtaken_sentence(entry), entry)


def overtaken_sentence(entry: Notification) -> str:
    """What became of an entry that is not as the person saw it."""
    if entry.parent_id is not None:
        return f"It is part of a mail about several orders now: “{entry.parent}”."
    if entry.state == State.PENDING_APPROVAL:
        who = entry.edited_by_name
        return f"It was changed {f'by {who} ' if who else ''}meanwhile. Nothing was saved."
    if entry.state == State.FAILED:
        return "It was not sent: it failed. It can be tried again, or edited and approved anew. Nothing was changed."
    what = "done" if _is_done_reminder(entry) else State(entry.state).label.lower()
    who = f" by {entry.decided_by_name}" if entry.decided_by_name else ""
    return f"It is {what} already{who}. Nothing was changed."


def _is_done_reminder(entry: Notification) -> bool:
    return entry.kind == Notification.Kind.TASK_REMINDER and entry.state == State.SENT


def _tell() -> None:
    progress.hint("queue")
