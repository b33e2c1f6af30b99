"""Settling what a person changed in the workbook and the tracker left alone: take theirs, or write ours.

Theirs goes through the verbs of the order, so history and follow-ups happen. Ours is written by the next flush,
and the text that gives way is kept in the order's history.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from repairs import activity, clock, orders, shop_names, shops
from repairs.errors import Refusal
from repairs.fields import LONGEST_TEXT
from repairs.keys import read_key
from repairs.models import Activity, RepairOrder, Shop
from repairs.statuses import STATUSES
from repairs.wording import quoted
from sync import columns, doorbell
from sync.columns import BY_FIELD, Kind, Value, meaning
from sync.merge import SHEET
from sync.models import Replica, Workbook

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SETTLED = "This has been settled meanwhile."


@dataclass(frozen=True)
class Difference:
    """One cell that says something else than the order: what the workbook says, and what was last agreed."""

    replica: Replica
    field: str
    theirs: str
    ours: str
    agreed: str

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.replica.pk}.{self.field}"


def differences_of(replica: Replica) -> list[Difference]:
    """What was seen in the row of an order and left alone, in the order of the columns, as people read it."""
    order = replica.order
    agreed = (replica.agreed or {}) | {SHEET: replica.sheet}
    return [
        Difference(replica, name, shown(name, text), ours(order, name), _noted(agreed.get(name)))
        for name, text in sorted(replica.seen.items(), key=lambda seen: _place(seen[0]))
    ]


def _place(name: str) -> int:
    return BY_FIELD[name].index if name in BY_FIELD else -1


def _noted(value: Any) -> str:
    return "" if value is None else str(value)


def shown(name: str, text: Any) -> str:
    """The cell as people read it: the serial number of a day as that day, everything else as it stands there."""
    return str(text) if name == SHEET else columns.shown(BY_FIELD[name], text)


def ours(order: RepairOrder, name: str) -> str:
    """What the order says in a field, as people read it."""
    if name == "shop":
        return order.shop.name if order.shop else ""
    return order.shown_status if name == "status" else activity.as_text(getattr(order, name))


def take_theirs(replica: Replica, *, fields: Collection[str], by: "User | None") -> None:
    """Gives the order what the workbook says in these fields. Refused when that can't be read, or is gone."""
    with transaction.atomic():
        order = RepairOrder.objects.select_for_update().get(pk=replica.order_id)
        seen = _still_seen(Replica.objects.select_for_update().get(pk=replica.pk), fields)
        give(order, {name: read_theirs(name, text) for name, text in seen.items()}, by=by)
        _forget(replica, seen)


def read_theirs(name: str, text: Any) -> Value:
    """What a cell's text means for the order. Raises Refusal where it means nothing."""
    if name == SHEET:
        return str(text)
    column = BY_FIELD[name]
    header = column.header
    if str(text).startswith("="):  # as text it would take the formula's place
        raise Refusal(f"{header}: Excel holds a formula there, which the tracker can't hold.")
    read = meaning(column, str(text))
    if not read.understood:
        raise Refusal(f"{header}: {quoted(str(text))} can't be taken. {read.problem}")
    if column.kind is Kind.STATUS and read.value not in STATUSES:
        raise Refusal(f"{header}: {quoted(str(text))} is no status of the tracker; please set one there.")
    return read.value


def give(order: RepairOrder, values: dict[str, Value], *, by: "User | None") -> None:
    """Writes values of the workbook to the order, each through its verb: status first, so that dates given win."""
    left = dict(values)
    if (status := left.pop("status", None)) and status != order.status:
        orders.change_status(order, by=by, to=str(status))
    sheet = left.pop(SHEET, None)
    if "shop" in left:
        left["shop"] = _shop(str(left["shop"]), by=by)  # type: ignore[assignment]  # a Shop from here on
    if left:
        orders.edit(order, by=by, changes=left)
    if sheet:
        orders.archive(order, by=by, sheet=str(sheet))


def _shop(name: str, *, by: "User | None") -> Shop:
    if not name:
        raise Refusal("SHOP NAME is empty in Excel; an order keeps its shop.")
    return shop_names.by_name(name) or shops.create(by=by, name=name)


def write_ours(replica: Replica, *, fields: Collection[str], by: "User | None") -> None:
    """Has the order's values of these fields written over what the workbook says, by the next flush.

    What was agreed on these cells no longer counts, so the tracker's value wins. Refused while the workbook is being
    read or written: what that work knows of the row would come back over the decision.
    """
    with transaction.atomic():
        book = Workbook.objects.select_for_update().get(pk=replica.workbook_id)
        if book.lease_until and book.lease_until > clock.now():
            raise Refusal("Excel is being read or written right now. Please try again in a moment.")
        order = RepairOrder.objects.select_for_update().get(pk=replica.order_id)
        locked = Replica.objects.select_for_update().get(pk=replica.pk)
        seen = _still_seen(locked, fields)
        locked.agreed = {name: v for name, v in (locked.agreed or {}).items() if name not in seen}
        locked.seen = {name: v for name, v in locked.seen.items() if name not in seen}
        locked.sheet = "" if SHEET in seen else locked.sheet
        locked.pending_since = Coalesce(F("pending_since"), clock.now())
        locked.save(update_fields=["agreed", "seen", "sheet", "pending_since"])
        told = ", ".join("the sheet" if name == SHEET else BY_FIELD[name].header for name in seen)
        text = f"The tracker's value is to be written over Excel's in {told}."
        orders.record_event(order, verb=Activity.Verb.EXCEL, by=by, text=text[:LONGEST_TEXT])
        transaction.on_commit(doorbell.ring)


def _still_seen(replica: Replica, fields: Collection[str]) -> dict[str, Any]:
    found = {name: text for name, text in replica.seen.items() if name in fields}
    if not found or len(found) < len(set(fields)):
        raise Refusal(SETTLED)
    return found


def _forget(replica: Replica, fields: Collection[str]) -> None:
    """The order says it too now; the next flush reads that, and nobody need see it as a difference until then."""
    now = Replica.objects.get(pk=replica.pk)
    now.seen = {name: text for name, text in now.seen.items() if name not in fields}
    now.save(update_fields=["seen"])


def chosen(keys: Sequence[str]) -> list[tuple[Replica, list[str]]]:
    """The replicas and fields that a form names as Difference.key; what is no such name is left out."""
    pairs = [key.split(".", 1) for key in keys if "." in key]
    fields: dict[int, list[str]] = {}
    for text, name in pairs:
        pk = read_key(text)
        if pk is not None and (name in BY_FIELD or name == SHEET):
            fields.setdefault(pk, []).append(name)
    found = Replica.objects.select_related("order").in_bulk(list(fields))
    return [(found[pk], names) for pk, names in sorted(fields.items()) if pk in found]
