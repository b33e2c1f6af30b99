"""The list of orders as its address describes it: sheet, named set, search, filters, and what it is sorted by.

An address says everything, so that a list can be sent to a colleague, kept, exported and gone back to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import QueryDict

from repairs import searching
from repairs.book import Book
from repairs.by_shop import BESIDE, counted_by_shop, in_order_of_shops
from repairs.keys import read_key
from repairs.models import RepairOrder, Shop
from repairs.models.orders import OrderQuerySet
from repairs.paging import KeysFirst
from repairs.queries import BY_KEY, NamedSet
from repairs.reading import read_date
from repairs.statuses import STATUSES, Sheet

ALL_SHEETS = "All"
NONE = "none"
"""In a filter: the orders without a shop, or without a canonical status."""


@dataclass(frozen=True)
class Sort:
    """One way of sorting, in its usual direction: by a column of which an index is in order, then by number.

    `blank` are the orders without a value, which come last both ways, descending by themselves; `by_shop` sorts by the
    name of the shop. Where no column of the orders says it, `groups` tells which orders come first, which second, and
    so on; together they must be all orders.
    """

    label: str
    column: str = "number"
    down: bool = False
    blank: Q | None = None
    by_shop: bool = False
    groups: Callable[[], Sequence[Q]] | None = None

    def parts(self, *, down: bool) -> Sequence[Q]:
        """What follows each other in a list, each sorted by itself: so an index gives the order of each."""
        if self.groups:
            groups = list(self.groups())
            return groups[::-1] if down else groups
        return (~self.blank, self.blank) if self.blank and not down else (Q(),)


SORTS: dict[str, Sort] = {
    "ro": Sort("RO", down=True),
    "shop": Sort("Shop", by_shop=True),
    "part": Sort("Part", "part_number", blank=Q(part_number="")),
    "serial": Sort("Serial", "serial_number", blank=Q(serial_number="")),
    "status": Sort("Status", "status", blank=Q(status="")),
    "due": Sort("Next update", "due"),
    "cost": Sort("Cost", "committed_cost", down=True, blank=Q(committed_cost=None)),
    "tracking": Sort("Tracking", "tracking_begins", blank=Q(tracking_begins="")),
}
DATES: dict[str, tuple[str, str]] = {
    "made": ("Made", "date_made"),
    "next": ("Next update", "next_update"),
    "delivery": ("Estimated delivery", "estimated_delivery"),
    "since": ("Status since", "status_date"),
    "updated": ("Last updated", "last_updated"),
}


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included; None leaves a side open."""

    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return bool(self.first or self.last)


@dataclass(frozen=True)
class Listing:
    """What the list shows. `problems` are sentences about what in the address was not understood."""

    sheet: str = Sheet.ACTIVE
    show: NamedSet | None = None
    search: str = ""
    statuses: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    spans: Mapping[str, Span] = field(default_factory=dict)
    sort: str = "due"
    down: bool = False
    problems: tuple[str, ...] = ()
    book: Book = field(default_factory=Book, compare=False)

    @cached_property
    def found_by(self) -> Q:
        """What the search comes to, looked up at most once for the counts and the rows."""
        return searching.found_by(self.search, self.book)

    @property
    def is_filtered(self) -> bool:
        """Whether statuses, shops or days are chosen."""
        return bool(self.statuses or self.shops or self.spans)

    @property
    def is_whole(self) -> bool:
        """Whether every order of its sheet is in it."""
        return not (self.show or self.search or self.is_filtered)

    @property
    def anywhere(self) -> "Listing":
        """The same without a named set that stands on one sheet only: what the tabs lead to."""
        return replace(self, show=None) if self.show and self.show.sheet else self

    @property
    def chosen(self) -> int:
        """How many things are chosen in the filters."""
        return len(self.statuses) + len(self.shops) + len(self.spans)

    @property
    def sort_word(self) -> str:
        """The sort as the address says it: its key, with a dash for descending."""
        return f"-{self.sort}" if self.down else self.sort

    def address(self, **changed: Any) -> str:
        """The address of this list; a changed part that is None or empty is taken away. Never names a page."""
        usual = (self.sort, self.down) == usual_sort(self.sheet, self.search)
        parts: dict[str, Any] = {
            "sheet": self.sheet,
            "show": self.show.key if self.show else "",
            "q": self.search,
            "status": self.statuses,
            "shop": self.shops,
            **self.days(),
            "sort": "" if usual else self.sort_word,
        } | changed
        return f"?{urlencode({name: value for name, value in parts.items() if value}, doseq=True)}"

    def days(self) -> dict[str, date | None]:
        """The ends of the chosen spans, by the names that the address has for them."""
        ends = {name: (span.first, span.last) for name, span in self.spans.items()}
        return {
            f"{name}_{end}": day
            for name, days in ends.items()
            for end, day in zip(("from", "to"), days, strict=True)
        }


def add_sort(key: str, sort: Sort) -> None:
    """Another app's way of sorting, after the list's own."""
    SORTS[key] = sort


def listing(given: QueryDict) -> Listing:
    """Understands an address; what it does not know, it leaves out, and says so.

    A search looks on all sheets unless one is named. Active is sorted by the next update, the rest newest first.
    """
    problems: list[str] = []
    words = searching.tidy(given.get("q", ""))
    named = BY_KEY.get(given.get("show", ""))
    sheet = named.sheet if named and named.sheet else _sheet(given.get("sheet", ""), words)
    sort, down = _sort(given.get("sort", "")) or usual_sort(sheet, words)
    return Listing(
        sheet=sheet,
        show=named,
        search=words,
        statuses=tuple(_known(given.getlist("status"), problems)),
        shops=tuple(_ids(given.getlist("shop"), problems)),
        spans=dict(_spans(given, problems)),
        sort=sort,
        down=down,
        problems=tuple(problems),
    )


def usual_sort(sheet: str, search: str) -> tuple[str, bool]:
    """What a list is sorted by when its address does not say, and whether descending."""
    return ("due", False) if sheet == Sheet.ACTIVE and not search else ("ro", True)


def orders_of(shown: Listing, today: date, *, count: int | None = None) -> KeysFirst[RepairOrder]:
    """The rows of a list, sorted, with their shops; `count` says how many there are, where that is known."""
    found = filtered(shown, today)
    if shown.sheet != ALL_SHEETS:
        found = found.filter(sheet=shown.sheet)
    if SORTS[shown.sort].by_shop:
        by_shop = shown.book.recall(_named("by shop", shown, today), lambda: counted_by_shop(found))
        return in_order_of_shops(found, by_shop, down=shown.down)
    parts = SORTS[shown.sort].parts(down=shown.down)
    sorted_parts = [found.filter(part).order_by(*_order_by(shown)) for part in parts]
    return KeysFirst(*sorted_parts, beside=BESIDE, count=count)


def filtered(shown: Listing, today: date) -> OrderQuerySet:
    """What a list holds on all sheets together."""
    found = RepairOrder.objects.filter(shown.found_by) if shown.search else RepairOrder.objects.all()
    if shown.show:
        found = shown.show.of(found, today)
    return found.filter(*_conditions(shown))


def length(shown: Listing, today: date) -> int:
    """How many orders a list holds on all sheets together."""
    return shown.book.recall(_named("length", shown, today), lambda: filtered(shown, today).count())


def sheet_counts(shown: Listing, today: date) -> dict[str, int]:
    """How many orders stand on each sheet, among those that search and filters leave."""
    return shown.book.recall(_named("sheets", shown, today), lambda: _sheet_counts(shown, today))


def _sheet_counts(shown: Listing, today: date) -> dict[str, int]:
    """Not grouped: the database would group along an index on the sheet, and look each order up for the rest."""
    counted = {str(sheet): Count("pk", filter=Q(sheet=sheet)) for sheet in Sheet}
    return filtered(shown, today).order_by().aggregate(**counted)


def shops_to_choose(shown: Listing) -> dict[str, str]:
    """The names of the shops that have orders, and of those that are chosen, by their ids as the address has them."""
    chosen = [shop for shop in shown.shops if shop != NONE]
    # One look into the index for each shop. From EXISTS, MariaDB would make a table of all orders first.
    first = RepairOrder.objects.order_by().filter(shop=OuterRef("pk")).values("pk")[:1]
    having = Shop.objects.alias(order=Subquery(first)).filter(Q(order__isnull=False) | Q(pk__in=chosen))
    return {str(pk): name for pk, name in having.order_by("name").values_list("pk", "name")}


def _named(count: str, shown: Listing, today: date) -> str:
    """What is counted of a list, however it is sorted; a search finds others once a shop is called differently."""
    return f"{count} {today} {shown.address(sort=None)} {shown.found_by if shown.search else ''}"


def _conditions(shown: Listing) -> Iterator[Q]:
    if shown.statuses:
        yield Q(status__in=["" if status == NONE else status for status in shown.statuses])
    if shown.shops:
        without = Q(shop=None) if NONE in shown.shops else Q(pk__in=[])
        yield Q(shop__in=[shop for shop in shown.shops if shop != NONE]) | without
    for name, span in shown.spans.items():
        _, column = DATES[name]
        if span.first:
            yield Q(**{f"{column}__gte": span.first})
        if span.last:
            yield Q(**{f"{column}__lte": span.last})


def _order_by(shown: Listing) -> list[Any]:
    """The number decides between equals, in the same direction, so that one index gives both."""
    columns = dict.fromkeys((SORTS[shown.sort].column, "number"))
    return [F(column).desc() if shown.down else F(column).asc() for column in columns]


def _sheet(given: str, search: str) -> str:
    return given if given in (*Sheet, ALL_SHEETS) else ALL_SHEETS if search else Sheet.ACTIVE.value


def _sort(given: str) -> tuple[str, bool] | None:
    key = given.removeprefix("-")
    return (key, given.startswith("-")) if key in SORTS else None


def _known(given: list[str], problems: list[str]) -> Iterator[str]:
    for status in dict.fromkeys(filter(None, given)):
        if status in STATUSES or status == NONE:
            yield status
        else:
            problems.append(f"“{status[:40]}” is not a status and was left out of the filter.")


def _ids(given: list[str], problems: list[str]) -> Iterator[str]:
    for shop in dict.fromkeys(filter(None, given)):
        if shop == NONE or read_key(shop) is not None:
            yield shop
        else:
            problems.append(f"“{shop[:40]}” is not a shop and was left out of the filter.")


def _spans(given: QueryDict, problems: list[str]) -> Iterator[tuple[str, Span]]:
    for name, (label, _) in DATES.items():
        first, last = (_day(given.get(f"{name}_{end}", ""), label, problems) for end in ("from", "to"))
        if first and last and first > last:
            problems.append(f"{label}: the first day comes after the last, so no order fits.")
        if first or last:
            yield name, Span(first, last)


def _day(typed: str, label: str, problems: list[str]) -> date | None:
    read = read_date(typed.replace("\0", " "))
    if read.problem and not read.value:
        problems.append(f"{label}: “{typed[:40]}” is not a date and was left out of the filter.")
    return read.value
