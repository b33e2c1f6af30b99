"""The house of these tests: a workbook behind a living emulator, a database, and what must hold between them."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
from django.db.models import Q

from repairs import clock, orders
from repairs.models import RepairOrder, Shop
from sync import foreground, marks, runs
from sync.emulator.process import EmulatorProcess
from sync.models import Replica, Run, Workbook
from tests.flush.ledger import LETTER, MINE, NUMBERS, expected_cells, make_workbook, mine
from tests.support.emulated import PLAIN_HTTP

KNOWN = {number for numbers in NUMBERS.values() for number in numbers}
PATIENCE = 30.0  # seconds until something that must happen counts as not happening
Row = list[Any]


def eventually(condition: Callable[[], bool], told: str, *, every: float = 0.005) -> None:
    """Waits for something that another process does."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"never happened: {told}"
        time.sleep(every)


class House:
    """What a test does to the workbook, the service and the orders, and what it sees there."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self._http = httpx.Client(trust_env=False, timeout=PATIENCE, verify=PLAIN_HTTP)

    def close(self) -> None:
        self._http.close()

    # The service

    def control(self, method: str, name: str, **body: Any) -> Any:
        url = f"{self.emulator.control_url}/{name}"
        answer = self._http.request(method, url, json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def begin(self) -> None:
        """A fresh workbook; nothing is left of an earlier test."""
        self.control("POST", "faults", action={"kind": "delay", "seconds": 0})  # also ends a Retry-After
        self.control("DELETE", "faults")
        self.control("POST", "save")  # no saving is under way when the file is replaced
        self.control("POST", "reset")
        make_workbook(self.emulator.workbook)

    def fault(
        self, kind: str, *, match: Mapping[str, Any] | None = None, times: int | None = 1, **action: Any
    ) -> int:
        """Switches a fault on; its number."""
        rule = {"match": dict(match or {}), "times": times, "action": {"kind": kind, **action}}
        return int(self.control("POST", "faults", **rule)["id"])

    def fired(self, fault: int) -> bool:
        return any(rule["id"] == fault and rule["fired"] for rule in self.control("GET", "faults"))

    def all_well(self, fault: int | None = None) -> None:
        """The service works again, or one of its faults is over."""
        self.control("DELETE", f"faults?id={fault}" if fault else "faults")

    def forget(self) -> None:
        """Empties the service's log and sums."""
        self.control("DELETE", "log")

    def log(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "log"))

    def stats(self) -> dict[str, Any]:
        return dict(self.control("GET", "stats"))

    def options(self, **values: Any) -> None:
        self.control("POST", "options", **values)

    # The workbook

    def person(self, sheet: str, *edits: Mapping[str, Any]) -> None:
        """A person edits the workbook."""
        self.control("POST", "edit", sheet=sheet, ops=list(edits))

    def types(self, number: int, **cells: Any) -> None:
        """A person types into cells of an order's row."""
        sheet, row = self.place(number)
        self.person(sheet, {"set": {f"{LETTER[name]}{row}": value for name, value in cells.items()}})

    def rows(self, sheet: str) -> list[Row]:
        """All rows with the header, each as wide as the widest."""
        return list(self.control("GET", f"cells?sheet={sheet}")["values"])

    def places(self, number: int) -> list[tuple[str, int]]:
        return [
            (sheet, place)
            for sheet in NUMBERS
            for place, row in enumerate(self.rows(sheet), start=1)
            if row and row[0] == number
        ]

    def place(self, number: int) -> tuple[str, int]:
        (only,) = self.places(number)
        return only

    def row(self, number: int) -> Row:
        sheet, row = self.place(number)
        return self.rows(sheet)[row - 1]

    def cell(self, number: int, name: str) -> Any:
        return self.row(number)[ord(LETTER[name]) - ord("A")]

    # The orders

    @property
    def workbook(self) -> Workbook:
        return marks.the_workbook()

    def saved(self) -> openpyxl.Workbook:
        """The workbook as a file, as anybody may open it."""
        self.control("POST", "save")
        return openpyxl.load_workbook(self.emulator.workbook)

    def order(self, number: int) -> RepairOrder:
        return RepairOrder.objects.get(number=number)

    def replica(self, number: int) -> Replica:
        return Replica.objects.get(order__number=number, workbook=self.workbook)

    def edit(self, number: int, **changes: Any) -> RepairOrder:
        return orders.edit(self.order(number), by=None, changes=changes)

    def status(self, number: int, to: str) -> RepairOrder:
        return orders.change_status(self.order(number), by=None, to=to)

    def create(self, part: str = "NEW-1", **fields: Any) -> RepairOrder:
        shop = Shop.objects.get(name="Coral Bay Aero")
        return orders.create(by=None, shop=shop, part_number=part, **fields)

    def some_of_everything(self, chance: random.Random | None = None) -> None:
        """Changes of every kind: cells, a move, a move there and back, a new order."""
        chance = chance or random.Random(1)
        known = sorted(RepairOrder.objects.values_list("number", flat=True))
        one, two, three, four, five = chance.sample(known, 5)
        self.edit(one, notes=f"said {chance.random()}", final_cost=f"{chance.randint(1, 9999)}.25")
        self.status(two, chance.choice(["SHIPPED", "RECEIVED", "APPROVED"]))
        for number in (three, four):
            sheet = chance.choice([name for name in NUMBERS if name != self.order(number).sheet])
            orders.archive(self.order(number), by=None, sheet=sheet)
        self.edit(five, tracking_number=chance.choice(["00123", "1E5", "3-4", "=1+1", "'quoted", ""]))
        self.create(f"NEW-{chance.randint(1, 999)}")

    # The engine

    def drain(self) -> dict[str, Any]:
        """Carries everything over in the foreground, in this process."""
        return foreground.drain(started_by="a test")

    def recover(self) -> dict[str, Any]:
        """What happens after a worker died: its leases run out, the next one finishes, a sweep ends its run."""
        self.let_leases_run_out()
        report = self.drain()
        runs.sweep()
        return report

    def recover_in_background(self) -> list[dict[str, Any]]:
        """What happens after a worker died and nobody looks: its leases run out, and sweeps alone do the rest.

        The questions that are left to people.
        """

        def is_swept() -> bool:
            runs.sweep()
            open_runs = Run.objects.filter(kind=Run.Kind.FLUSH, state__in=Run.OPEN)
            unsettled = Q(pending_since__isnull=False) | Q(intent__isnull=False)
            return not open_runs.exists() and not Replica.objects.filter(unsettled).exists()

        eventually(is_swept, "the sweeps end what a dead worker began", every=0.05)
        return foreground.needs_attention(self.workbook)

    def let_leases_run_out(self) -> None:
        """As if the time had passed in which a dead worker's leases are honored."""
        past = clock.now() - timedelta(seconds=1)
        Workbook.objects.filter(lease_until__isnull=False).update(lease_until=past)
        Run.objects.filter(lease_until__isnull=False).update(lease_until=past)

    def end_backoff(self) -> None:
        """As if the time had passed in which we leave the workbook alone after a failure."""
        Workbook.objects.update(backoff_until=None)
        Run.objects.filter(state=Run.State.QUEUED).update(due_at=clock.now())

    # What must hold

    def assert_at_rest(self, *, without: tuple[int, ...] = ()) -> None:
        """Workbook = database for every order but those in `without`, and nothing is left open."""
        self.assert_agreement(without=without)
        self.assert_nothing_open(without=without)
        self.assert_not_ours_untouched()

    def assert_agreement(self, *, without: tuple[int, ...] = ()) -> None:
        sheets = {name: self.rows(name) for name in NUMBERS}
        found: dict[int, list[tuple[str, Row]]] = {}
        for name, rows in sheets.items():
            for row in rows[1:]:
                if row and row[0] != "":
                    found.setdefault(row[0], []).append((name, row))
        for order in RepairOrder.objects.exclude(number__in=without).select_related("shop"):
            rows_of = found.get(order.number, [])
            assert [sheet for sheet, _ in rows_of] == [order.sheet], f"{order} stands on {rows_of}"
            assert rows_of[0][1][:21] == expected_cells(order), f"{order} differs"

    def assert_nothing_open(self, *, without: tuple[int, ...] = ()) -> None:
        replicas = Replica.objects.exclude(order__number__in=without)
        left = replicas.filter(Q(pending_since__isnull=False) | Q(intent__isnull=False) | ~Q(attention=""))
        assert not [(r.order.number, r.attention_text, r.intent) for r in left]
        late = [r for r in replicas.select_related("order") if r.arrived_version > r.order.version]
        assert not late
        assert not Run.objects.filter(state=Run.State.RUNNING).exists()

    def assert_not_ours_untouched(self) -> None:
        """What people keep beside their rows went with the rows; the sheet that is no ledger is as it was."""
        for name in NUMBERS:
            for row in self.rows(name)[1:]:
                if row[0] in KNOWN:
                    assert row[MINE - 1] == mine(row[0])
        assert self.rows("Prices") == [["not ours", 1, 2]]

    def assert_well_behaved(self) -> None:
        """What the service counted: nothing in a Retry-After, nothing outside a session, one at a time."""
        stats = self.stats()
        watched = ("retry_after_violations", "sessionless_writes", "overlapping")
        assert {name: stats[name] for name in watched} == dict.fromkeys(watched, 0)
