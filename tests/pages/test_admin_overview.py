"""The landing page of the back office: figures, orders by status, turnaround time, what needs a person."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from repairs import clock, importing, orders, overview, returns
from repairs.models import RepairOrder, Shop, StatusChange
from repairs.queries import FIGURES
from sync import queries
from sync.marks import the_workbook
from sync.models import Replica, Run
from tests.pages.conftest import MakeOrder
from tests.pages.ledger import random_orders


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


def came_back(order: RepairOrder, day: date, *, after: int) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(date_made=day - timedelta(days=after))
    StatusChange.objects.create(order=order, from_status="SHIPPED", to_status="RECEIVED", on=day)


FIGURE = re.compile(
    r'<a class="g-fig[^"]*" href="([^"]+)">\s*<span>[^<]+</span>\s*'
    r"<b>([^<]+)</b>(?: <i>([\d,]+) orders?</i>)?"
)


def rows(admin: Client, address: str) -> list[str]:
    """The rows of all pages of a list."""
    pages = admin.get(address).context["cl"].paginator.num_pages
    texts = [admin.get(f"{address}&p={page}").content.decode() for page in range(1, pages + 1)]
    return [key for text in texts for key in re.findall(r'name="_selected_action" value="(\d+)"', text)]


def test_a_figure_is_as_many_as_the_list_behind_it(admin: Client) -> None:
    random_orders(5)
    figures = FIGURE.findall(admin.get("/admin/").content.decode())
    assert len(figures) == len(FIGURES)
    for address, printed, beside in figures:
        shown = rows(admin, address)
        assert len(shown) == len(set(shown)) == int((beside or printed).replace(",", "")) > 0, address


def test_orders_are_counted_by_status(admin: Client, make_order: MakeOrder) -> None:
    for status in ("PAID", "BER", "PAID", ""):
        RepairOrder.objects.filter(pk=make_order().pk).update(status=status)
    assert [(b.status, b.orders, b.share) for b in overview.by_status()] == [
        ("PAID", 2, 100),
        ("BER", 1, 50),
        ("", 1, 50),
    ]
    charts = re.findall(r'<table class="order-bars">.*?</table>', admin.get("/admin/").content.decode(), re.S)
    assert [chart_of(chart) for chart in charts] == [
        [("?status__exact=PAID", "100", "2"), ("?status__exact=BER", "50", "1"), ("", "50", "1")]
    ]


def chart_of(chart: str) -> list[tuple[str, str, str]]:
    """Each line of a chart: the list that it leads to, its length and its number."""
    return [
        ("?" + line.partition("?")[2].partition('"')[0] if "href" in line else "", found[1], found[2])
        for line in chart.split("<tr>")[2:]
        if (found := re.search(r'<rect width="(\d+)".*<td class="num">(\d+)</td>', line, re.S))
    ]


def test_turnaround_is_the_median_of_a_month_with_five_orders_at_least(make_order: MakeOrder) -> None:
    today = date(2026, 3, 10)
    for days in (10, 20, 30, 40, 90):
        came_back(make_order(), date(2026, 2, 5), after=days)
    for days in (10, 20, 30, 40):
        came_back(make_order(), date(2026, 3, 1), after=days)
    came_back(make_order(), date(2025, 3, 31), after=5)
    months = overview.turnaround(today)
    assert (len(months), months[0].first, months[-1].first) == (12, date(2025, 4, 1), date(2026, 3, 1))
    assert [(m.days, m.orders, m.share) for m in months[-2:]] == [(30, 5, 100), (None, 4, 0)]
    assert months[0].orders == 0


def test_a_unit_that_came_back_twice_counts_once_and_never_backwards(make_order: MakeOrder) -> None:
    order, odd = make_order(), make_order()
    came_back(order, date(2026, 2, 5), after=7)
    StatusChange.objects.create(order=order, to_status="RECEIVED", on=date(2026, 2, 25))
    came_back(odd, date(2026, 2, 5), after=-3)
    assert [m.orders for m in overview.turnaround(date(2026, 2, 28))][-1] == 1


def test_an_order_that_was_imported_as_received_counts_by_its_day(order: RepairOrder) -> None:
    RepairOrder.objects.update(status="RECEIVED", status_date=date(2026, 2, 5), date_made=date(2026, 2, 1))
    assert [m.orders for m in overview.turnaround(date(2026, 2, 28))][-1] == 1


def test_a_unit_that_first_came_back_before_the_window_does_not_count_when_it_comes_again(
    order: RepairOrder,
) -> None:
    came_back(order, date(2025, 2, 5), after=7)
    StatusChange.objects.create(order=order, to_status="RECEIVED", on=date(2026, 2, 25))
    assert [m.orders for m in overview.turnaround(date(2026, 2, 28)) if m.orders] == []


def test_an_order_that_was_imported_as_received_stays_in_its_month_when_it_is_completed(shop: Shop) -> None:
    values = {"part_number": "X-1", "status": "RECEIVED", "shop": shop.name}
    days = {"date_made": date(2026, 1, 1), "status_date": date(2026, 1, 31)}
    new = importing.NewOrder(1, "Active", values | days, (), "file")
    order = importing.create_orders([new], importing.find_or_create_shops([shop.name]))[1]
    months = overview.turnaround(date(2026, 3, 3))
    assert [m.orders for m in months][-3:] == [1, 0, 0]
    with time_machine.travel("2026-03-03 17:00Z", tick=False):
        orders.change_status(order, by=None, to="COMPLETE")
        assert overview.turnaround(date(2026, 3, 3)) == months
        orders.change_status(order, by=None, to="PAID")
    assert overview.turnaround(date(2026, 3, 3)) == months


@pytest.mark.parametrize("told", [None, date(2026, 2, 10)], ids=["no day", "a later day"])
def test_a_day_that_was_corrected_or_that_no_step_names_is_kept_when_the_order_is_completed(
    order: RepairOrder, told: date | None
) -> None:
    StatusChange.objects.create(order=order, to_status="RECEIVED", on=told, imported=True)
    RepairOrder.objects.update(status="RECEIVED", status_date=date(2026, 2, 8))
    order.refresh_from_db()
    before = returns.first_days_back([order])
    orders.change_status(order, by=None, to="COMPLETE")
    order.refresh_from_db()
    assert (returns.first_days_back([order]), before) == (before, {order.pk: date(2026, 2, 8)})


def test_a_unit_that_was_complete_at_once_came_back(order: RepairOrder) -> None:
    RepairOrder.objects.update(date_made=date(2026, 2, 1))
    with time_machine.travel("2026-02-11 17:00Z", tick=False):
        orders.change_status(order, by=None, to="COMPLETE")
        orders.change_status(order, by=None, to="PAID")
    assert [m.orders for m in overview.turnaround(date(2026, 2, 28))][-1] == 1


def test_a_failed_run_is_shown_until_its_work_was_done(admin: Client, db: None) -> None:
    book, now = the_workbook(), timezone.now()
    failed: dict[str, Any] = {"state": "failed", "due_at": now, "finished_at": now, "error": "Excel is gone."}
    run = Run.objects.create(kind="check", workbook=book, **failed)
    Run.objects.create(kind="flush", workbook=book, state="succeeded", due_at=now)
    assert [r.pk for r in queries.failed_runs()] == [run.pk]
    assert "Excel is gone." in admin.get("/admin/").content.decode()
    Run.objects.create(kind="check", workbook=book, state="succeeded", due_at=now)
    assert not queries.failed_runs().exists()


def test_what_differs_is_told_with_its_number(admin: Client, replica: Replica) -> None:
    Replica.objects.update(seen={"notes": "theirs"})
    assert "1 order changed in Excel by hand" in admin.get("/admin/").content.decode()


def test_it_takes_as_many_statements_for_many_orders(admin: Client, make_order: MakeOrder) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as done:
            assert admin.get("/admin/").status_code == 200
        return len(done)

    came_back(make_order(), clock.today(), after=5)
    few = statements()
    for _ in range(8):
        came_back(make_order(), clock.today(), after=9)
    assert statements() == few
    assert few <= 20
