"""What the pages read: the named sets of orders, the figures over them, and the list with its search.

A figure and the list that it opens come from the same named set, so they cannot disagree.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Replace

from repairs.models import RepairOrder, Shop
from repairs.models.orders import OrderQuerySet
from repairs.reading import read_number
from repairs.statuses import APPROVED, IN_WORK, SHIPPED, WAITING_QUOTE, Sheet

HIGH_VALUE = Decimal(10_000)
"""From this committed cost on (USD, inclusive) an order is of high value."""
DAYS_OF_A_WEEK = 7
LONGEST_SEARCH = 200
MOST_WORDS = 8
ALL_SHEETS = "All"


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
    return orders.with_committed_cost().filter(Q(committed_cost__gte=HIGH_VALUE))


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
_BY_KEY = {named.key: named for named in (*FIGURES, DUE_THIS_WEEK, HIGH_VALUE_SET)}
QUICK_FILTERS = (_BY_KEY["overdue"], DUE_THIS_WEEK, HIGH_VALUE_SET, _BY_KEY["waiting-quote"])


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
    counted = named.of(RepairOrder.objects.order_by(), today).with_committed_cost()
    measured: Any = counted.annotate(key=Value(named.key)).values("key")
    rows: QuerySet[RepairOrder, dict[str, Any]] = measured.annotate(
        orders=Count("pk"), money=Sum("committed_cost")
    )
    return rows


@dataclass(frozen=True)
class Listing:
    """What the list shows, as its address says: a sheet, a named set, a search, an order of the rows."""

    sheet: str = Sheet.ACTIVE
    show: NamedSet | None = None
    search: str = ""
    sort: str = "due"


def listing(*, sheet: str, show: str, search: str, sort: str) -> Listing:
    """Understands an address; what it does not know, it leaves out.

    A search looks on all sheets unless one is named. Active is sorted by the next update, the rest newest first.
    """
    words = " ".join(search.split())[:LONGEST_SEARCH]
    named = _BY_KEY.get(show)
    usual = ALL_SHEETS if words else Sheet.ACTIVE
    where = sheet if sheet in (*Sheet, ALL_SHEETS) else usual
    if named and named.sheet:
        where = named.sheet
    usual_sort = "due" if where == Sheet.ACTIVE and not words else "newest"
    return Listing(str(where), named, words, sort if sort in ("due", "newest") else usual_sort)


def orders_of(shown: Listing, today: date) -> OrderQuerySet:
    """The rows of a list, sorted, with shop and committed cost."""
    found = searched(RepairOrder.objects.all(), shown.search)
    if shown.show:
        found = shown.show.of(found, today)
    if shown.sheet != ALL_SHEETS:
        found = found.filter(sheet=shown.sheet)
    by = (F("next_update").asc(nulls_last=True), "-number") if shown.sort == "due" else ("-number",)
    return found.select_related("shop").with_committed_cost().order_by(*by)


def sheet_counts(search: str) -> dict[str, int]:
    """How many orders stand on each sheet, among those that the search finds; with the sum as "All"."""
    rows = searched(RepairOrder.objects.order_by(), search).values("sheet").annotate(orders=Count("pk"))
    found = {row["sheet"]: row["orders"] for row in rows}
    return {sheet: found.get(sheet, 0) for sheet in Sheet} | {ALL_SHEETS: sum(found.values())}


def searched(orders: OrderQuerySet, search: str) -> OrderQuerySet:
    """The orders in which every word occurs: as RO number, or in shop, part, serial or description.

    Part numbers are found with and without their dashes.
    """
    words = search.split()[:MOST_WORDS]
    if words:
        bare = Replace(Replace("part_number", Value("-"), Value("")), Value(" "), Value(""))
        orders = orders.annotate(bare_part=bare)
    for word in words:
        orders = orders.filter(_holds(word))
    return orders


def _holds(word: str) -> Q:
    found = (
        Q(shop__name__icontains=word)
        | Q(part_number__icontains=word)
        | Q(serial_number__icontains=word)
        | Q(description__icontains=word)
    )
    if bare := re.sub(r"[-\s]", "", word):
        found |= Q(bare_part__icontains=bare)
    if number := read_number(word):
        found |= Q(number=number)
    return found


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


def number_in(search: str) -> int | None:
    """The RO number that a search names, when it names nothing else."""
    return read_number(search) if len(search.split()) == 1 else None
