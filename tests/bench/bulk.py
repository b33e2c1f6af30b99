"""Ten thousand orders: imported, saved one by one, and written into an empty workbook."""

import time

from django.contrib.auth.models import User
from django.test import override_settings

from repairs import orders
from repairs.models import RepairOrder
from repairs.statuses import TO_SEND, Sheet
from sync import marks
from sync.emulator.process import EmulatorProcess
from sync.import_reading import read_ledger
from sync.importer import import_rows
from sync.marks import the_workbook
from sync.xlsx import read_workbook
from tests.bench.books import emulated
from tests.bench.changes import pick
from tests.bench.ledgers import write_ledger
from tests.bench.processes import high_water, running
from tests.bench.report import Aim, Section, shown
from tests.bench.world import World, flushes, gaps, settle

ROWS = 10_000
ONE_BY_ONE = 500
MOST_MEMORY = 250
FIRST_SYNC_PATIENCE = 600.0  # seconds


def measure(world: World) -> list[Section]:
    with override_settings(GRAPH_DRIVE_ID="elsewhere", EXCEL_WORKBOOK_ID="elsewhere"):
        read, imported = _imported(world)
    empty = write_ledger(world.folder / "empty.xlsx", rows=0)
    with emulated(empty) as emulator:
        amy = User.objects.create_user("amy")
        memory = _first_sync(world, emulator, by=amy)
        single = _one_by_one(by=amy) / ONE_BY_ONE * ROWS
    return [_imports(read, imported, single), memory]


def _imported(world: World) -> tuple[float, float]:
    """Seconds for reading the file, and for reading and importing it."""
    path = write_ledger(world.folder / f"ledger-{ROWS}.xlsx", rows=ROWS)
    begun = time.perf_counter()
    sheets = read_workbook(path)
    read = time.perf_counter() - begun
    report = import_rows(the_workbook(), read_ledger(sheets))
    assert report.imported == ROWS
    return read, time.perf_counter() - begun


def _imports(read: float, imported: float, single: float) -> Section:
    section = Section(
        f"{ROWS:,} orders imported",
        f"The import reads the file and writes all orders in one transaction. Beside it the same orders saved one "
        f"by one through the verbs `create` and `change_status`: {ONE_BY_ONE} were timed, the rest is extrapolated.",
        ("way", "seconds", "rows per second", "ratio"),
    )
    section.rows = [
        ("import", shown(imported), shown(ROWS / imported), "1"),
        ("of it reading the file", shown(read), shown(ROWS / read), f"{read / imported:.2f}"),
        ("one by one (extrapolated)", shown(single), shown(ROWS / single), f"{single / imported:.1f}"),
    ]
    return section


def _one_by_one(*, by: User) -> float:
    """Seconds for saving a sample of the orders again as new ones."""
    sample = pick(ONE_BY_ONE)
    begun = time.perf_counter()
    for order in sample:
        _save_again(order, by=by)
    return time.perf_counter() - begun


def _save_again(order: RepairOrder, *, by: User) -> None:
    values = {
        name: getattr(order, name) for name in orders.EDITABLE if getattr(order, name) not in (None, "")
    }
    made = orders.create(by=by, **values)
    if order.status != TO_SEND:
        orders.change_status(made, by=by, to=order.status, unit_returned=order.sheet == Sheet.RETURNS)


def _first_sync(world: World, emulator: EmulatorProcess, *, by: User) -> Section:
    environment, log = world.environment(emulator), world.folder / "workers.log"
    with (
        running("manage.py", "worker", environment=environment, log=log) as worker,
        running("manage.py", "scheduler", environment=environment, log=log),
    ):
        orders.add_note(pick(1)[0], by=by, text="The worker is up.")
        settle(FIRST_SYNC_PATIENCE)
        idle = high_water(worker)
        before, count = len(flushes()), marks.mark_all(RepairOrder.objects.all())
        settle(FIRST_SYNC_PATIENCE)
        peak = high_water(worker)
    written = flushes()[before:]
    assert sum(run.result["orders_synced"] for run in written) == count
    requests, steps = (sum(run.result[what] for run in written) for what in ("http_requests", "batch_steps"))
    seconds = sum(
        (run.finished_at - run.started_at).total_seconds()
        for run in written
        if run.finished_at and run.started_at
    )
    section = Section(
        f"The first sync of {count:,} orders",
        "A worker, with all its threads, writes all orders into a workbook that holds only its header rows, and reads "
        "them back. The peak is the high-water mark of its resident memory.",
        ("what", "value"),
    )
    section.rows = [
        ("peak memory", f"{peak:.0f} MB"),
        ("of it after a first note", f"{idle:.0f} MB"),
        ("flushes", str(len(written))),
        ("seconds", shown(seconds)),
        ("rows per second", shown(count / seconds)),
        ("HTTP requests", str(requests)),
        ("writing steps", str(steps)),
    ]
    section.aims.append(Aim("peak memory of a worker in a first sync", peak, MOST_MEMORY, "MB"))
    section.gaps = gaps()
    return section
