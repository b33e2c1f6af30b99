"""Writing imported orders and shops in bulk: the one place besides the verbs where an order is written.

An import announces nothing, so it schedules nothing. It never deletes. Everything runs inside the caller's
transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from repairs import clock
from repairs.activity import as_text
from repairs.models import Activity, FieldChange, RepairOrder, Shop, ShopAlias, StatusChange
from repairs.reading import LONGEST_IN_HISTORY, HistoryEntry
from repairs.returns import keep_day_back
from repairs.shop_names import shop_key, tidy_name
from repairs.statuses import read_status

IMPORT = "import"
CHUNK = 200


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be made. `values` has the workbook's 21 fields; the shop by its name, the status as read."""

    number: int
    sheet: str
    values: Mapping[str, Any]
    history: Sequence[HistoryEntry]
    origin: str


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """An order to be changed: per field the old and the new value, in the words of NewOrder, and the sheet."""

    order: RepairOrder
    changes: Mapping[str, tuple[Any, Any]]
    history: Sequence[HistoryEntry]
    origin: str


@dataclass(slots=True)
class Shops:
    """The shops of an import by their keys."""

    by_key: dict[str, Shop] = field(default_factory=dict)

    def named(self, name: str) -> Shop | None:
        """The shop with this name, in whatever case or spacing; None for no name."""
        return self.by_key[shop_key(name)] if name else None


def find_or_create_shops(names: Iterable[str]) -> Shops:
    """The shops with these names; those that are not known yet are made, as first spelt here."""
    spelt: dict[str, str] = {}
    for name in names:
        if name:
            spelt.setdefault(shop_key(name), tidy_name(name))
    known = {shop.key: shop for shop in Shop.objects.all() if shop.key in spelt}
    merged = ShopAlias.objects.select_related("shop")
    known |= {alias.key: alias.shop for alias in merged if alias.key in spelt}
    missing = [Shop(key=key, name=name) for key, name in spelt.items() if key not in known]
    Shop.objects.bulk_create(missing, batch_size=CHUNK)
    made = {shop.key: shop for shop in Shop.objects.filter(key__in=[shop.key for shop in missing])}
    Activity.objects.bulk_create(
        [
            Activity(shop=shop, verb=Activity.Verb.IMPORTED, text=shop.name, by_name=IMPORT)
            for shop in made.values()
        ],
        batch_size=CHUNK,
    )
    return Shops(known | made)


def create_orders(new: Sequence[NewOrder], shops: Shops) -> dict[int, RepairOrder]:
    """Makes the orders with their history; gives them by number.

    Their first values are not recorded field by field: nothing changed, and each later change tells its old value.
    """
    made = _inserted([_unsaved(order, shops) for order in new])
    StatusChange.objects.bulk_create(
        [step for order in new for step in _steps(made[order.number], order.history)], batch_size=CHUNK
    )
    _record([(made[order.number], order.origin) for order in new])
    return made


def _inserted(orders: Sequence[RepairOrder]) -> dict[int, RepairOrder]:
    RepairOrder.objects.bulk_create(orders, batch_size=CHUNK)
    if connection.features.can_return_rows_from_bulk_insert:
        return {order.number: order for order in orders}
    # MySQL does not tell the ids of rows inserted in bulk.
    return RepairOrder.objects.in_bulk([order.number for order in orders], field_name="number")


def change_orders(changed: Sequence[ChangedOrder], shops: Shops) -> None:
    """Writes the changes; each order's version counts up by one."""
    now = clock.now()
    written = {"version", "updated_at"}
    steps: list[StatusChange] = []
    for item in changed:
        columns = _columns({name: new for name, (_, new) in item.changes.items()}, shops)
        steps += _steps(item.order, item.history) + _status_step(item)
        if "status" in item.changes:
            keep_day_back(item.order)
        for name, value in {**columns, "version": item.order.version + 1, "updated_at": now}.items():
            setattr(item.order, name, value)
        written |= set(columns)
    RepairOrder.objects.bulk_update([item.order for item in changed], sorted(written), batch_size=CHUNK)
    StatusChange.objects.bulk_create(steps, batch_size=CHUNK)
    _record_changes(changed)


def steps_not_yet_known(histories: Mapping[int, Sequence[HistoryEntry]]) -> dict[int, list[HistoryEntry]]:
    """Of the histories by order id, the entries that an earlier import has not brought yet."""
    known: dict[int, Counter[tuple[Any, ...]]] = {}
    for step in StatusChange.objects.filter(order_id__in=list(histories), imported=True):
        key = (step.to_status, step.on, step.at, step.by_name, step.cost)
        known.setdefault(step.order_id, Counter())[key] += 1
    return {
        order_id: _missing(entries, known.get(order_id, Counter())) for order_id, entries in histories.items()
    }


def _missing(entries: Sequence[HistoryEntry], known: Counter[tuple[Any, ...]]) -> list[HistoryEntry]:
    missing = []
    for entry in entries:
        key = (_status_name(entry), entry.on, entry.at, _user_name(entry), entry.cost)
        if known[key]:
            known[key] -= 1
        else:
            missing.append(entry)
    return missing


def _unsaved(order: NewOrder, shops: Shops) -> RepairOrder:
    return RepairOrder(sheet=order.sheet, **_columns(order.values, shops) | {"number": order.number})


def _columns(values: Mapping[str, Any], shops: Shops) -> dict[str, Any]:
    """The model's fields for values in the workbook's words."""
    columns = dict(values)
    if "shop" in columns:
        columns["shop"] = shops.named(columns["shop"])
    if "status" in columns:
        status = read_status(columns["status"])
        columns |= {"status": status, "status_text": "" if status else columns["status"]}
    return columns


def _status_name(entry: HistoryEntry) -> str:
    return (read_status(entry.status) or entry.status)[: LONGEST_IN_HISTORY["status"]]


def _user_name(entry: HistoryEntry) -> str:
    return entry.user[: LONGEST_IN_HISTORY["user"]]


def _steps(order: RepairOrder, history: Sequence[HistoryEntry]) -> list[StatusChange]:
    names = ["", *(_status_name(entry) for entry in history)]
    return [
        StatusChange(
            order=order,
            from_status=before,
            to_status=_status_name(entry),
            at=entry.at,
            on=entry.on,
            by_name=_user_name(entry),
            cost=entry.cost,
            imported=True,
        )
        for before, entry in zip(names, history, strict=False)
    ]


def _status_step(item: ChangedOrder) -> list[StatusChange]:
    """The step that a status changed in the workbook is, unless the history there tells of it already."""
    old, new = item.changes.get("status", ("", ""))
    if old == new or any(_status_name(entry) == new for entry in item.history):
        return []
    _, on = item.changes.get("status_date", (None, item.order.status_date))
    return [
        StatusChange(
            order=item.order,
            from_status=old[:255],
            to_status=new[:255],
            at=clock.now(),
            on=on or clock.today(),
            by_name=IMPORT,
            imported=True,
        )
    ]


def _record(acts: Sequence[tuple[RepairOrder, str]]) -> None:
    """One activity per order."""
    Activity.objects.bulk_create(
        [
            Activity(
                order=order,
                order_number=order.number,
                order_version=order.version,
                verb=Activity.Verb.IMPORTED,
                text=origin,
                by_name=IMPORT,
            )
            for order, origin in acts
        ],
        batch_size=CHUNK,
    )


def _record_changes(changed: Sequence[ChangedOrder]) -> None:
    """One activity per order, with every field that changed."""
    _record([(item.order, item.origin) for item in changed])
    orders = [item.order for item in changed]
    recorded = Activity.objects.filter(verb=Activity.Verb.IMPORTED, order__in=orders)
    ids = {
        (order_id, version): pk
        for pk, order_id, version in recorded.values_list("pk", "order", "order_version")
    }
    FieldChange.objects.bulk_create(
        [
            FieldChange(
                activity_id=ids[item.order.pk, item.order.version],
                field=name,
                old=as_text(old),
                new=as_text(new),
            )
            for item in changed
            for name, (old, new) in item.changes.items()
        ],
        batch_size=CHUNK,
    )
