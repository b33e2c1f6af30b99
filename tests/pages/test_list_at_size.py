"""The list in a large book: by index, in as many queries as in a small one."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.db.models import F, Q
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from repairs import clock, listing, queries
from repairs.book import Book
from repairs.list_counts import counts
from repairs.listing import ALL_SHEETS, DATES, SORTS
from repairs.models import RepairOrder, Shop
from repairs.models.orders import PORTION
from repairs.statuses import STATUSES, Sheet
from tests.pages.ledger import random_orders
from tests.support.explaining import analyze, asked, explained

MANY = 3000
IN_A_PORTION = 100
"""So many of these orders are counted together, and of a large book forty times as many."""
PAGES = (
    "/",
    "/?show=overdue",
    "/?show=high-value&sheet=All",
    "/?sheet=All&made_from=2020-01-01",
    "/?sheet=All&sort=-cost",
    "/?sheet=All&sort=cost",
    "/?sheet=All&sort=serial",
    "/?sheet=All&sort=shop&status=APPROVED",
    "/?q=transponder",
)
ORDERS = RepairOrder._meta.db_table
IN_ITS_ORDER = ("Using index", "Using where; Using index")
"""What EXPLAIN says where an index alone is read in its order, without a table beside and without sorting."""
APART = PORTION // IN_A_PORTION
ONE = 1000 + 2500 * APART
"""The number of an order, and the beginning of no other's."""


def statements(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as found:
        act()
    return asked(found)


def readings(sql: str) -> Iterator[tuple[str, str, str]]:
    """How each reading of the orders in a statement goes: the index, how, and what is said besides."""
    for line in explained(sql):
        of_orders = line["table"] == ORDERS or line["select_type"] == "DEPENDENT SUBQUERY"
        if of_orders and line["table"]:
            yield line["key"] or "", line["type"], line["Extra"] or ""


def shown(address: str) -> listing.Listing:
    found = listing.listing(QueryDict(address))
    assert not found.problems
    return found


def first_page(address: str) -> Callable[[], object]:
    return lambda: listing.orders_of(shown(address), clock.today())[:50]


def numbers(address: str) -> Callable[[], object]:
    return lambda: counts(shown(address), clock.today())


def by_index(sql: str) -> bool:
    """In an index's order, or from an index alone: the orders that are not shown are not read."""
    return all(
        key and ("Using index" in extra or "filesort" not in extra) for key, _how, extra in readings(sql)
    )


def counted_by_index(sql: str) -> bool:
    """From a part of an index, or from an index alone: no order is looked at that does not count."""
    return all(
        key and ("Using index" in extra or how not in ("index", "ALL")) for key, how, extra in readings(sql)
    )


def grouped_in(act: Callable[[], object]) -> Iterator[tuple[str, str, str]]:
    """How statements read the orders from which they make sums."""
    return (line for sql in statements(act) for line in readings(sql))


def rows_read(act: Callable[[], object]) -> int:
    """How many rows and entries of indexes the database took in hand, of all tables."""
    before = _handled()
    act()
    return _handled() - before


def _handled() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(count) for _name, count in cursor.fetchall())


def filters() -> Iterator[str]:
    """Every way of filtering that the list knows, taken from where it knows them."""
    yield from (f"show={key}" for key in queries.BY_KEY)
    yield from (f"status={status}" for status in (*STATUSES, listing.NONE))
    yield f"status=APPROVED&status=SHIPPED&shop={Shop.objects.all()[0].pk}"
    yield from (f"shop={shop}" for shop in (Shop.objects.all()[0].pk, listing.NONE))
    for name in DATES:
        yield from (f"{name}_from=2026-01-01", f"{name}_to=2026-01-01")
        yield f"{name}_from=2026-01-01&{name}_to=2026-12-31"


def counted_in(act: Callable[[], object]) -> set[str]:
    """The indexes from which statements read all that they want of the orders; "" where they look into the orders."""
    found = [line for sql in statements(act) for line in readings(sql)]
    return {key if "Using index" in extra and "temporary" not in extra else "" for key, _how, extra in found}


@pytest.mark.django_db(transaction=True)  # ANALYZE TABLE commits
def test_lists_figures_and_searches_are_read_by_index() -> None:
    random_orders(1, MANY, apart=APART)
    analyze(RepairOrder)
    today = clock.today()
    for sheet in ("Active", "Paid", ALL_SHEETS):
        for key in (*SORTS, *(f"-{key}" for key in SORTS)):
            for sql in statements(first_page(f"sheet={sheet}&sort={key}")):
                assert by_index(sql), (sheet, key, sql)
        for chosen in filters():
            address = f"sheet={sheet}&{chosen}"
            for sql in statements(first_page(address)) + statements(first_page(f"{address}&sort=-cost")):
                assert [key for key, _how, _extra in readings(sql) if not key] == [], (address, sql)
            for sql in statements(numbers(address)):
                assert counted_by_index(sql), (address, sql)
    often, rare = shown("q=g+shop"), shown(f"q=G{ONE}")
    RepairOrder.objects.filter(number=ONE).update(version=F("version") + 1)
    assert len(figures := list(grouped_in(lambda: queries.tallies(today, Book())))) == len(Sheet)
    assert all(key == "order_tallied" and extra in IN_ITS_ORDER for key, _how, extra in figures)
    assert counted_in(lambda: listing.sheet_counts(often, today)) == {"order_searched"}
    assert "shop" in "".join(counted_in(lambda: listing.shops_to_choose(often)))
    assert counted_in(lambda: rare.found_by) == {"order_searched"}
    assert rare.found_by == Q(pk__in=[RepairOrder.objects.get(number=ONE).pk])


@pytest.mark.django_db(transaction=True)  # ANALYZE TABLE commits
def test_after_a_change_figures_and_searches_look_at_few_orders() -> None:
    random_orders(1, MANY, apart=APART)
    analyze(RepairOrder)
    today = clock.today()

    def looks() -> None:
        queries.figures(today)
        assert shown(f"q=G{ONE}").found_by

    assert rows_read(looks) > 2 * MANY
    RepairOrder.objects.get(number=ONE).save()
    assert rows_read(looks) < MANY / 3
    RepairOrder.objects.filter(number=ONE).update(version=F("version") + 1)
    assert rows_read(looks) > 2 * MANY, "it is not known which"


def test_a_way_of_sorting_without_an_index_is_noticed(db: None) -> None:
    random_orders(1, 200)
    found = RepairOrder.objects.order_by("shop_reference", "number")[:50]
    assert not by_index(str(statements(lambda: list(found))[0]))
    beside = RepairOrder.objects.filter(terms="COD").order_by("number")[:1]
    assert not counted_by_index(str(statements(lambda: list(beside))[0]))


def test_a_large_book_takes_as_many_queries_as_a_small_one(site: Client) -> None:
    random_orders(1, 300)
    few = [asked_by(site, address, again=True) for address in PAGES]
    few_after_a_change = [asked_by(site, address) for address in PAGES]
    random_orders(2, MANY, first=10_000)
    many_after_a_change = [asked_by(site, address) for address in PAGES]
    many = [asked_by(site, address, again=True) for address in PAGES]
    # A short list may need a look at those without a value, which come last.
    assert all(larger <= smaller for larger, smaller in zip(many, few, strict=True)), (many, few)
    assert all(a <= b for a, b in zip(many_after_a_change, few_after_a_change, strict=True))
    assert max(few) <= 15
    assert max(few_after_a_change) <= 18


def asked_by(site: Client, address: str, *, again: bool = False) -> int:
    """How many queries a page takes after an order was written: the first time, or again."""
    RepairOrder.objects.filter(number=1000).update(version=F("version") + 1)
    if again:
        site.get(address)
    with CaptureQueriesContext(connection) as taken:
        site.get(address)
    return len(taken)
