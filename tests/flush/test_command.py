"""`manage.py sync_workbook`: the line of JSON that other scripts rely on."""

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from repairs import clock
from sync import flush, foreground, runs
from sync.emulator.process import EmulatorProcess
from sync.lease import acquire
from sync.models import Attention, Replica, Run, Workbook
from tests.flush.house import PATIENCE, House, eventually
from tests.flush.ledger import NUMBERS
from tests.flush.test_edits_between import AT_TOP
from tests.flush.test_faults import OPENING, READ_BACK, WRITING
from tests.flush.test_gone_rows import lose, questions
from tests.flush.test_runs import in_background
from tests.flush.workers import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = {
    *(
        "orders_synced",
        "rows_written",
        "rows_added",
        "rows_deleted",
        "http_requests",
        "batch_steps",
        "seconds",
    ),
    *("pending", "needs_attention"),
}


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


@pytest.mark.both_databases
def test_the_last_line_on_stdout_is_json_and_the_exit_code_is_zero(
    house: House, emulator: EmulatorProcess, database_url: str
) -> None:
    house.edit(38005, notes="a cell")
    house.status(38006, "SCRAP")
    house.create()
    done = subprocess.run(
        [sys.executable, "manage.py", "sync_workbook", "--json"],
        cwd=ROOT,
        env=environment(emulator, database_url),
        check=True,
        capture_output=True,
        text=True,
    )
    (line,) = done.stdout.splitlines()
    report = json.loads(line)
    assert report.keys() == KEYS
    assert {
        name: report[name] for name in ("orders_synced", "rows_written", "rows_added", "rows_deleted")
    } == {
        "orders_synced": 3,
        "rows_written": 1,
        "rows_added": 2,
        "rows_deleted": 1,
    }
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert report["http_requests"] == house.stats()["http_requests"]
    house.assert_at_rest()
    house.assert_well_behaved()


def test_without_json_it_tells_people_too(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.edit(38005, notes="x")
    capsys.readouterr()
    call_command("sync_workbook")
    told, line = capsys.readouterr().out.splitlines()
    assert told.startswith("1 row changed,")
    assert json.loads(line).keys() == KEYS


def test_a_comparison_is_told_in_words(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.types(38005, shop_reference="Q\u202e17")
    house.create()
    capsys.readouterr()
    call_command("check_workbook")
    agrees, *told = capsys.readouterr().out.splitlines()
    assert agrees.startswith("Excel agrees: ")
    assert "  G38005: SHOP REF #: Excel says “Q[U+202E]17”, the tracker “R-38005”." in told
    assert "  G38305: It is not in the workbook yet." in told
    assert "{" not in "".join(told)


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.edit(38005, notes="to be written")
    house.status(38006, "SCRAP")
    order = house.create()
    before = {sheet: house.rows(sheet) for sheet in NUMBERS}
    replicas = list(Replica.objects.order_by("pk").values())
    capsys.readouterr()
    call_command("sync_workbook", json=True, dry_run=True)
    report = last_line(capsys)
    assert report.keys() == KEYS | {"plan"}
    planned = {name: report[name] for name in ("rows_written", "rows_added", "rows_deleted")}
    assert planned == {"rows_written": 1, "rows_added": 2, "rows_deleted": 1}
    assert report["pending"] == 3
    assert {sheet: house.rows(sheet) for sheet in NUMBERS} == before
    assert list(Replica.objects.order_by("pk").values()) == replicas
    assert house.stats()["writing_steps"] == 0
    assert order.number is not None
    done = house.drain()
    assert {name: done[name] for name in planned} == planned
    house.assert_at_rest()


def test_a_dry_run_plans_everything_that_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flush, "ORDERS_PER_ROUND", 1)
    for number in (38005, 38006, 38007):
        house.edit(number, notes="one of three")
    planned = foreground.dry_run()
    assert planned["rows_written"] == 3
    assert house.drain()["rows_written"] == 3


def test_a_dry_run_asks_what_the_flush_would_ask(house: House) -> None:
    lose(house, 38005)
    house.edit(38006, notes="beside a row that is gone")
    planned = foreground.dry_run()
    assert (planned["rows_written"], questions(planned)) == (1, {38005: Attention.GONE})
    assert not house.replica(38005).attention
    assert planned["needs_attention"] == house.drain()["needs_attention"]


def test_a_dry_run_stops_where_the_flush_would_stop(house: House) -> None:
    house.edit(38304, notes="not to be written")
    lose(house, *range(38001, 38007))
    planned = foreground.dry_run()
    assert (planned["rows_written"], planned["plan"]["writes"]) == (0, [])
    assert not house.workbook.halted
    assert not house.workbook.trouble
    done = house.drain()
    assert done["rows_written"] == 0
    assert planned["needs_attention"] == done["needs_attention"]


def test_every_retry_after_is_waited_for(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.edit(38005, notes="after six waits")
    house.fault("status", match=OPENING, times=6, status=429, inner_code="tooManyRequests", retry_after=0.05)
    capsys.readouterr()
    call_command("sync_workbook", json=True)
    out, told = capsys.readouterr()
    assert json.loads(out)["pending"] == 0
    assert told.count("It goes on after") == 6
    house.fault("status", match=OPENING, times=6, status=429, inner_code="tooManyRequests", retry_after=0.05)
    call_command("check_workbook")
    house.assert_at_rest()
    house.assert_well_behaved()


@pytest.mark.parametrize("by_page", [False, True], ids=["by the command", "on the run's page"])
def test_what_failed_before_a_person_s_hand_is_no_reason_to_give_up(
    house: House, monkeypatch: pytest.MonkeyPatch, by_page: bool
) -> None:
    monkeypatch.setattr(foreground, "POLL", 0.001)
    house.edit(38005, notes="after ten failures")
    house.fault("status", match=OPENING, times=None, status=409, inner_code="accessConflict")
    for _ in range(runs.MAX_ATTEMPTS // foreground.MOST_IN_VAIN):
        assert house.drain()["pending"] == 1
    run = Run.objects.get(kind=Run.Kind.FLUSH)
    assert (run.state, run.attempts) == (Run.State.QUEUED, runs.MAX_ATTEMPTS)
    house.all_well()
    if by_page:
        runs.retry(run, by=None)
        runs.sweep()
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.State.SUCCEEDED, runs.MAX_ATTEMPTS + 1)
    house.assert_at_rest()


def test_a_dry_run_asks_nothing_about_a_row_that_a_repair_brings_back(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    last = NUMBERS["Active"][-1]
    house.create()
    house.fault("edit", match=WRITING, when="before", sheet="Active", ops=[AT_TOP])
    house.fault("status", match=READ_BACK, status=403, code="AccessDenied")
    house.drain()
    assert house.places(last) == [], "the new row was written over it"
    house.edit(last, notes="to be written once its row is back")
    capsys.readouterr()
    call_command("sync_workbook", dry_run=True)
    told, _, line = capsys.readouterr().out.splitlines()
    planned = json.loads(line)
    assert len(planned["plan"]["repairs"]) == 1
    assert told == "First 1 row would be put back; the rest is planned once that is done."
    assert (planned["needs_attention"], planned["plan"]["writes"]) == ([], [])
    done = house.drain()
    assert (done["pending"], done["needs_attention"]) == (0, [])
    house.assert_agreement()


LONG_WAIT: dict[str, Any] = {"status": 429, "inner_code": "tooManyRequests", "retry_after": 600}


def waiting(kind: str, told: list[str]) -> Run:
    """The run of a command that has told that it waits."""
    eventually(lambda: bool(told), "the command tells of its wait")
    return Run.objects.get(kind=kind, state=Run.State.QUEUED)


def test_a_command_that_waits_ends_when_a_person_cancels_its_run(house: House) -> None:
    house.edit(38005, notes="not today")
    house.fault("status", match=OPENING, **LONG_WAIT)
    told: list[str] = []
    command = in_background(lambda: foreground.drain(started_by="a command", tell=told.append))
    runs.cancel(waiting(Run.Kind.FLUSH, told), by=None)
    command.join(PATIENCE)
    assert told[1:] == ["It ended early: It was cancelled."]
    assert Run.objects.filter(kind=Run.Kind.FLUSH).count() == 1


def test_no_worker_ends_a_reading_whose_command_waits(house: House) -> None:
    house.edit(38005, notes="to be planned")
    house.fault("status", match=OPENING, **LONG_WAIT)
    told: list[str] = []

    def look() -> None:
        with pytest.raises(foreground.NotDone) as ended:
            foreground.dry_run(tell=told.append)
        told.append(str(ended.value))

    command = in_background(look)
    run = waiting(Run.Kind.READ, told)
    due_at = clock.now() - timedelta(seconds=50)
    Run.objects.filter(pk=run.pk).update(due_at=due_at)
    runs.sweep()
    eventually(lambda: Run.objects.get(pk=run.pk).due_at > due_at, "the command looks after its run")
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    runs.cancel(run, by=None)
    command.join(PATIENCE)
    assert told[1:] == ["It was cancelled."]
    assert Run.objects.filter(kind=Run.Kind.READ).count() == 1


def test_a_reading_whose_command_is_gone_is_ended_by_a_worker(house: House) -> None:
    run = runs.start(kind=Run.Kind.READ, workbook=house.workbook, started_by="a command that died")
    runs.sweep()
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    Run.objects.filter(pk=run.pk).update(due_at=clock.now() - timedelta(minutes=2))
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.State.FAILED, "The command that started it has ended.")


def test_a_command_tells_what_it_waits_for_before_its_first_attempt(house: House) -> None:
    house.edit(38005, notes="after two waits")
    house.fault("status", match=OPENING, status=429, inner_code="tooManyRequests", retry_after=1)
    runs.sweep()
    lease = acquire(house.workbook)
    assert lease
    told: list[str] = []
    command = in_background(lambda: foreground.drain(started_by="a command", tell=told.append))
    eventually(lambda: "Another worker is at the workbook." in told, "the lease is told of")
    Workbook.objects.update(not_before=clock.now() + timedelta(seconds=60))
    lease.release()
    eventually(lambda: len(told) == 2, "Microsoft's wait is told of")
    Workbook.objects.update(not_before=clock.now())
    command.join(PATIENCE)
    assert told[1].startswith("Microsoft 365 asked us to wait. It goes on after ")
    assert len(told) == 2
    house.assert_at_rest()


def test_an_unreachable_service_ends_with_what_is_pending_and_why(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.edit(38005, notes="x")
    house.fault("status", times=None, status=403, code="AccessDenied")
    capsys.readouterr()
    call_command("sync_workbook", json=True)
    out, told = capsys.readouterr()
    report = json.loads(out.splitlines()[-1])
    assert report["pending"] == 1
    (trouble,) = report["needs_attention"]
    assert (trouble["order"], trouble["code"]) == (None, "workbook")
    assert trouble["reason"]
    assert told == f"It ended early: {trouble['reason']}\n"
