"""From a save to the cell, while people go on working."""

import time

import httpx
from django.contrib.auth.models import User

from repairs import orders
from repairs.models import RepairOrder
from repairs.statuses import Sheet
from sync.columns import BY_FIELD
from sync.emulator.process import EmulatorProcess
from tests.bench.books import known_book
from tests.bench.changes import pick
from tests.bench.processes import PATIENCE, workers
from tests.bench.report import Aim, Section, percentile, shown
from tests.bench.world import World, gaps, settle

ROWS = 890
EDITS = 40
EVERY = 0.5  # seconds
LATENCY = 200  # milliseconds
LOOK_EVERY = 0.1
MOST_SECONDS = 5
WATCHED = "shop_status"


def measure(world: World) -> list[Section]:
    section = Section(
        "From save to cell",
        f"{EDITS} edits, one every {EVERY:.1g} seconds, in {ROWS} rows, with a worker beside and Graph answering "
        f"every request in {LATENCY} ms. The cells are looked at every {LOOK_EVERY:.1g} seconds.",
        ("edits", "median", "95th percentile", "longest"),
    )
    amy = User.objects.create_user("amy")
    with known_book(world.folder, rows=ROWS, latency_ms=LATENCY) as emulator:
        chosen = pick(EDITS, sheets=[Sheet.ACTIVE])
        with workers(world.environment(emulator), world.folder):
            orders.add_note(pick(1)[0], by=amy, text="The workers are up.")
            settle()
            taken = _watched(emulator, chosen, by=amy)
            settle()
    numbers = (percentile(taken, 50), percentile(taken, 95), max(taken))
    section.rows.append((str(len(taken)), *(f"{shown(number)} s" for number in numbers)))
    section.aims.append(Aim("from save to cell, 95th percentile", numbers[1], MOST_SECONDS, "s"))
    section.gaps = gaps()
    return [section]


def _watched(emulator: EmulatorProcess, chosen: list[RepairOrder], *, by: User) -> list[float]:
    """Edits the orders in their turn; for each, the seconds from the end of the save until its cell was seen."""
    saved: dict[str, float] = {}
    taken: list[float] = []
    begun = time.perf_counter()
    edited = 0
    while edited < len(chosen) or saved:
        if edited < len(chosen) and time.perf_counter() >= begun + edited * EVERY:
            text = f"edit {edited}"
            orders.edit(chosen[edited], by=by, changes={WATCHED: text})
            saved[text] = time.perf_counter()
            edited += 1
        arrived = saved.keys() & _cells(emulator)
        taken += [time.perf_counter() - saved.pop(text) for text in arrived]
        if time.perf_counter() > begun + len(chosen) * EVERY + PATIENCE:
            raise TimeoutError(f"These edits never came: {', '.join(saved)}")
        time.sleep(LOOK_EVERY)
    return taken


def _cells(emulator: EmulatorProcess) -> set[str]:
    shown_now = httpx.get(f"{emulator.control_url}/cells", params={"sheet": "Active"}, trust_env=False)
    column = BY_FIELD[WATCHED].index
    return {str(row[column]) for row in shown_now.raise_for_status().json()["values"] if len(row) > column}
