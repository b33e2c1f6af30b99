"""The row is the job: claims, leases, attempts, giving up, cancelling, trying again, progress."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connection

from repairs import clock
from repairs.errors import Refusal
from sync import flush, progress, runs, work
from sync.models import Run, RunStep
from sync.runs import MAX_ATTEMPTS, Claim, ClaimLost
from sync.work import Kind
from tests.flush.house import PATIENCE, House, eventually
from tests.flush.test_faults import OPENING, WRITING

pytestmark = pytest.mark.django_db(transaction=True)


def started(house: House) -> Run:
    return runs.start(kind=Run.Kind.FLUSH, workbook=house.workbook, started_by="a test")


def checked_by_the_clock(house: House) -> list[str]:
    """What a comparison by the clock asks of the service."""
    house.control("POST", "save")
    house.forget()
    run = runs.start(kind=Run.Kind.CHECK, workbook=house.workbook, started_by=runs.BY_THE_CLOCK)
    runs.sweep()
    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED
    return [entry["path"] for entry in house.log()]


def is_opened(asked: list[str]) -> bool:
    return any("createSession" in path for path in asked)


def latest() -> Run:
    return Run.objects.latest("pk")


def together(count: int, act: Any) -> list[Any]:
    """The results of an act done by many threads at once."""
    ready, results = threading.Barrier(count), []

    def one() -> None:
        ready.wait()
        results.append(act())
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.both_databases
def test_one_of_many_gets_a_run(house: House) -> None:
    run = started(house)
    claims = together(8, lambda: runs.claim(Run.objects.get(pk=run.pk)))
    assert len(claims) == 8
    (claim,) = filter(None, claims)
    assert claim.attempt == 1
    assert Run.objects.get(pk=run.pk).attempts == 1


@pytest.mark.both_databases
def test_many_start_one_run(house: House) -> None:
    workbook = house.workbook
    found = together(8, lambda: runs.start(kind=Run.Kind.FLUSH, workbook=workbook, started_by="x").pk)
    assert len(found) == 8
    assert len(set(found)) == Run.objects.filter(kind=Run.Kind.FLUSH).count() == 1


def test_a_dead_worker_s_run_is_picked_up_after_its_lease(house: House) -> None:
    house.edit(38005, notes="begun by somebody who died")
    run = started(house)
    assert runs.claim(run)
    runs.sweep()
    assert house.cell(38005, "notes") == "note 38005", "its worker may be alive"
    house.let_leases_run_out()
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.State.SUCCEEDED, 2)
    house.assert_at_rest()


def test_who_lost_a_run_writes_nothing_more_for_it(house: House) -> None:
    run = started(house)
    first = runs.claim(run)
    house.let_leases_run_out()
    second = runs.claim(Run.objects.get(pk=run.pk))
    assert first
    assert second
    for act in (first.renew, lambda: first.report("late"), first.succeed, lambda: first.fail("late")):
        with pytest.raises(ClaimLost):
            act()
    second.report("in time")
    assert Run.objects.get(pk=run.pk).phase == "in time"


def test_a_run_that_kills_its_workers_is_given_up(house: House) -> None:
    house.edit(38005, notes="x")
    run = started(house)
    for _ in range(MAX_ATTEMPTS):
        assert runs.claim(Run.objects.get(pk=run.pk))
        house.let_leases_run_out()
    house.forget()
    late = runs.claim(Run.objects.get(pk=run.pk))
    house.let_leases_run_out()
    claim = runs.claim(Run.objects.get(pk=run.pk))
    assert late
    assert claim
    runs.perform(late, flush.work)  # it was taken over: its worker goes on to other runs
    assert Run.objects.get(pk=run.pk).state == Run.State.RUNNING
    runs.perform(claim, flush.work)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert run.error == f"Given up: it was begun {MAX_ATTEMPTS} times and never came to an end."
    assert house.stats()["http_requests"] == 0


def test_waiting_is_no_attempt_and_failing_is(house: House) -> None:
    house.edit(38005, notes="x")
    house.fault("status", match=OPENING, status=429, inner_code="tooManyRequests", retry_after=1)
    runs.sweep()
    run = latest()
    assert (run.state, run.attempts, run.phase) == (Run.State.QUEUED, 0, "Waiting")
    assert run.error == "Microsoft 365 is busy and asked us to wait. It goes on after 1 seconds."
    assert run.due_at > clock.now() - timedelta(seconds=1)
    eventually(lambda: clock.now() > run.due_at, "the end of the Retry-After")
    house.fault("status", match=OPENING, times=1, status=409, inner_code="accessConflict")
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.State.QUEUED, 1)
    house.end_backoff()
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == (Run.State.SUCCEEDED, 2, "")
    house.assert_at_rest()
    house.assert_well_behaved()


def in_background(act: Any) -> threading.Thread:
    def perform() -> None:
        act()
        connection.close()

    thread = threading.Thread(target=perform)
    thread.start()
    return thread


def test_cancelled_in_the_middle_it_ends_after_the_step_and_flushes_pause(house: House) -> None:
    house.edit(38005, notes="written before the end")
    house.status(38006, "SCRAP")
    fault = house.fault("delay", match=WRITING, seconds=0.5)
    worker = in_background(runs.sweep)
    eventually(lambda: house.fired(fault), "the writing")
    runs.cancel(latest(), by=None)
    assert latest().cancel_asked
    worker.join()
    run = latest()
    assert (run.state, run.phase, run.open_key) == (Run.State.CANCELLED, "Cancelled", None)
    assert house.stats()["open_sessions"] == 0

    house.forget()
    runs.sweep()
    assert house.stats()["http_requests"] == 0, "flushes pause after a person's cancel"
    again = runs.retry(run, by=None)
    runs.sweep()
    again.refresh_from_db()
    assert again.state == Run.State.SUCCEEDED
    house.assert_at_rest()


def test_a_comparison_that_is_cancelled_holds_up_no_save(house: House) -> None:
    runs.cancel(runs.start(kind=Run.Kind.CHECK, workbook=house.workbook, started_by="a test"), by=None)
    house.edit(38005, notes="saved after that")
    runs.sweep()
    house.assert_at_rest()


def test_a_waiting_run_is_cancelled_at_once(house: House) -> None:
    run = started(house)
    runs.cancel(run, by=None)
    assert (run.state, run.open_key) == (Run.State.CANCELLED, None)
    with pytest.raises(Refusal):
        runs.cancel(run, by=None)


def test_a_run_cancelled_while_the_service_is_away_does_not_come_back(house: House) -> None:
    house.edit(38005, notes="x")
    fault = house.fault("delay", match=OPENING, seconds=0.5)
    house.fault("status", match=OPENING, times=None, status=409, inner_code="accessConflict")
    worker = in_background(runs.sweep)
    eventually(lambda: house.fired(fault), "the opening")
    runs.cancel(latest(), by=None)
    worker.join()
    assert latest().state == Run.State.CANCELLED


def test_a_cancelled_run_of_a_dead_worker_ends_without_a_request(house: House) -> None:
    house.edit(38005, notes="x")
    run = started(house)
    assert runs.claim(run)
    runs.cancel(run, by=None)
    house.let_leases_run_out()
    house.forget()
    runs.sweep()
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert house.stats()["http_requests"] == 0


def test_a_failed_run_is_tried_again_by_a_person(house: House) -> None:
    house.edit(38005, notes="x")
    house.fault("status", match=OPENING, status=403, code="AccessDenied")
    runs.sweep()
    failed = latest()
    assert failed.state == Run.State.FAILED
    assert failed.detail.startswith("NeedsPerson")
    again = runs.retry(failed, by=None)
    assert again.pk != failed.pk
    runs.sweep()
    house.assert_at_rest()
    claim = runs.claim(started(house))
    assert claim
    with pytest.raises(Refusal):
        runs.retry(claim.run, by=None)


def test_the_row_tells_how_far_it_is(house: House) -> None:
    for number in (38001, 38002, 38003):
        house.edit(number, notes="x")
    house.status(38004, "SCRAP")
    runs.sweep()
    run = latest()
    assert (run.done, run.total, run.percent, run.phase) == (4, 4, 100, "Done")
    assert run.result["orders_synced"] == 4
    assert run.result["http_requests"] == house.stats()["http_requests"]
    assert run.started_at
    assert run.finished_at
    assert run.started_at < run.finished_at


async def hear(ready: threading.Event, heard: list[dict[str, Any]]) -> None:
    """What an open page hears until a run has succeeded."""
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(progress.GROUP, channel)
    ready.set()
    while not heard or heard[-1]["state"] != "succeeded":
        heard.append((await layer.receive(channel))["run"])


def test_browsers_hear_of_it_on_the_way(house: House) -> None:
    house.edit(38005, notes="x")
    ready = threading.Event()
    heard: list[dict[str, Any]] = []
    page = in_background(lambda: asyncio.run(hear(ready, heard)))
    assert ready.wait(PATIENCE)
    runs.sweep()
    page.join(PATIENCE)
    assert {entry["id"] for entry in heard} == {latest().pk}
    assert heard[0]["state"] == "queued"
    assert "running" in {entry["state"] for entry in heard}
    assert (heard[-1]["state"], heard[-1]["percent"]) == ("succeeded", 100)


def test_an_error_in_the_program_is_shown_and_the_marks_stay(house: House) -> None:
    house.edit(38005, notes="x")
    claim = runs.claim(started(house))
    assert claim

    def work(_: Claim) -> None:
        raise KeyError("a defect")

    runs.perform(claim, work)
    run = latest()
    assert run.state == Run.State.FAILED
    assert "a defect" in run.error
    assert "KeyError" in run.detail
    assert RunStep.objects.filter(run=run, trouble=True).exists()
    house.drain()
    house.assert_at_rest()


def order_asked_of_a_lost_connection(_: int) -> int:
    """The number of an order, for a connection that its database ends at the first time of asking."""
    if Run.objects.filter(kind=INTERRUPTED, attempts=1).exists():
        with connection.cursor() as cursor:
            cursor.execute("KILL CONNECTION_ID()")
    return 38005


INTERRUPTED = "interrupted"


@pytest.fixture
def interrupted() -> Iterator[str]:
    """A kind of work whose first question is interrupted."""
    here = f"{__name__}.{order_asked_of_a_lost_connection.__name__}"
    work.add_kind(Kind(INTERRUPTED, label="x", done="x", work="sync.foreground.orphaned", order=here))
    yield INTERRUPTED
    work._Registry.kinds.pop(INTERRUPTED)  # no program takes a kind back


def test_a_run_whose_order_the_database_did_not_tell_is_tried_again(house: House, interrupted: str) -> None:
    run = runs.start(kind=interrupted, about=1, started_by="a test")
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.State.QUEUED, "The database was away for a moment.")
    house.end_backoff()
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.State.FAILED, 2), "its work was reached"


def test_by_the_clock_a_workbook_that_did_not_change_is_not_opened(house: House) -> None:
    assert is_opened(checked_by_the_clock(house))
    before = house.workbook.checked_at
    assert before
    (asked,) = checked_by_the_clock(house)
    assert not is_opened([asked])
    assert latest().result["unchanged"] is True
    after = house.workbook.checked_at
    assert after
    assert after > before
    house.types(38005, notes="by hand")
    assert is_opened(checked_by_the_clock(house))
    assert "unchanged" not in latest().result
    assert [difference["order"] for difference in house.workbook.differences] == [38005]


def test_a_workbook_in_trouble_is_opened_before_anybody_says_that_it_is_over(house: House) -> None:
    checked_by_the_clock(house)
    house.edit(38005, notes="waits")
    house.fault("status", match=OPENING, times=None, status=403, code="AccessDenied")
    runs.sweep()
    told = house.workbook.trouble
    assert told
    check = runs.start(kind=Run.Kind.CHECK, workbook=house.workbook, started_by=runs.BY_THE_CLOCK)
    runs.sweep()
    check.refresh_from_db()
    assert check.state == Run.State.FAILED, "the file is as it was, but nobody can open it"
    assert (house.workbook.trouble, house.workbook.failures) == (told, 2)
    house.all_well()
    assert is_opened(checked_by_the_clock(house))
    assert (house.workbook.trouble, house.workbook.failures) == ("", 0)


def test_a_comparison_that_opened_nothing_ends_no_pause(house: House) -> None:
    checked_by_the_clock(house)
    house.edit(38005, notes="stopped by a person")
    runs.cancel(started(house), by=None)
    assert not is_opened(checked_by_the_clock(house))
    assert house.workbook.backoff_until
    assert house.cell(38005, "notes") == "note 38005"


def test_by_the_clock_a_session_that_was_left_is_closed_all_the_same(house: House) -> None:
    house.fault("status", match={"path_regex": "closeSession"}, status=503)
    checked_by_the_clock(house)
    assert house.workbook.session_id
    checked_by_the_clock(house)
    assert latest().result["unchanged"] is True
    assert not house.workbook.session_id
