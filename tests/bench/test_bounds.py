"""How much a flush of many changes asks of Excel, as the server counts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from repairs import orders
from repairs.statuses import Sheet
from sync.emulator.process import EmulatorProcess
from sync.foreground import drain
from tests.bench import bounds
from tests.bench.books import Counts, known_book
from tests.bench.changes import add, change_in_bulk, next_open_status, pay, pick

SLOW = 1_600  # milliseconds; three such answers make a reading too old to write all of its changes by it


@pytest.fixture
def amy(transactional_db: None) -> User:
    return User.objects.create_user("amy")


@pytest.fixture
def book(amy: User, tmp_path: Path) -> Iterator[EmulatorProcess]:
    with known_book(tmp_path, rows=bounds.ROWS) as emulator:
        yield emulator


def assert_few_steps(counts: Counts) -> None:
    report = drain(started_by="amy")
    asked = counts.take()
    assert (report["orders_synced"], report["pending"]) == (bounds.CHANGED, 0)
    assert asked["http_requests"] <= bounds.MOST_REQUESTS
    assert asked["writing_steps"] <= bounds.MOST_STEPS
    assert asked["max_cells_in_a_step"] <= bounds.MOST_CELLS


@pytest.mark.chaos
def test_a_thousand_scattered_changes_take_few_steps(book: EmulatorProcess, amy: User) -> None:
    counts = Counts(book)

    change_in_bulk(pick(bounds.CHANGED))
    assert_few_steps(counts)

    change_in_bulk(pick(bounds.CHANGED, seed=4), seed=5)
    pay(pick(bounds.MOVED, seed=6, sheets=[Sheet.ACTIVE]), by=amy)
    add(bounds.ADDED, by=amy)
    report = drain(started_by="amy")
    asked = counts.take()
    assert (report["rows_deleted"], report["rows_added"], report["pending"]) == (
        bounds.MOVED,
        bounds.MOVED + bounds.ADDED,
        0,
    )
    assert asked["http_requests"] <= bounds.MOST_REQUESTS_WITH_MOVES
    assert asked["writing_steps"] <= bounds.MOST_STEPS_WITH_MOVES
    assert asked["max_cells_in_a_step"] <= bounds.MOST_CELLS


@pytest.mark.chaos
def test_no_more_where_excel_is_slow_and_a_reading_gets_old(amy: User, tmp_path: Path) -> None:
    """The changes are made by the verb, one by one; every answer takes longer than the tracker likes."""
    with known_book(tmp_path, rows=bounds.ROWS, latency_ms=SLOW) as emulator:
        counts = Counts(emulator)
        for order in pick(bounds.CHANGED, sheets=[Sheet.ACTIVE]):
            orders.change_status(order, by=amy, to=next_open_status(order))
        assert_few_steps(counts)
