"""Recording who did what. Called inside the transaction of the act."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from repairs.models import Activity, FieldChange, RepairOrder, Shop

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SYSTEM = "system"
Change = tuple[Any, Any]


def name_of(by: "User | None") -> str:
    """The name that stands in the records; the system's for work that nobody started."""
    return by.get_username() if isinstance(by, AbstractBaseUser) else SYSTEM


def as_text(value: Any) -> str:
    """A field's value as people read it: dates as 2025-11-24, money with two decimals, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(value)


def record(
    order: RepairOrder,
    *,
    verb: Activity.Verb,
    by: "User | None",
    changes: Mapping[str, Change],
    text: str = "",
) -> Activity:
    """One act on an order, with the old and the new value of every field that it changed."""
    entry = _entry(order, verb=verb, by=by, text=text)
    entry.save()
    FieldChange.objects.bulk_create(_field_changes(entry, changes))
    return entry


def record_all(orders: Iterable[RepairOrder], *, verb: Activity.Verb, by: "User | None", text: str) -> None:
    """The same act on many orders, which changed none of their fields."""
    Activity.objects.bulk_create(
        [_entry(order, verb=verb, by=by, text=text) for order in orders], batch_size=500
    )


def _entry(order: RepairOrder, *, verb: Activity.Verb, by: "User | None", text: str) -> Activity:
    return Activity(
        order=order,
        order_number=order.number,
        order_version=order.version,
        verb=verb,
        text=text,
        by=by,
        by_name=name_of(by),
    )


def record_shop(
    shop: Shop, *, verb: Activity.Verb, by: "User | None", changes: Mapping[str, Change]
) -> Activity:
    """One act on a shop."""
    entry = Activity.objects.create(shop=shop, verb=verb, text=shop.name, by=by, by_name=name_of(by))
    FieldChange.objects.bulk_create(_field_changes(entry, changes))
    return entry


def record_rule(about: str, *, by: "User | None", changes: Mapping[str, Change]) -> Activity:
    """A change of what the office decides for all orders: a rule, or the words of a template. `about` names it."""
    entry = Activity.objects.create(verb=Activity.Verb.RULE, text=about, by=by, by_name=name_of(by))
    FieldChange.objects.bulk_create(_field_changes(entry, changes))
    return entry


def of_rule(about: str) -> QuerySet[Activity]:
    """The changes of what `record_rule` names so."""
    return Activity.objects.filter(verb=Activity.Verb.RULE, text=about)


def _field_changes(entry: Activity, changes: Mapping[str, Change]) -> Iterable[FieldChange]:
    return [
        FieldChange(activity=entry, field=field, old=as_text(old), new=as_text(new))
        for field, (old, new) in changes.items()
    ]
