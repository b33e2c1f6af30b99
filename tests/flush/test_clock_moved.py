"""The clock of the machine is moved by an hour, forward or back: nothing stands still for an hour, nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from pytest_django import Settings

from repairs import clock, documents
from sync import quiet, runs, work
from sync.documents import UNDO
from sync.lease import acquire
from sync.models import DocumentCopy, Run, Workbook
from sync.setback import LONGEST_PAUSE
from tests.flush.house import House, eventually
from tests.flush.test_faults import OPENING, WRITING
from tests.flush.test_runs import in_background, latest, started

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
HOUR = timedelta(hours=1)
EITHER_WAY = pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["forward", "back"])


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """The clock is set and runs on; what only counts seconds (time.monotonic) does not notice."""
    with time_machine.travel(datetime.now(UTC) + by, tick=True):
        yield


def a_worker_s_day(house: House) -> None:
    """What a scheduler and a worker do, until nothing is left to do."""

    def at_rest() -> bool:
        work.keep_time()
        runs.sweep()
        return not house.workbook.replicas.filter(pending_since__isnull=False).exists()

    eventually(at_rest, "everything arrives")


@EITHER_WAY
def test_while_a_flush_is_writing(house: House, by: timedelta) -> None:
    house.some_of_everything()
    house.fault("delay", match=WRITING, seconds=1)
    with override_settings(SYNC_LEASE_SECONDS=2):
        flushing = in_background(runs.sweep)
        writing = Run.objects.filter(phase__startswith="Writing")
        eventually(writing.exists, "the flush is in the middle of writing")
        with moved(by):
            flushing.join()
            a_worker_s_day(house)
            house.assert_at_rest()
    house.assert_well_behaved()


@EITHER_WAY
def test_after_a_worker_died_in_a_flush(house: House, by: timedelta) -> None:
    house.edit(38005, notes="begun by somebody who died")
    with override_settings(SYNC_LEASE_SECONDS=1):
        assert runs.claim(started(house))
        assert acquire(house.workbook)
        with moved(by):
            a_worker_s_day(house)
            house.assert_at_rest()


@EITHER_WAY
def test_while_we_leave_the_workbook_alone_after_failures(house: House, by: timedelta) -> None:
    house.edit(38005, notes="later")
    house.fault("status", match=OPENING, status=409, inner_code="accessConflict")
    runs.sweep()
    assert house.workbook.failures == 1
    with moved(by):
        a_worker_s_day(house)
        house.assert_at_rest()


@EITHER_WAY
@pytest.mark.parametrize("hand", ["worker", pytest.param("command", marks=pytest.mark.chaos)])
def test_while_microsoft_asks_us_to_wait(house: House, by: timedelta, hand: str) -> None:
    house.edit(38005, notes="after the wait")
    house.fault("status", match=OPENING, status=429, inner_code="tooManyRequests", retry_after=2)
    runs.sweep()
    with moved(by):
        a_worker_s_day(house) if hand == "worker" else house.drain()
        house.assert_at_rest()
    house.assert_well_behaved()


def test_set_back_a_long_wait_is_kept_in_full(house: House) -> None:
    house.edit(38005, notes="after the wait")
    house.fault("status", match=OPENING, status=429, inner_code="tooManyRequests", retry_after=7200)
    runs.sweep()
    house.forget()
    with moved(-HOUR):
        work.keep_time()
        runs.sweep()
        not_before = house.workbook.not_before
        assert not_before
        left = not_before - clock.now()
        assert timedelta(seconds=7100) < left <= timedelta(seconds=7200)
        assert latest().due_at == house.workbook.not_before
    assert house.stats()["http_requests"] == 0


def test_set_back_while_a_flush_keeps_the_quiet_that_another_was_asked_for(house: House) -> None:
    house.edit(38005, notes="read back after the wait")
    fault = house.fault("delay", match=WRITING, seconds=1)
    flushing = in_background(runs.sweep)
    eventually(lambda: house.fired(fault), "the flush is in the middle of writing")
    quiet.keep(house.workbook.pk, 2)
    with moved(-HOUR):
        flushing.join()
        (waiting,) = Run.objects.filter(kind=Run.Kind.FLUSH)
        assert (waiting.state, waiting.attempts) == (Run.State.QUEUED, 0)
        assert waiting.due_at == house.workbook.not_before
        assert waiting.due_at > clock.now() + HOUR / 2
        a_worker_s_day(house)
        house.assert_at_rest()


def test_set_back_the_comparison_by_the_clock_goes_on(house: House) -> None:
    Workbook.objects.update(checked_at=clock.now())
    Run.objects.all().delete()
    runs.start(kind=Run.Kind.CHECK, workbook=house.workbook, started_by=runs.BY_THE_CLOCK)
    runs.sweep()
    with moved(-HOUR):
        work.keep_time()
        assert Run.objects.filter(kind=Run.Kind.CHECK, state=Run.State.QUEUED).count() == 1


@pytest.mark.parametrize("kind", [kind for kind, _ in work.choices()])
def test_set_back_no_run_waits_for_the_hour(house: House, kind: str) -> None:
    run = runs.start(kind=kind, about=1, started_by="a test", due_at=clock.now() + LONGEST_PAUSE)
    work.keep_time()
    assert Run.objects.get(pk=run.pk).due_at == run.due_at, (
        "nothing happens to a clock that goes as it should"
    )
    with moved(-HOUR):
        work.keep_time()
        assert Run.objects.get(pk=run.pk).due_at <= clock.now()


def test_set_back_a_removed_document_keeps_its_ten_minutes_and_no_hour_more(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    settings.DOCUMENTS_DIR = tmp_path
    upload = SimpleUploadedFile("Quote.pdf", b"%PDF-1.7")
    document = documents.add(house.order(38005), by=None, upload=upload, kind="quote")
    DocumentCopy.objects.update(item_id="in SharePoint")
    documents.remove(document, by=None)
    before = DocumentCopy.objects.get().due_at
    work.keep_time()
    assert DocumentCopy.objects.get().due_at == before
    with moved(-HOUR):
        work.keep_time()
        due_at = DocumentCopy.objects.get().due_at
        assert due_at is not None
        assert UNDO / 2 < due_at - clock.now() <= UNDO


def test_a_living_worker_keeps_its_lease(house: House) -> None:
    lease = acquire(house.workbook)
    assert lease
    with moved(-HOUR):
        work.keep_time()
        assert acquire(house.workbook) is None
        lease.renew()
        lease.check()
    lease.release()
