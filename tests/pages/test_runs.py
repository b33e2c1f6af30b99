"""The pages of background work: runs, their buttons, and the orders that need a person."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from repairs.models import Activity, RepairOrder, Shop
from sync import runs
from sync.marks import the_workbook
from sync.models import Attention, Replica, Run, RunStep, Workbook
from sync.progress import describe
from tests.pages.conftest import MakeOrder


def make_run(**fields: object) -> Run:
    defaults = {
        "kind": Run.Kind.FLUSH,
        "workbook": the_workbook(),
        "started_by": "a change",
        "due_at": timezone.now(),
    }
    return Run.objects.create(**(defaults | fields))


def failed_run() -> Run:
    return make_run(
        state=Run.State.FAILED,
        error="Excel refused the sign-in.",
        detail="401 from the token endpoint",
        total=10,
        done=4,
        attempts=2,
        finished_at=timezone.now(),
    )


def test_runs_are_listed_newest_first_and_filtered(site: Client, db: None) -> None:
    flush, check = failed_run(), make_run(kind=Run.Kind.CHECK, state=Run.State.SUCCEEDED)

    def listed(query: str) -> list[int]:
        return [run.pk for run in site.get(f"/runs/{query}").context["page"].object_list]

    assert listed("") == [check.pk, flush.pk]
    assert listed("?state=failed") == [flush.pk]
    assert listed("?kind=check") == [check.pk]
    assert listed("?state=failed&kind=check") == []
    assert listed("?state=odd&kind=odd&page=x") == [check.pk, flush.pk]


def test_work_that_only_a_newer_version_knows_is_left_to_it(site: Client, db: None) -> None:
    """While an update is rolled out, a new process has started it, and an old worker, page and browser meet it."""
    run = make_run(kind="audit", workbook=None, open_key="audit:1")
    runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == (Run.State.QUEUED, 0, "")
    assert "audit" in site.get(run.get_absolute_url()).content.decode()
    assert [site.get(url).status_code for url in ("/runs/", "/runs/live.json", "/admin/sync/run/")] == [
        200
    ] * 3
    for act in ("cancel", "retry"):
        answer = site.post(f"/runs/{run.pk}/{act}/", headers={"HX-Request": "true"})
        assert answer.status_code < 500
    assert describe(run)["label"] == "audit"
    run.refresh_from_db()
    assert (run.state, run.cancel_asked) == (Run.State.QUEUED, False)


def test_a_run_tells_its_steps_and_its_error(site: Client, db: None) -> None:
    run = failed_run()
    RunStep.objects.create(run=run, attempt=1, text="Read 4 rows of Active.")
    text = site.get(run.get_absolute_url()).content.decode()
    for told in (
        "Read 4 rows of Active.",
        "Excel refused the sign-in.",
        "401 from the token endpoint",
        "4 of 10",
    ):
        assert told in text
    assert 'aria-valuenow="40"' in text


def test_a_worker_that_is_silent_is_told_until_another_takes_over(
    site: Client, db: None, settings: LazySettings
) -> None:
    settings.SYNC_LEASE_SECONDS = 60
    run = make_run()
    zone = ZoneInfo("America/New_York")

    def told(hour_and_second: tuple[int, int, int]) -> list[str]:
        """By the page of the run, the list of runs, the card, and to who asks for it."""
        with time_machine.travel(datetime(2026, 3, 4, *hour_and_second, tzinfo=zone), tick=False):
            pages = [site.get(url).content.decode() for url in (run.get_absolute_url(), "/runs/", "/feed/")]
            phase = site.get("/runs/live.json").json()["data"]["runs"][0]["phase"]
        sentence = re.compile(r"The worker has not been heard of since [^<]*")
        found = [sentence.search(text) for text in (*pages, phase)]
        return [one[0] if one else "" for one in found]

    with time_machine.travel(datetime(2026, 3, 4, 14, 3, 0, tzinfo=zone), tick=False):
        claim = runs.claim(run)
        assert claim
        claim.report("Opening the workbook")
    assert told((14, 3, 29)) == [""] * 4, "one renewal may be late"
    since = "The worker has not been heard of since 2:03:00 PM; another takes over"
    assert told((14, 3, 31)) == [f"{since} at 2:04:00 PM."] * 4
    assert told((14, 4, 1)) == [f"{since} as soon as one is free."] * 4
    with time_machine.travel(datetime(2026, 3, 4, 14, 4, 1, tzinfo=zone), tick=False):
        assert runs.claim(run)
    assert told((14, 4, 2)) == [""] * 4


def test_a_run_that_is_not_there(site: Client, db: None) -> None:
    assert site.get("/runs/999/").status_code == 404


def test_trying_again_starts_the_same_work(site: Client, db: None) -> None:
    answer = site.post(f"/runs/{failed_run().pk}/retry/")
    again = Run.objects.get(state=Run.State.QUEUED)
    assert answer["Location"] == again.get_absolute_url()
    assert again.started_by == "tom"


def test_a_run_that_is_being_worked_on_is_not_tried_again(site: Client, db: None) -> None:
    run = make_run(state=Run.State.RUNNING)
    answer = site.post(f"/runs/{run.pk}/retry/", follow=True)
    assert "This run is being worked on." in answer.content.decode()


def test_canceling(site: Client, db: None) -> None:
    run = make_run()
    site.post(f"/runs/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    answer = site.post(f"/runs/{run.pk}/cancel/", follow=True)
    assert "ended already" in answer.content.decode()


def test_comparing_now(site: Client, order: RepairOrder) -> None:
    answer = site.post("/runs/compare/")
    run = Run.objects.get(kind=Run.Kind.CHECK)
    assert answer["Location"] == run.get_absolute_url()


def test_what_a_page_asks_for_while_its_socket_is_down(site: Client, db: None) -> None:
    running, ended = make_run(state=Run.State.RUNNING, done=64, total=100), failed_run()
    long_ago = timezone.now() - timedelta(minutes=5)
    make_run(state=Run.State.SUCCEEDED, finished_at=long_ago)
    answer = site.get("/runs/live.json").json()
    assert answer["success"] is True
    told = {run["id"]: run for run in answer["data"]["runs"]}
    assert set(told) == {running.pk, ended.pk}
    assert (told[running.pk]["percent"], told[running.pk]["state"]) == (64, "running")
    assert told[ended.pk]["error"] == "Excel refused the sign-in."


def test_open_runs_are_on_every_page_from_the_start(site: Client, db: None) -> None:
    run = make_run(state=Run.State.RUNNING, done=64, total=100)
    text = site.get("/orders/new/").content.decode()
    assert f'data-run="{run.pk}"' in text
    assert "64 of 100" in text


def test_a_failure_is_told_on_every_page_until_it_is_seen_or_settled(site: Client, db: None) -> None:
    mark = re.compile(
        r'<a id="running"[^>]* data-state="failed"[^>]*(?<! hidden)>.*?> failed</span>', re.DOTALL
    )

    def told(page: str) -> bool:
        return bool(mark.search(site.get(page).content.decode()))

    failed = failed_run()
    assert (told("/"), told("/shops/")) == (True, True)
    ended = re.search(
        rf'data-run="{failed.pk}" data-state="failed" data-ended="([^"]+)"', site.get("/").content.decode()
    )
    assert ended
    for other in ("", "x", "2026-01-01", "2000-01-01T00:00:00+00:00", "0001-01-01T00:00:00+14:00"):
        site.cookies["failures_seen"] = other
        assert told("/"), other
    site.cookies["failures_seen"] = quote(ended[1])
    assert not told("/")
    another = failed_run()
    assert told("/"), "it failed since"
    site.cookies.pop("failures_seen")
    make_run(state=Run.State.SUCCEEDED, finished_at=timezone.now())
    assert not told("/"), f"{another} was done since"


def test_a_description_is_plain(db: None) -> None:
    run = make_run(state=Run.State.SUCCEEDED, done=3, total=3, finished_at=timezone.now())
    told = describe(run)
    assert (told["label"], told["percent"], told["url"]) == ("Writing to Excel", 100, f"/runs/{run.pk}/")
    assert told["ended_ago"] >= 0


def need(replica: Replica, reason: Attention, text: str = "") -> None:
    Replica.objects.filter(pk=replica.pk).update(
        attention=reason, attention_text=text, pending_since=timezone.now()
    )


def test_an_order_that_needs_a_person_is_listed_and_counted(
    site: Client, order: RepairOrder, replica: Replica
) -> None:
    assert "No order needs a person" in site.get("/runs/attention/").content.decode()
    need(replica, Attention.REFUSED, "Excel refuses its notes.")
    text = site.get("/runs/attention/").content.decode()
    assert order.label in text
    assert "Excel refuses its notes." in text
    assert "1 needs a person" in site.get("/").content.decode()


@pytest.mark.parametrize(
    ("reason", "act"),
    [
        (Attention.GONE, "write_again"),
        (Attention.GONE, "leave_out"),
        (Attention.TAKEN, "adopt"),
        (Attention.REFUSED, "try_again"),
        (Attention.NOT_KEPT, "try_again"),
        (Attention.SHEET, "try_again"),
    ],
)
def test_deciding(site: Client, order: RepairOrder, replica: Replica, reason: Attention, act: str) -> None:
    need(replica, reason)
    answer = site.post(f"/runs/attention/{act}/", {"replica": replica.pk, "from": "order"})
    assert answer["Location"] == order.get_absolute_url()
    replica.refresh_from_db()
    assert replica.attention == ""
    assert replica.left_out == (act == "leave_out")


def test_deciding_for_all_of_one_reason(site: Client, make_order: MakeOrder) -> None:
    gone, taken = [make_order(), make_order()], make_order()
    Replica.objects.filter(order__in=gone).update(attention=Attention.GONE)
    Replica.objects.filter(order=taken).update(attention=Attention.TAKEN)
    site.post("/runs/attention/leave_out/", {"all": "gone"})
    assert Replica.objects.filter(left_out=True).count() == 2
    assert Replica.objects.get(order=taken).attention == Attention.TAKEN


@pytest.mark.both_databases
def test_thousands_are_decided_about_in_few_statements(
    site: Client, shop: Shop, clerk: User, django_assert_max_num_queries: Any
) -> None:
    book, count = the_workbook(), 2300
    orders = RepairOrder.objects
    orders.bulk_create(RepairOrder(number=n, shop=shop) for n in range(1, count + 1))
    Replica.objects.bulk_create(
        Replica(workbook=book, order=order, attention=Attention.GONE, pending_since=timezone.now())
        for order in orders.all()
    )
    Workbook.objects.update(halted=True)
    with django_assert_max_num_queries(60):
        answer = site.post("/runs/attention/write_again/", {"all": "gone"})
    assert answer.status_code == 302
    assert Replica.objects.filter(attention="", pending_since__isnull=False).count() == count
    told = Activity.objects.filter(verb=Activity.Verb.EXCEL, by=clerk, text__contains="written again")
    assert told.values("order").distinct().count() == told.count() == count
    assert not Workbook.objects.get().halted
    assert "Done for 2,300 orders." in site.get("/runs/attention/").content.decode()


@pytest.mark.parametrize(
    ("facts", "goes_on"),
    [({}, True), ({"halted": True}, False), ({"trouble": "Microsoft does not answer."}, False)],
)
def test_the_page_does_not_contradict_itself(
    site: Client, replica: Replica, facts: dict[str, Any], goes_on: bool
) -> None:
    need(replica, Attention.GONE)
    Workbook.objects.update(**facts)
    text = site.get("/runs/attention/").content.decode()
    assert ("Everything else goes on" in text) == goes_on
    assert ("Nothing is written to Excel now" in text) == (not goes_on)


def test_the_way_to_what_needs_a_person_is_in_the_dock_of_a_phone(site: Client, replica: Replica) -> None:
    def dock() -> str:
        return site.get("/").content.decode().partition('<nav class="dock"')[2]

    assert "/runs/attention/" not in dock()
    need(replica, Attention.GONE)
    assert "/runs/attention/" in dock()


def test_an_order_that_was_left_out_comes_back(site: Client, replica: Replica) -> None:
    Replica.objects.filter(pk=replica.pk).update(left_out=True, pending_since=None)
    site.post("/runs/attention/put_back/", {"replica": replica.pk})
    replica.refresh_from_db()
    assert not replica.left_out
    assert replica.pending_since


def test_a_decision_that_does_not_fit_is_refused(site: Client, replica: Replica) -> None:
    need(replica, Attention.REFUSED)
    answer = site.post("/runs/attention/leave_out/", {"replica": replica.pk}, follow=True)
    assert "settled meanwhile" in answer.content.decode()
    assert site.post("/runs/attention/destroy/", {"replica": replica.pk}).status_code == 404
    assert site.post("/runs/attention/try_again/", {"replica": "x"}).status_code == 302
    replica.refresh_from_db()
    assert replica.attention == Attention.REFUSED


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"agreeing": 214, "compared": 214}, "Excel agrees: 214 of 214, checked now"),
        (
            {"trouble": "Microsoft does not answer."},
            "Nothing is written to Excel now. Microsoft does not answer.",
        ),
    ],
)
def test_agreement_is_told_on_the_dashboard(site: Client, facts: dict[str, object], told: str) -> None:
    Workbook.objects.filter(pk=the_workbook().pk).update(checked_at=timezone.now(), **facts)
    assert told in " ".join(site.get("/").content.decode().split())


def test_a_new_order_is_waiting_for_the_worker(site: Client, order: RepairOrder) -> None:
    assert "1 order waiting to be written" in site.get("/").content.decode()
