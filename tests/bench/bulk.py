"""Ten thousand orders: imported, saved one by one, and written into an empty workbook."""

import json
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
from tests.bench.processes import peak_memory
from tests.bench.report import Aim, Section, shown
from tests.bench.world import World, gaps

ROWS = 10_000
ONE_BY_ONE = 500
MOST_MEMORY = 250


def measure(world: World) -> list[Section]:
    with override_settings(GRAPH_DRIVE_ID="elsewhere", EXCEL_WORKBOOK_ID="elsewhere"):
        read, imported = _imported(world)
    empty = write_ledger(world.folder / "empty.xlsx", rows=0)
    with emulated(empty) as emulator:
        memory = _first_sync(world, emulator)
        single = _one_by_one() / ONE_BY_ONE * ROWS
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


def _one_by_one() -> float:
    """Seconds for saving a sample of the orders again as new ones."""
    amy = User.objects.create_user("amy")
    sample = pick(ONE_BY_ONE)
    begun = time.perf_counter()
    for order in sample:
        _save_again(order, by=amy)
    return time.perf_counter() - begun


def _save_again(order: RepairOrder, *, by: User) -> None:
    values = {
        name: getattr(order, name) for name in orders.EDITABLE if getattr(order, name) not in (None, "")
    }
    made = orders.create(by=by, **values)
    if order.status != TO_SEND:
        orders.change_status(made, by=by, to=order.status, unit_returned=order.sheet == Sheet.RETURNS)


def _first_sync(world: World, emulator: EmulatorProcess) -> Section:
    environment = world.environment(emulator)
    command = ("sync_workbook", "--json")
    _, idle = peak_memory(*command, environment=environment)
    count = marks.mark_all(RepairOrder.objects.all())
    output, peak = peak_memory(*command, environment=environment)
    report = json.loads(output.splitlines()[-1])
    assert (report["rows_added"], report["pending"]) == (count, 0), report
    section = Section(
        f"The first sync of {count:,} orders",
        "A process writes all orders into a workbook that holds only its header rows, and reads them back. The "
        "peak is the high-water mark of its resident memory.",
        ("what", "value"),
    )
    section.rows = [
        ("peak memory", f"{peak:.0f} MB"),
        ("of it with nothing to write", f"{idle:.0f} MB"),
        ("seconds", shown(report["seconds"])),
        ("rows per second", shown(count / report["seconds"])),
        ("HTTP requests", str(report["http_requests"])),
        ("writing steps", str(report["batch_steps"])),
    ]
    section.aims.append(Aim("peak memory of a first sync", peak, MOST_MEMORY, "MB"))
    section.gaps = gaps()
    return section
