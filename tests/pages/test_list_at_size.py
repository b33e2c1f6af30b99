"""The list in a large book: by index, in as many queries as in a small one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from repairs import clock, listing, queries
from repairs.models import RepairOrder
from tests.pages.ledger import random_orders

MANY = 3000
SORTED_BY_INDEX = ("ro", "-ro", "part", "-part", "status", "-status", "due", "-due", "cost", "-cost")


def explained(sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """How MariaDB reads the orders of a statement: the lines of EXPLAIN about their table."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        names = [column[0] for column in cursor.description]
        lines = [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]
    inside = [line for line in lines if line["select_type"] == "DEPENDENT SUBQUERY"]
    return [line for line in lines if line["table"] == RepairOrder._meta.db_table] or inside


def plan(rows: Any) -> list[dict[str, Any]]:
    return explained(*rows.query.sql_with_params())


def counted_in(count: Callable[[], object]) -> str:
    """The index from which one statement reads all that it wants of the orders; "" when it looks into the orders."""
    with CaptureQueriesContext(connection) as asked:
        count()
    (line,) = explained(asked.captured_queries[0]["sql"])
    alone = len(asked) == 1 and "Using index" in line["Extra"] and "temporary" not in line["Extra"]
    return str(line["key"]) if alone else ""


def of_sheet(sheet: str, sort: str) -> Any:
    shown = listing.listing(QueryDict(f"sheet={sheet}&sort={sort}"))
    return listing.orders_of(shown, clock.today())[:50]


@pytest.mark.django_db(transaction=True)  # ANALYZE TABLE commits
def test_lists_figures_and_searches_are_read_by_index() -> None:
    random_orders(1, MANY)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE TABLE {RepairOrder._meta.db_table}")
    for sheet in ("Active", "Paid"):
        for sort in SORTED_BY_INDEX:
            (line,) = plan(of_sheet(sheet, sort))
            assert line["key"].startswith("order_on_sheet_by_"), (sheet, sort)
            assert "filesort" not in (line["Extra"] or ""), (sheet, sort)
    for key, named in queries.BY_KEY.items():
        lines = plan(named.of(RepairOrder.objects.order_by(), clock.today()).values("pk"))
        assert [line for line in lines if line["key"] is None] == [], key
    searched, today = listing.listing(QueryDict("q=transponder+shop")), clock.today()
    assert counted_in(lambda: queries.tallies(today)) == "order_tallied"
    assert counted_in(lambda: listing.sheet_counts(searched, today)) == "order_searched"
    assert "shop" in counted_in(lambda: listing.shops_to_choose(searched))


@pytest.mark.parametrize("address", ["/", "/?sheet=All&sort=shop&status=APPROVED", "/?q=transponder"])
def test_a_large_book_takes_as_many_queries_as_a_small_one(site: Client, address: str) -> None:
    random_orders(1, 60)
    site.get(address)
    with CaptureQueriesContext(connection) as few:
        site.get(address)
    random_orders(2, MANY, first=10_000)
    with CaptureQueriesContext(connection) as many:
        site.get(address)
    assert len(many) == len(few) <= 13
