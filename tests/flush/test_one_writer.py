"""Two workers and two sweepers at once: one flush at a time. And what would happen without the lease."""

import threading
from pathlib import Path

import pytest

from sync import runs
from sync.graph.connection import connection
from sync.graph.workbook import WorkbookFile, delete_rows, write_range
from sync.lease import acquire
from sync.models import Run, Workbook
from tests.flush.house import House, eventually
from tests.flush.ledger import NUMBERS
from tests.flush.points import Point, catch_at
from tests.flush.test_faults import CLOSING, OPENING, WRITING
from tests.flush.workers import Nursery

IN_THE_MIDDLE = Point("the writing arrives", WRITING, fate="late")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_two_workers_and_two_sweepers_take_turns(house: House, nursery: Nursery, tmp_path: Path) -> None:
    """Comparisons run in between: they are runs of their own, so that only the lease keeps them apart."""
    house.options(step_latency_ms=5)
    workers = [nursery.start(work, tmp_path) for work in ("sweep", "sweep", "drain", "drain")]
    for number in NUMBERS["Active"]:
        house.edit(number, notes=f"one of many {number}")
        house.status(number, "SHIPPED")
        runs.start_check(by=None)
    house.status(38002, "SCRAP")
    eventually(lambda: not pending(house), "everything arrives")
    for worker in workers[2:]:
        worker.join()
    eventually(lambda: not Run.objects.filter(state=Run.State.RUNNING).exists(), "the last run ends")
    for worker in workers:
        worker.kill()
    house.recover()
    house.assert_at_rest()
    house.assert_well_behaved()
    assert_one_after_another(house)


def pending(house: House) -> bool:
    return bool(house.workbook.replicas.filter(pending_since__isnull=False).exists())


def assert_one_after_another(house: House) -> None:
    """No request of one session between two of another."""
    sessions = [
        entry["session"] or entry["steps"][0]["session"]
        for entry in house.log()
        if entry["session"] or entry["steps"]
    ]
    turns = [
        session for place, session in enumerate(sessions) if place == 0 or sessions[place - 1] != session
    ]
    assert len(turns) == len(set(turns))


def test_the_lease_goes_to_one_of_many(house: House) -> None:
    ready = threading.Barrier(8)
    taken = []

    def take() -> None:
        workbook = house.workbook
        ready.wait()
        taken.append(acquire(workbook))
        close()

    def close() -> None:
        from django.db import connection as database

        database.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 8
    (lease,) = filter(None, taken)
    assert acquire(house.workbook) is None
    lease.release()
    assert acquire(house.workbook)


@pytest.mark.parametrize(
    "status", [404, 409, *(pytest.param(code, marks=pytest.mark.chaos) for code in (400, 401, 403))]
)
def test_a_left_session_that_can_t_be_closed_blocks_nothing(house: House, status: int) -> None:
    house.edit(38005, notes="after a worker died")
    Workbook.objects.update(session_id="left open")
    house.fault("status", match=CLOSING, status=status, code="neverHeardOf")
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert next(e["session"] for e in house.log() if "closeSession" in e["path"]) == "left open"
    assert house.workbook.session_id == ""
    house.assert_at_rest()


@pytest.mark.parametrize("status", [pytest.param(500, marks=pytest.mark.chaos), 504])
def test_a_left_session_whose_closing_stays_unclear_blocks_one_visit(house: House, status: int) -> None:
    house.edit(38005, notes="after a worker died")
    Workbook.objects.update(session_id="left open")
    house.fault("status", match=CLOSING, times=None, status=status)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.all_well()
    house.assert_agreement()


@pytest.mark.parametrize(
    ("status", "failures"),
    [
        pytest.param(423, 0, id="locked", marks=pytest.mark.chaos),
        pytest.param(504, 1, id="unclear after another failure"),
    ],
)
def test_a_frozen_writer_s_session_is_closed_before_the_next_is_opened(
    house: House, nursery: Nursery, tmp_path: Path, status: int, failures: int
) -> None:
    """Its own clock says that its lease is good when it goes on: that its session is over is what stops it."""
    house.edit(38005, notes="by one that freezes")
    frozen = catch_at(house, lambda: nursery.start("drain", tmp_path), IN_THE_MIDDLE)
    house.edit(38006, notes="by the next")
    house.let_leases_run_out()
    Workbook.objects.update(failures=failures)
    house.fault("status", match=CLOSING, status=status)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert house.stats()["open_sessions"] == 0
    asked = [e["path"].rpartition("/")[2] for e in house.log() if "Session" in e["path"]]
    assert asked == ["createSession", "closeSession", "closeSession", "createSession", "closeSession"]
    house.edit(38005, notes="newer than what the frozen one knows")
    frozen.thaw()
    frozen.join()
    house.drain()
    house.assert_at_rest()


def test_a_left_session_is_forgotten_only_for_a_new_one(house: House) -> None:
    house.edit(38005, notes="after a worker died")
    Workbook.objects.update(session_id="left open")
    for match in (CLOSING, OPENING):
        house.fault("status", match=match, status=401, code="InvalidAuthenticationToken")
    assert house.drain()["pending"] == 1
    assert house.workbook.session_id == "left open"
    house.drain()
    assert house.workbook.session_id == ""
    house.assert_at_rest()


def test_without_the_lease_two_workers_are_at_the_workbook_at_once(
    house: House, nursery: Nursery, tmp_path: Path
) -> None:
    """The control of the first test: a flush is frozen, and a comparison goes on in the middle of it."""
    house.edit(38005, notes="on its way")
    flush = catch_at(house, lambda: nursery.start("tests.flush.unleased.drain", tmp_path), IN_THE_MIDDLE)
    check = runs.start_check(by=None)
    other = nursery.start("tests.flush.unleased.sweep", tmp_path)
    eventually(lambda: Run.objects.get(pk=check.pk).state == Run.State.SUCCEEDED, "the comparison ends")
    other.join()
    flush.thaw()
    flush.join()
    with pytest.raises(AssertionError):
        assert_one_after_another(house)


def test_with_the_lease_the_other_waits(house: House, nursery: Nursery, tmp_path: Path) -> None:
    house.edit(38005, notes="on its way")
    flush = catch_at(house, lambda: nursery.start("drain", tmp_path), IN_THE_MIDDLE)
    check = runs.start_check(by=None)
    runs.sweep()
    assert Run.objects.get(pk=check.pk).state == Run.State.QUEUED
    flush.thaw()
    flush.join()
    house.drain()
    assert_one_after_another(house)


def test_without_a_lease_two_writers_destroy_each_other_s_rows(house: House) -> None:
    """What that does: what each has read is out of date when it writes."""

    def writer() -> WorkbookFile:
        return WorkbookFile(connection(), drive_id=house.workbook.drive_id, item_id=house.workbook.item_id)

    one, other = writer(), writer()
    sessions = one.open_session(), other.open_session()
    active = next(sheet for sheet in one.worksheets(sessions[0]) if sheet.name == "Active")
    _, row = house.place(38005)  # both have read this
    one.run(sessions[0], [delete_rows(active.id, row - 1, row - 1)])
    other.run(sessions[1], [write_range(active.id, f"S{row}:S{row}", [["meant for 38005"]])])
    assert house.cell(38005, "notes") == "note 38005"
    assert house.cell(38006, "notes") == "meant for 38005"
