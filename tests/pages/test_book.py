"""What is counted over all orders is kept until an order is written, in whichever way, and not a moment longer."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from threading import Event, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from repairs import bulk, clock, listing, orders, queries, shops
from repairs.list_counts import counts
from repairs.models import RepairOrder
from repairs.models.orders import PORTION
from repairs.models.writings import LATEST, BookState, Writing
from repairs.statuses import APPROVED, BER, PAID, SHIPPED, WAITING_QUOTE, Sheet
from sync.marks import the_workbook
from tests.importing.ledger import import_sheets, row, sheets
from tests.pages.conftest import MakeOrder
from tests.pages.ledger import random_orders

ORDERS = RepairOrder._meta.db_table
LISTS = ("", "show=overdue", "sheet=All&q=pump", "sheet=Net&status=APPROVED", "sheet=All&shop=none&sort=shop")


def shown(address: str) -> listing.Listing:
    return listing.listing(QueryDict(address))


def told(today: date) -> list[object]:
    """What pages say: the figures, and of some lists how many orders they hold and each sheet has."""
    figures = [(figure.named.key, figure.orders, figure.money) for figure in queries.figures(today)]
    counted = [counts(shown(address), today) for address in LISTS]
    return [figures, *((found.listed, found.sheets) for found in counted)]


def true(today: date) -> list[object]:
    """The same, counted by hand from all the orders as they stand in the database."""
    book = list(RepairOrder.objects.select_related("shop"))
    figures = [(named.key, *_summed(_in_set(book, named, today), named.money)) for named in queries.FIGURES]
    pump = [order for order in book if "pump" in f"{order.description} {order.shop}".lower()]
    approved = [order for order in book if order.status == APPROVED]
    without = [order for order in book if order.shop is None]
    late = _in_set(book, queries.BY_KEY["overdue"], today)
    return [
        figures,
        (_on(book, Sheet.ACTIVE), _sheets(book)),
        (len(late), _sheets(book)),
        (len(pump), _sheets(pump)),
        (_on(approved, Sheet.NET), _sheets(approved)),
        (len(without), _sheets(without)),
    ]


def _in_set(book: list[RepairOrder], named: queries.NamedSet, today: date) -> list[RepairOrder]:
    here = [order for order in book if order.sheet == named.sheet and named.status in ("", order.status)]
    return [order for order in here if not named.late or (order.next_update and order.next_update < today)]


def _summed(found: list[RepairOrder], money: bool) -> tuple[int, Decimal]:
    costs = [order.estimated_cost if order.final_cost is None else order.final_cost for order in found]
    return len(found), sum((cost or Decimal(0) for cost in costs if money), Decimal(0))


def _on(found: list[RepairOrder], sheet: str) -> int:
    return sum(order.sheet == sheet for order in found)


def _sheets(found: list[RepairOrder]) -> dict[str, int]:
    return {**{str(sheet): _on(found, sheet) for sheet in Sheet}, "All": len(found)}


def acts(person: User, make_order: MakeOrder) -> dict[str, Callable[[], object]]:
    """Every way in which orders come to be written, by the verbs and past them."""
    one = make_order(description="Fuel pump", estimated_cost="12000")
    more = [make_order(description="Pump"), make_order()]
    first = RepairOrder.objects.order_by("pk").filter(sheet=Sheet.ACTIVE)[0]
    other = shops.create(by=None, name="Another")
    workbook = the_workbook()

    def chosen() -> dict[int, int]:
        return dict(RepairOrder.objects.filter(pk__in=[o.pk for o in more]).values_list("number", "version"))

    def undone() -> None:
        orders.change_status(one, by=person, to=APPROVED)
        before = told(clock.today())
        act = orders.undoable(one)
        assert act
        orders.undo(one, by=person, act=act.pk)
        assert told(clock.today()) != before

    def taken_back() -> None:
        with transaction.atomic():
            orders.archive(one, by=person, sheet=Sheet.NET)
            assert told(clock.today()) == true(clock.today())
            transaction.set_rollback(True)

    def renamed() -> None:
        shops.edit(other, by=None, changes={"name": "Pump House"})

    def saved() -> None:
        first.refresh_from_db()
        first.description = "Old pump"
        first.save()

    def written() -> None:
        first.sheet = Sheet.NET
        RepairOrder.objects.bulk_update([first], ["sheet"])

    return {
        "create": lambda: make_order(description="Pump"),
        "edit": lambda: orders.edit(one, by=None, changes={"final_cost": "3.10", "description": "Valve"}),
        "status": lambda: orders.change_status(one, by=None, to=SHIPPED),
        "paid": lambda: orders.change_status(one, by=None, to=PAID),
        "came back": lambda: orders.change_status(more[0], by=None, to=BER, unit_returned=True),
        "archive": lambda: orders.archive(one, by=None, sheet=Sheet.ACTIVE),
        "undo": undone,
        "taken back whole": taken_back,
        "many at once": lambda: bulk.change_status(chosen(), by=person, to=WAITING_QUOTE, unit_returned=None),
        "import": lambda: import_sheets(
            workbook,
            sheets(Net=[row(one.number, status="APPROVED", final_cost=7), row(99, status="APPROVED")]),
        ),
        "imported again": lambda: import_sheets(workbook, sheets(Paid=[row(99, status="PAID")])),
        "merge": lambda: shops.merge(one.shop, into=other, by=None),  # type: ignore[arg-type]  # it has one
        "renamed": renamed,
        "save": saved,
        "bulk update": written,
        "update": lambda: RepairOrder.objects.filter(sheet=Sheet.ACTIVE, shop=None).update(status=APPROVED),
        "bulk create": lambda: random_orders(9, 20, first=700_000),
        "delete": lambda: RepairOrder.objects.get(number=700_000).delete(),
        "delete many": lambda: RepairOrder.objects.filter(number__gt=700_000).delete(),
    }


@pytest.mark.both_databases
def test_what_pages_count_is_true_after_every_way_of_writing(clerk: User, make_order: MakeOrder) -> None:
    random_orders(1, 120, apart=PORTION // 3)
    today = clock.today()
    for name, act in acts(clerk, make_order).items():
        assert told(today) == true(today), f"before {name}"
        assert told(today) == true(today), f"kept before {name}"
        act()
        assert told(today) == true(today), name
    first = RepairOrder.objects.order_by("pk")[0]
    for day in (today + timedelta(days=days) for days in (1, 3, -4)):
        assert told(day) == true(day), "from midnight on"
        orders.edit(first, by=None, changes={"next_update": day - timedelta(days=1)})
        assert told(day) == true(day)
        assert told(today) == true(today), "for whoever still has the day before"


@pytest.mark.both_databases
def test_a_second_look_counts_nothing_and_a_third_sees_what_was_written(make_order: MakeOrder) -> None:
    order, today = make_order(estimated_cost="20000", description="Pump"), clock.today()
    for address in LISTS:
        whole = [order.number for order in listing.orders_of(shown(address), today)]
        counts(shown(address), today)
        with CaptureQueriesContext(connection) as again:
            found = counts(shown(address), today)
        asked = [
            query["sql"]
            for query in again
            if f"FROM {ORDERS}" in query["sql"].replace("`", "").replace('"', "")
        ]
        assert (len(again) <= 2, asked, found.listed) == (True, [], len(whole)), address
    orders.edit(order, by=None, changes={"description": "Valve"})
    assert counts(shown("sheet=All&q=pump"), today).listed == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_written_first_and_committed_last_is_counted(make_order: MakeOrder) -> None:
    slow, quick, today = make_order(), make_order(), clock.today()
    written, may_end = Event(), Event()

    def takes_long() -> None:
        with transaction.atomic():
            orders.edit(slow, by=None, changes={"description": "Pump"})
            written.set()
            assert may_end.wait(20)
        connection.close()

    person = Thread(target=takes_long)
    person.start()
    assert written.wait(20)
    orders.edit(quick, by=None, changes={"description": "Pump"})
    assert counts(shown("sheet=All&q=pump"), today).listed == 1
    may_end.set()
    person.join()
    assert counts(shown("sheet=All&q=pump"), today).listed == 2


def looked_at(today: date) -> None:
    """What is revised after a change."""
    counts(shown("sheet=All&q=pump"), today)


class TakenBack(Exception):
    """A writer thinks better of it."""


def write_at_random(seed: int, today: date) -> None:
    """Some transactions with one or more orders each, some of them taken back; and looks between and within them."""
    dice = random.Random(seed)
    keys = list(RepairOrder.objects.order_by("pk").values_list("pk", flat=True))
    for _ in range(6):
        chosen = sorted(dice.sample(keys, dice.choice([1, 1, 3])))
        with suppress(TakenBack), transaction.atomic():
            for order in RepairOrder.objects.select_for_update().filter(pk__in=chosen).order_by("pk"):
                order.sheet = dice.choice(list(Sheet))
                order.status = dice.choice(["", APPROVED, SHIPPED])
                order.description = dice.choice(["Pump", "Valve"])
                order.final_cost = dice.choice([None, Decimal(dice.randint(0, 2_000_000)) / 100])
                order.save()
            if dice.random() < 0.3:
                looked_at(today)
            if dice.random() < 0.3:
                raise TakenBack
        looked_at(today)
    connection.close()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_what_is_kept_is_true_after_many_have_written_at_once() -> None:
    """All of them share what the process keeps, and each writes into portions that the others count."""
    random_orders(2, 60, apart=PORTION // 3)
    today = clock.today()
    told(today)
    for seed in range(0, 8, 4):
        with ThreadPoolExecutor(4) as people:
            for written in [people.submit(write_at_random, seed + n, today) for n in range(4)]:
                written.result()
        assert told(today) == true(today)


def state(*ids: int) -> BookState:
    """What a transaction sees that sees these writings, each of the order with the same key; 0 may be any order."""
    marks = {each: Writing(1 << each, each or None) for each in sorted(ids, reverse=True)}
    return BookState(sum(mark for mark, _ in marks.values()), dict(list(marks.items())[:LATEST]))


MANY = range(1, LATEST + 20)


@pytest.mark.parametrize(
    ("earlier", "later", "written"),
    [
        pytest.param(state(1, 2), state(1, 2), frozenset(), id="nothing"),
        pytest.param(state(1, 2), state(1, 2, 3, 5), frozenset({3, 5}), id="two orders"),
        pytest.param(state(1, 5), state(1, 3, 5), frozenset({3}), id="begun first and committed last"),
        pytest.param(state(1, 5), state(0, 1, 5), None, id="any order"),
        pytest.param(state(1, 5), state(1), None, id="taken back"),
        pytest.param(state(1, 5), state(1, 7), None, id="taken back, and another"),
        pytest.param(state(1), state(*MANY), None, id="more than the latest"),
        pytest.param(state(*MANY), state(*MANY, 999), frozenset({999}), id="one more of many"),
        pytest.param(state(*MANY[5:]), state(*MANY[4:]), None, id="begun long ago"),
        pytest.param(state(*MANY), state(*MANY[50:]), None, id="old ones forgotten"),
    ],
)
def test_two_states_tell_which_orders_were_written_between_them_or_that_it_is_not_known(
    earlier: BookState, later: BookState, written: frozenset[int] | None
) -> None:
    assert later.written_since(earlier) == written
