"""The daily check: what it drafts for, what it leaves alone, and that a slot is never used twice."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.models.signals import pre_save
from hypothesis import given
from hypothesis import strategies as st

from notifications import daily, queries, queue
from notifications.models import ClockSlot, MailTemplate, Notification
from repairs import clock, orders
from repairs.models import RepairOrder
from sync import runs, work
from sync.models import Run
from tests.domain.asides import at_once
from tests.queue.conftest import NewDraft
from tests.queue.stories import bring_to, fresh
from tests.support.shop_and_orders import NewOrder

EIGHT = dt.datetime(2026, 3, 7, 8, tzinfo=dt.UTC)


@pytest.fixture
def overdue(new_order: NewOrder, amy: User) -> NewOrder:
    def make(status: str = "WAITING QUOTE") -> RepairOrder:
        yesterday = clock.today() - dt.timedelta(days=1)
        return orders.edit(new_order(status), by=amy, changes={"next_update": yesterday})

    return make


def made() -> dict[str, int]:
    return {name: count for name, count in daily.check().items() if count}


def test_overdue_orders_get_a_draft_or_a_reminder(overdue: NewOrder, new_order: NewOrder) -> None:
    mails = [overdue(status) for status in ("WAITING QUOTE", "APPROVED", "IN WORK", "SHIPPED")]
    reminders = [overdue(status) for status in ("TO SEND", "RECEIVED")]
    new_order()
    assert made() == {"drafts": 4, "reminders": 2}
    about = Notification.objects.order_by("order__number")
    assert [(entry.order, entry.kind, entry.cause, entry.person) for entry in about] == [
        *((order, "EMAIL_DRAFT", "overdue", None) for order in mails),
        *((order, "TASK_REMINDER", "overdue", None) for order in reminders),
    ]
    assert made() == {}, "a second time there is nothing to do"


def test_due_today_is_not_overdue(overdue: NewOrder, amy: User) -> None:
    orders.edit(overdue(), by=amy, changes={"next_update": clock.today()})
    assert made() == {}


def test_a_status_without_words_and_an_order_that_is_not_active_are_left_alone(
    overdue: NewOrder, amy: User
) -> None:
    MailTemplate.objects.filter(key="SHIPPED").update(enabled=False)
    overdue("SHIPPED")
    orders.archive(overdue(), by=amy, sheet="Paid")
    RepairOrder.objects.filter(pk=overdue().pk).update(status="", status_text="LOST")
    assert made() == {}


@pytest.mark.parametrize("state", ["PENDING_APPROVAL", "APPROVED", "FAILED"])
def test_while_something_is_open_there_is_no_second(overdue: NewOrder, amy: User, state: str) -> None:
    draft = queue.draft_for(overdue(), cause=Notification.Cause.OVERDUE)
    assert draft is not None
    bring_to(draft, state, amy)
    assert made() == {}


def test_a_reminder_set_by_hand_or_for_a_payment_is_no_reason_to_be_silent(overdue: NewOrder) -> None:
    order = overdue()
    queue.remind_person(order, cause=Notification.Cause.BY_HAND)
    queue.remind_person(order, cause=Notification.Cause.PAYMENT)
    assert made() == {"drafts": 1}


def test_a_no_holds_for_seven_days(overdue: NewOrder, amy: User) -> None:
    with time_machine.travel(EIGHT, tick=False) as now:
        draft = queue.draft_for(overdue(), cause=Notification.Cause.OVERDUE)
        reminder = queue.remind_person(overdue("RECEIVED"), cause=Notification.Cause.OVERDUE)
        assert draft
        assert reminder
        queue.reject(draft, by=amy, reason="They called.")
        queue.done(reminder, by=amy)
        now.shift(dt.timedelta(days=7, seconds=-1))
        assert made() == {}
        now.shift(dt.timedelta(seconds=1))
        assert made() == {"drafts": 1, "reminders": 1}


def test_a_no_is_about_the_status_that_it_was_said_at(overdue: NewOrder, amy: User) -> None:
    order = overdue()
    draft = queue.draft_for(order, cause=Notification.Cause.OVERDUE)
    assert draft
    queue.reject(draft, by=amy, reason="They called.")
    assert made() == {}
    moved = orders.change_status(order, by=amy, to="SHIPPED")
    orders.edit(moved, by=amy, changes={"next_update": clock.today() - dt.timedelta(days=1)})
    assert made() == {"drafts": 1}


def test_what_was_sent_or_withdrawn_does_not_silence_a_later_day(overdue: NewOrder, amy: User) -> None:
    draft = queue.draft_for(overdue(), cause=Notification.Cause.OVERDUE)
    assert draft is not None
    bring_to(draft, "WITHDRAWN", amy)
    assert made() == {"drafts": 1}
    again = Notification.objects.latest("pk")
    bring_to(again, "SENT", amy)
    assert made() == {}, "it is not overdue any more"
    with time_machine.travel(clock.now() + dt.timedelta(days=9)):
        assert made() == {"drafts": 1}


def test_drafts_that_waited_for_more_than_a_day_come_to_the_top(new_draft: NewDraft) -> None:
    with time_machine.travel(EIGHT, tick=False) as now:
        oldest, old = new_draft(), new_draft()
        now.shift(dt.timedelta(hours=24))
        young = new_draft()
        assert made() == {}, "24 hours are not more than 24 hours"
        assert list(queries.to_decide()) == [young, old, oldest]
        now.shift(dt.timedelta(seconds=1))
        assert made() == {"raised": 2}
        assert list(queries.to_decide()) == [old, oldest, young]
        assert fresh(old).raised_at == clock.now()
        assert fresh(old).version == 1, "who has it open may still save"
        now.shift(dt.timedelta(days=1))
        assert made() == {"raised": 1}


def test_portions_cover_everything_and_tell_how_far_they_are(overdue: NewOrder) -> None:
    for _ in range(daily.A_PORTION + 1):
        overdue()
    told: list[tuple[int, int]] = []
    assert daily.check(lambda done, total: told.append((done, total)))["drafts"] == daily.A_PORTION + 1
    assert told == [(0, daily.A_PORTION + 1), (daily.A_PORTION, daily.A_PORTION + 1)]


def test_the_command_says_what_it_made(overdue: NewOrder, capsys: pytest.CaptureFixture[str]) -> None:
    overdue()
    overdue("RECEIVED")
    call_command("check_overdue")
    assert capsys.readouterr().out.startswith("1 draft and 1 reminder made; 0 drafts that waited")


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_checks_at_the_same_moment_make_nothing_twice(overdue: NewOrder) -> None:
    for _ in range(8):
        overdue()
    counts = at_once([daily.check] * 3)
    assert [count for count in counts if isinstance(count, Exception)] == []
    assert Notification.objects.count() == 8
    assert sum(count["drafts"] for count in counts if not isinstance(count, Exception)) == 8


@pytest.mark.django_db(transaction=True)
def test_a_no_that_is_said_while_it_runs_is_heard(overdue: NewOrder, amy: User) -> None:
    order = overdue()
    counts: list[int] = []

    def check() -> None:
        counts.append(daily.check()["drafts"])
        connection.close()

    running = Thread(target=check)
    with transaction.atomic():
        draft = queue.draft_for(order, cause=Notification.Cause.OVERDUE)
        assert draft is not None
        queue.reject(draft, by=amy, reason="They called.")
        running.start()
        running.join(timeout=1)  # it saw an overdue order, and waits for us
        assert running.is_alive()
    running.join()
    assert counts == [0]


def daily_runs() -> int:
    return Run.objects.filter(kind="daily").count()


def finish_runs() -> None:
    for run in Run.objects.filter(kind="daily", state="queued"):
        claimed = runs.claim(run)
        assert claimed is not None
        runs.perform(claimed, work.worker("daily"))


def test_each_slot_is_used_once_and_only_the_newest_missed_one_is_made_up_for(amy: User) -> None:
    with time_machine.travel(EIGHT - dt.timedelta(seconds=1), tick=False) as now:
        daily.keep_time()
        assert daily_runs() == 0, "a new installation begins with the next slot"
        now.shift(dt.timedelta(seconds=1))
        for _ in range(3):
            daily.keep_time()
            finish_runs()
        assert daily_runs() == 1
        now.shift(dt.timedelta(hours=23, minutes=59, seconds=59))
        daily.keep_time()
        assert daily_runs() == 1
        now.shift(dt.timedelta(days=9))
        for _ in range(3):
            daily.keep_time()
            finish_runs()
        assert daily_runs() == 2
        now.shift(dt.timedelta(hours=-48))
        daily.keep_time()
        assert daily_runs() == 2, "a clock that went back repeats nothing"


def test_the_run_makes_the_drafts_and_keeps_its_counts(overdue: NewOrder) -> None:
    order = overdue()
    run = runs.start(kind="daily", started_by="the test")
    finish_runs()
    run.refresh_from_db()
    assert (run.state, run.error) == ("succeeded", "")
    assert run.result == {"drafts": 1, "reminders": 0, "raised": 0}
    assert Notification.objects.get().order == order


@pytest.mark.parametrize("error", [ValueError("no room"), OperationalError(1366, "no room")], ids=repr)
def test_an_order_for_which_it_fails_holds_up_no_other_and_is_told(
    overdue: NewOrder, error: Exception, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    fine, broken, last = overdue(), overdue(), overdue("RECEIVED")
    with refused(broken, error):
        run = runs.start(kind="daily", started_by="the test")
        finish_runs()
        with pytest.raises(CommandError, match="Nothing could be made for 1 overdue order"):
            call_command("check_overdue")
    run.refresh_from_db()
    assert (run.state, run.result) == ("failed", {"drafts": 1, "reminders": 1, "raised": 0, "failed": 1})
    assert run.error.startswith("Nothing was made for 1 overdue order, because")
    missed = f"{broken.label}: nothing was made"
    assert run.steps.filter(trouble=True, text__startswith=missed).count() == 1
    assert missed in capsys.readouterr().err
    assert f"Error: {error}" in caplog.text
    assert {entry.order for entry in Notification.objects.all()} == {fine, last}
    assert made() == {"drafts": 1}, "it is made once nothing is wrong any more"


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_the_run_is_put_back(overdue: NewOrder) -> None:
    broken = overdue()
    run = runs.start(kind="daily", started_by="the test")
    with refused(broken, OperationalError(1205, "Lock wait timeout exceeded")):
        finish_runs()
    run.refresh_from_db()
    assert (run.state, run.error) == ("queued", "The database was away for a moment.")
    assert list(run.steps.values_list("text", flat=True)) == [run.error]
    finish_runs()
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert Notification.objects.get().order == broken


@contextmanager
def refused(order: RepairOrder, error: Exception) -> Iterator[None]:
    """Nothing can be saved in the queue about an order."""

    def refuse(instance: Notification, **_: object) -> None:
        if instance.order_id == order.pk:
            raise error

    pre_save.connect(refuse, sender=Notification)
    try:
        yield
    finally:
        pre_save.disconnect(refuse, sender=Notification)


def test_a_missed_slot_waits_in_one_run_while_no_worker_is_there(amy: User) -> None:
    with time_machine.travel(EIGHT, tick=False) as now:
        daily.keep_time()
        for _ in range(3):
            now.shift(dt.timedelta(days=1))
            daily.keep_time()
        assert daily_runs() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_schedulers_begin_a_slot_once() -> None:
    ClockSlot.objects.create(name="daily", at=EIGHT - dt.timedelta(days=1))
    with time_machine.travel(EIGHT + dt.timedelta(hours=1), tick=False):
        results = at_once([partial(daily.keep_time)] * 6)
    assert [result for result in results if result is not None] == []
    assert daily_runs() == 1
    assert ClockSlot.objects.count() == 2


FROM, TO = dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1)  # noqa: DTZ001 (naive, as Hypothesis asks)
ZONES = [dt.UTC, *map(ZoneInfo, ("America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Niue"))]


@given(st.datetimes(FROM, TO, timezones=st.sampled_from(ZONES)))
def test_a_slot_is_the_latest_eight_o_clock_in_utc(now: dt.datetime) -> None:
    slot = daily.slot_at(now)
    assert (slot.hour, slot.minute, slot.second, slot.utcoffset()) == (8, 0, 0, dt.timedelta(0))
    assert dt.timedelta(0) <= now.astimezone(dt.UTC) - slot < dt.timedelta(days=1)
