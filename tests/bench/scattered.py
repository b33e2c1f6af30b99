"""Many changed orders, scattered over a large workbook: at once, and as single edits."""

import time
from typing import Any

from django.contrib.auth.models import User

from repairs import orders
from repairs.statuses import Sheet
from sync.foreground import drain
from tests.bench import bounds
from tests.bench.books import Counts, known_book
from tests.bench.changes import add, change_in_bulk, next_open_status, pay, pick
from tests.bench.processes import workers
from tests.bench.report import Aim, Section, shown
from tests.bench.world import World, flushes, gaps, settle

SPREAD = 60.0  # seconds over which the single edits are spread
LATENCY = 200  # milliseconds
HEADS = ("changes", "HTTP requests", "writing steps", "cells in the largest", "flushes", "seconds")


def at_once(world: World) -> list[Section]:
    """Everything is changed before the flush begins."""
    section = Section(
        f"Changes scattered over {bounds.ROWS:,} rows",
        "Counted by the server. The changes are made first; then one flush carries them over.",
        HEADS,
    )
    amy = User.objects.create_user("amy")
    with known_book(world.folder, rows=bounds.ROWS) as emulator:
        counts = Counts(emulator)
        change_in_bulk(pick(bounds.CHANGED))
        plain = _flushed(section, f"{bounds.CHANGED:,} orders", counts)
        change_in_bulk(pick(bounds.CHANGED, seed=4), seed=5)
        pay(pick(bounds.MOVED, seed=6, sheets=[Sheet.ACTIVE]), by=amy)
        add(bounds.ADDED, by=amy)
        what = f"{bounds.CHANGED:,} orders, {bounds.MOVED} moves, {bounds.ADDED} new"
        mixed = _flushed(section, what, counts)
    section.aims = _aims(plain, mixed)
    section.gaps = gaps()
    return [section]


def _flushed(section: Section, what: str, counts: Counts) -> dict[str, Any]:
    report = drain(started_by="the benchmark")
    assert report["pending"] == 0, report
    asked = counts.take()
    section.rows.append(_row(what, asked, flushes=1, seconds=report["seconds"]))
    return asked


def _row(what: str, asked: dict[str, Any], *, flushes: int, seconds: float) -> tuple[str, ...]:
    names = ("http_requests", "writing_steps", "max_cells_in_a_step")
    return what, *(f"{asked[name]:,}" for name in names), str(flushes), shown(seconds)


def _aims(plain: dict[str, Any], mixed: dict[str, Any]) -> list[Aim]:
    largest = max(asked["max_cells_in_a_step"] for asked in (plain, mixed))
    named = f"{bounds.CHANGED:,} scattered changes"
    return [
        Aim(f"{named}: HTTP requests", plain["http_requests"], bounds.MOST_REQUESTS, ""),
        Aim(f"{named}: writing steps", plain["writing_steps"], bounds.MOST_STEPS, ""),
        Aim("with moves and new: HTTP requests", mixed["http_requests"], bounds.MOST_REQUESTS_WITH_MOVES, ""),
        Aim("with moves and new: writing steps", mixed["writing_steps"], bounds.MOST_STEPS_WITH_MOVES, ""),
        Aim("cells in the largest writing step", largest, bounds.MOST_CELLS, ""),
    ]


def _single_aims(how: str, asked: dict[str, Any]) -> list[Aim]:
    named = f"{bounds.CHANGED:,} single edits, {how}"
    return [
        Aim(f"{named}: HTTP requests", asked["http_requests"], bounds.MOST_REQUESTS, ""),
        Aim(f"{named}: writing steps", asked["writing_steps"], bounds.MOST_STEPS, ""),
    ]


def one_by_one(world: World) -> list[Section]:
    """As many single edits: first without a worker, then spread in time with a worker beside."""
    section = Section(
        f"{bounds.CHANGED:,} single edits",
        f"The same number of orders changed one after the other by the verb, in {bounds.ROWS:,} rows, with Graph "
        f"answering in {LATENCY} ms. First while no worker runs, then carried over by one flush; then evenly over "
        f"{SPREAD:.0f} seconds with a worker beside, which carries over every few seconds what there is, so that no "
        "cell waits for long. The seconds run to the last read-back, in the first row from the begin of the flush.",
        HEADS,
    )
    amy = User.objects.create_user("amy")
    with known_book(world.folder, rows=bounds.ROWS, latency_ms=LATENCY) as emulator:
        chosen = pick(bounds.CHANGED, sheets=[Sheet.ACTIVE])
        counts = Counts(emulator)
        for order in chosen:
            orders.change_status(order, by=amy, to=next_open_status(order))
        asked = _flushed(section, f"{len(chosen):,} edits, then a flush", counts)
        section.aims = _single_aims("then a flush", asked)
        earlier = len(flushes())
        with workers(world.environment(emulator), world.folder):
            begun = time.perf_counter()
            for index, order in enumerate(chosen):
                time.sleep(max(0.0, begun + index * SPREAD / len(chosen) - time.perf_counter()))
                orders.change_status(order, by=amy, to=next_open_status(order))
            edited = time.perf_counter() - begun
            settle()
            seconds = time.perf_counter() - begun
        what = f"{len(chosen):,} edits in {edited:.0f} s"
        beside = counts.take()
        section.rows.append(_row(what, beside, flushes=len(flushes()) - earlier, seconds=seconds))
        section.aims += _single_aims("a worker beside", beside)
    section.gaps = gaps()
    return [section]
