"""The named sets of orders and the figures over them.

A figure and the list that it opens (repairs.listing) come from the same named set, so they cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Value

from repairs.models import RepairOrder, Shop
from repairs.models.orders import OrderQuerySet
from repairs.searching import MOST_WORDS
from repairs.statuses import APPROVED, IN_WORK, SHIPPED, WAITING_QUOTE, Sheet

HIGH_VALUE = Decimal(10_000)
"""From this committed cost on (USD, inclusive) an order is of high value."""
DAYS_OF_A_WEEK = 7


@dataclass(frozen=True)
class NamedSet:
    """Orders that people call by one name. `sheet` is where they stand, or "" when they stand anywhere."""

    key: str
    label: str
    of: Callable[[OrderQuerySet, date], OrderQuerySet]
    sheet: str = Sheet.ACTIVE
    money: bool = False
    urgent: bool = False


def _with_status(status: str) -> Callable[[OrderQuerySet, date], OrderQuerySet]:
    return lambda orders, _today: orders.active().filter(status=status)


def _high_value(orders: OrderQuerySet, _today: date) -> OrderQuerySet:
    return orders.filter(Q(committed_cost__gte=HIGH_VALUE))


def _due_this_week(orders: OrderQuerySet, today: date) -> OrderQuerySet:
    return orders.due_between(today, today + timedelta(days=DAYS_OF_A_WEEK - 1))


FIGURES = (
    NamedSet("active", "Active", lambda orders, _: orders.active()),
    NamedSet("overdue", "Overdue", lambda orders, today: orders.overdue(today), urgent=True),
    NamedSet("waiting-quote", "Waiting quote", _with_status(WAITING_QUOTE)),
    NamedSet("approved", "Approved", _with_status(APPROVED)),
    NamedSet("in-work", "In work", _with_status(IN_WORK)),
    NamedSet("shipped", "Shipped", _with_status(SHIPPED)),
    NamedSet("value", "Value in work", lambda orders, _: orders.active(), money=True),
    NamedSet(
        "net", "NET awaiting payment", lambda orders, _: orders.filter(sheet=Sheet.NET), Sheet.NET, money=True
    ),
)
DUE_THIS_WEEK = NamedSet("due-this-week", "Due this week", _due_this_week)
HIGH_VALUE_SET = NamedSet("high-value", "High value", _high_value, sheet="")
BY_KEY = {named.key: named for named in (*FIGURES, DUE_THIS_WEEK, HIGH_VALUE_SET)}
QUICK_FILTERS = (BY_KEY["overdue"], DUE_THIS_WEEK, HIGH_VALUE_SET, BY_KEY["waiting-quote"])


@dataclass(frozen=True)
class Figure:
    """One figure of the dashboard: how many orders, and their committed money (USD)."""

    named: NamedSet
    orders: int
    money: Decimal


def figures(today: date) -> list[Figure]:
    """The eight figures, in one statement."""
    first, *rest = (_measured(named, today) for named in FIGURES)
    found = {row["key"]: row for row in first.union(*rest, all=True)}
    return [
        Figure(named, found[named.key]["orders"], found[named.key]["money"] or Decimal(0))
        for named in FIGURES
    ]


def _measured(named: NamedSet, today: date) -> QuerySet[RepairOrder, dict[str, Any]]:
    counted = named.of(RepairOrder.objects.order_by(), today)
    measured: Any = counted.annotate(key=Value(named.key)).values("key")
    rows: QuerySet[RepairOrder, dict[str, Any]] = measured.annotate(
        orders=Count("pk"), money=Sum("committed_cost")
    )
    return rows


def shops(search: str) -> QuerySet[Shop]:
    """The shops in whose name, place, contact or address every word occurs, with how many orders are open there."""
    found = Shop.objects.annotate(
        open_orders=Count("orders", filter=Q(orders__sheet=Sheet.ACTIVE)), all_orders=Count("orders")
    )
    for word in search.split()[:MOST_WORDS]:
        fields = ("name", "city", "state", "country", "contact", "email", "phone", "aliases__name")
        named = [Q(**{f"{field}__icontains": word}) for field in fields]
        found = found.filter(pk__in=Shop.objects.filter(reduce(or_, named)).values("pk"))
    return found.order_by("name")
