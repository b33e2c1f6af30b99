"""The named sets of orders and the figures over them.

A figure and the list that it opens (repairs.listing) come from the same named set, so they cannot disagree.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import add, or_
from typing import Any, NamedTuple

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum, Value

from repairs.book import Book
from repairs.models import RepairOrder, Shop
from repairs.models.orders import OrderQuerySet, is_overdue
from repairs.searching import MOST_WORDS
from repairs.statuses import APPROVED, IN_WORK, SHIPPED, WAITING_QUOTE, Sheet

HIGH_VALUE = Decimal(10_000)
"""From this committed cost on (USD, inclusive) an order is of high value."""
DAYS_OF_A_WEEK = 7
NOTHING = Decimal(0)


@dataclass(frozen=True)
class NamedSet:
    """Orders that people call by one name. `sheet` is where they stand, or "" when they stand anywhere.

    A figure is told by sheet, status and lateness alone, so that it can be summed from tallies. `also` says on a
    given day what else the orders of a set have in common that is no figure.
    """

    key: str
    label: str
    sheet: str = Sheet.ACTIVE
    status: str = ""
    late: bool = False
    also: Callable[[date], Q] | None = None
    money: bool = False
    urgent: bool = False

    def of(self, orders: OrderQuerySet, today: date) -> OrderQuerySet:
        """Those of some orders that are in the set."""
        named = {"sheet": self.sheet, "status": self.status}
        found = orders.filter(**{name: value for name, value in named.items() if value})
        if self.late:
            found = found.filter(is_overdue(today))
        return found.filter(self.also(today)) if self.also else found


def _high_value(_today: date) -> Q:
    return Q(committed_cost__gte=HIGH_VALUE)


def _due_this_week(today: date) -> Q:
    return Q(due__range=(today, today + timedelta(days=DAYS_OF_A_WEEK - 1)))


FIGURES = (
    NamedSet("active", "Active"),
    NamedSet("overdue", "Overdue", late=True, urgent=True),
    NamedSet("waiting-quote", "Waiting quote", status=WAITING_QUOTE),
    NamedSet("approved", "Approved", status=APPROVED),
    NamedSet("in-work", "In work", status=IN_WORK),
    NamedSet("shipped", "Shipped", status=SHIPPED),
    NamedSet("value", "Value in work", money=True),
    NamedSet("net", "NET awaiting payment", Sheet.NET, money=True),
)
DUE_THIS_WEEK = NamedSet("due-this-week", "Due this week", also=_due_this_week)
HIGH_VALUE_SET = NamedSet("high-value", "High value", sheet="", also=_high_value)
BY_KEY = {named.key: named for named in (*FIGURES, DUE_THIS_WEEK, HIGH_VALUE_SET)}
QUICK_FILTERS = (BY_KEY["overdue"], DUE_THIS_WEEK, HIGH_VALUE_SET, BY_KEY["waiting-quote"])


class Tally(NamedTuple):
    """How many orders have one status on one sheet, their committed money (US cents), and how many of them are late.

    Where no figure asks for it, status is "", and a number 0.
    """

    sheet: str
    status: str
    orders: int
    cents: int
    late: int


Portions = dict[int, list[tuple[str, str, int, int, int]]]
"""What the tallies are summed from: those of each portion of the orders."""


@dataclass(frozen=True)
class Figure:
    """One figure of the dashboard: how many orders, and their committed money (USD) if it tells of money, else 0."""

    named: NamedSet
    orders: int
    money: Decimal


def tallies(today: date, book: Book) -> list[Tally]:
    """All orders of a book, counted in one reading of narrow indexes, each sheet as far as figures tell of it.

    Statuses, money and lateness of the others are left out: most of a large book is paid long ago, and to sum and to
    group takes several times as long as to count.
    """
    return book.recall(f"tallies {today}", lambda: _summed(_portions(today, book)))


def _portions(today: date, book: Book) -> Portions:
    """Every page tells the figures, so after a change only those portions are counted that have changed orders."""
    return book.recall(
        f"portions {today}",
        lambda: _counted(RepairOrder.objects.all(), today),
        lambda known, written: _counted_again(known, written, today),
    )


def _counted_again(known: Portions, written: frozenset[int], today: date) -> Portions:
    orders = RepairOrder.objects.all()
    portions = dict(orders.filter(pk__in=written).order_by().values_list("pk", "portion"))
    if portions.keys() != written:  # an order that is gone has taken with it which portion it was in
        return _counted(orders, today)
    touched = set(portions.values())
    untouched = {portion: rows for portion, rows in known.items() if portion not in touched}
    return untouched | _counted(orders.filter(portion__in=touched), today)


def _counted(orders: OrderQuerySet, today: date) -> Portions:
    found: Portions = defaultdict(list)
    first, *others = (_tallied(orders, sheet, today) for sheet in Sheet)
    for portion, status, sheet, count, money, late in first.union(*others, all=True):
        found[portion].append((sheet, status, count, _cents(money), late))
    return dict(found)


def _cents(money: Decimal | None) -> int:
    return round((money or NOTHING).scaleb(2))


def _summed(portions: Portions) -> list[Tally]:
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for rows in portions.values():
        for sheet, status, *numbers in rows:
            before = found.get((sheet, status), (0, 0, 0))
            found[sheet, status] = tuple(map(add, before, numbers))
    return [Tally(*key, *numbers) for key, numbers in found.items()]


def _tallied(orders: OrderQuerySet, sheet: str, today: date) -> Any:
    """The tallies of one sheet in each portion, in the order of their index; a status without orders is left out."""
    told = [named for named in FIGURES if named.sheet == sheet]
    no_money: Any = Value(None, output_field=DecimalField(max_digits=14, decimal_places=2))
    by_status: Any = F("status") if any(named.status for named in told) else Value("")
    return (
        orders.order_by()
        .filter(sheet=sheet)
        .annotate(told=by_status, here=Value(str(sheet)))  # to group by the sheet as well would take longer
        .values("portion", "told", "here")
        .annotate(
            orders=Count("pk"),
            money=Sum("committed_cost") if any(named.money for named in told) else no_money,
            late=Count("pk", filter=is_overdue(today)) if any(named.late for named in told) else Value(0),
        )
        .values_list("portion", "told", "here", "orders", "money", "late")
    )


def figures(today: date) -> list[Figure]:
    """The eight figures, in one statement beside that which looks whether they are known."""
    return figures_of(tallies(today, Book()))


def figures_of(counted: Iterable[Tally]) -> list[Figure]:
    counted = list(counted)
    return [_figure(named, counted) for named in FIGURES]


def _figure(named: NamedSet, counted: list[Tally]) -> Figure:
    here = [row for row in counted if row.sheet == named.sheet and named.status in ("", row.status)]
    orders = sum(row.late if named.late else row.orders for row in here)
    cents = sum(row.cents for row in here if named.money)
    return Figure(named, orders, Decimal(cents).scaleb(-2))


def shops(search: str) -> QuerySet[Shop]:
    """The shops in whose name, place, contact or address every word occurs, with how many orders are open there."""
    found = Shop.objects.annotate(
        open_orders=Count("orders", filter=Q(orders__sheet=Sheet.ACTIVE)), all_orders=Count("orders")
    )
    for word in search.split()[:MOST_WORDS]:
        fields = ("name", "city", "state", "country", "contact", "email", "phone", "aliases__name")
        named = [Q(**{f"{field}__lower__icontains": word.lower()}) for field in fields]
        found = found.filter(pk__in=Shop.objects.filter(reduce(or_, named)).values("pk"))
    return found.order_by("name")
