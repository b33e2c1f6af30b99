"""The follow-up of a status: it starts, moves, fires and ends with its order, whoever changes that and where."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.db.models.signals import pre_save
from django.test import Client
from time_machine import Traveller

from notifications import followups, queue
from notifications.models import FollowUp, MailTemplate, Notification
from people.roles import Role, give
from repairs import clock as clock_of_the_company
from repairs import orders
from repairs.models import RepairOrder, StatusRule
from repairs.statuses import STATUSES
from tests.followups.conftest import NewOrder, person
from tests.followups.office import entries, latest, moment, timers, wanted

pytestmark = pytest.mark.django_db

DRAFT = ("EMAIL_DRAFT", "follow-up", "PENDING_APPROVAL")


def to(order: RepairOrder, status: str, by: User | None = None, **given: dt.date) -> RepairOrder:
    return orders.change_status(order, by=by, to=status, **given)  # type: ignore[arg-type]  # days only


def waits_at(order: RepairOrder) -> dt.datetime:
    return FollowUp.objects.get(order=order, state="waiting").due_at


def test_a_new_order_is_followed_up(clock: Traveller, amy: User, order: RepairOrder) -> None:
    assert timers(order) == [("status", "waiting", "2026-01-08")]
    follow_up = latest(order)
    assert (follow_up.for_status, follow_up.person, follow_up.round) == ("TO SEND", amy, 1)
    assert follow_up.status_change == order.status_changes.get()
    assert follow_up.due_at == dt.datetime(2026, 1, 8, 13, 0, tzinfo=dt.UTC), "08:00 in New York"
    assert wanted(follow_up) == {dt.date(2026, 1, 8)}


def test_leaving_a_status_ends_its_follow_up(clock: Traveller, tom: User, order: RepairOrder) -> None:
    left = latest(order)
    to(order, "WAITING QUOTE", by=tom)
    assert timers(order) == [("status", "cancelled", "2026-01-08"), ("status", "waiting", "2026-01-12")]
    left.refresh_from_db()
    assert left.ended_because == "The order is at Waiting quote now."
    assert wanted(left) == {None}
    assert latest(order).person == tom


@pytest.mark.parametrize("status", ["COMPLETE", "PAID", "BER", "RAI", "CANCELLED", "SCRAP"])
def test_a_status_without_days_has_none(clock: Traveller, order: RepairOrder, status: str) -> None:
    to(order, status)
    assert timers(order) == [("status", "cancelled", "2026-01-08")]


def test_leaving_a_status_clears_outlook_although_a_person_edited_the_draft(
    clock: Traveller, tom: User, order: RepairOrder
) -> None:
    """The edited draft stays and warns; the event and the task remind nobody of a status that is over."""
    to(order, "WAITING QUOTE", by=tom)
    clock.shift(dt.timedelta(days=8))
    followups.fire_due()
    fired = latest(order)
    queue.edit(fired.notifications.get(), by=tom, changes={"body": "My own words."})
    assert (fired.state, wanted(fired)) == ("fired", {dt.date(2026, 1, 12)})
    to(order, "APPROVED", by=tom)
    assert fired.notifications.get().state == "PENDING_APPROVAL"
    assert wanted(fired) == {None}


def test_coming_back_starts_a_new_clock(clock: Traveller, order: RepairOrder) -> None:
    """Quote, approved, quote: the first timer must not fire for the second quote."""
    to(order, "WAITING QUOTE")
    clock.shift(dt.timedelta(days=4))
    to(order, "APPROVED")
    to(order, "WAITING QUOTE")
    clock.move_to(moment(dt.date(2026, 1, 12), 9))  # when the first one would have been due
    followups.fire_due()
    assert entries(order) == []
    assert timers(order)[-1] == ("status", "waiting", "2026-01-16")


def test_the_same_status_again_changes_nothing(clock: Traveller, order: RepairOrder) -> None:
    clock.shift(dt.timedelta(days=1))
    to(order, "TO SEND")
    assert timers(order) == [("status", "waiting", "2026-01-08")]


def test_a_day_that_was_given_counts(clock: Traveller, order: RepairOrder) -> None:
    to(order, "APPROVED", next_update=dt.date(2026, 3, 20))
    assert waits_at(order) == dt.datetime(2026, 3, 20, 12, 0, tzinfo=dt.UTC), (
        "08:00 is an hour earlier by then"
    )


def test_the_next_update_moves_it(clock: Traveller, amy: User, order: RepairOrder) -> None:
    orders.edit(order, by=amy, changes={"next_update": "2026-02-02", "notes": "called"})
    assert timers(order) == [("status", "waiting", "2026-02-02")]
    assert (latest(order).round, wanted(latest(order))) == (1, {dt.date(2026, 2, 2)})
    orders.edit(order, by=amy, changes={"next_update": ""})
    assert timers(order) == [("status", "cancelled", "2026-02-02")]
    assert wanted(latest(order)) == {None}
    orders.edit(order, by=amy, changes={"next_update": "2026-01-09"})
    assert timers(order) == [("status", "waiting", "2026-01-09")]
    assert (latest(order).round, latest(order).ended_because) == (2, "")
    assert wanted(latest(order)) == {dt.date(2026, 1, 9)}


def test_other_edits_leave_it_alone(clock: Traveller, amy: User, order: RepairOrder) -> None:
    before = FollowUp.objects.values().get()
    orders.edit(order, by=amy, changes={"notes": "called", "terms": "NET 30", "part_number": "P-2"})
    orders.add_note(order, by=amy, text="again")
    assert FollowUp.objects.values().get() == before


def test_when_it_is_due_a_draft_waits_for_approval(clock: Traveller, amy: User, order: RepairOrder) -> None:
    to(order, "WAITING QUOTE", by=amy)
    clock.move_to(moment(dt.date(2026, 1, 12), 7, 59))
    followups.fire_due()
    assert entries(order) == []
    clock.move_to(moment(dt.date(2026, 1, 12)))
    followups.fire_due()
    followups.fire_due()
    assert entries(order) == [DRAFT]
    follow_up = latest(order)
    assert (follow_up.state, follow_up.fired_at, follow_up.open_key) == (
        "fired",
        moment(dt.date(2026, 1, 12)),
        None,
    )
    draft = Notification.objects.get()
    assert (draft.follow_up, draft.round, draft.to_address) == (follow_up, 1, "quotes@aero.example")
    assert wanted(follow_up) == {dt.date(2026, 1, 12)}, "its person is reminded until somebody decides"


@pytest.mark.parametrize("status", ["TO SEND", "RECEIVED"])
def test_where_something_is_to_be_done_here_a_person_is_reminded(
    clock: Traveller, tom: User, new_order: NewOrder, status: str
) -> None:
    order = new_order()
    to(order, "SHIPPED", by=tom)
    to(order, status, by=tom)
    clock.shift(dt.timedelta(days=3))
    followups.fire_due()
    (reminder,) = Notification.objects.all()
    assert (reminder.kind, reminder.cause, reminder.person) == ("TASK_REMINDER", "follow-up", tom)


def test_every_status_with_days_is_followed_up(clock: Traveller, order: RepairOrder) -> None:
    for name, status in STATUSES.items():
        if status.days is None or name == "TO SEND":
            continue
        to(order, name)
        clock.shift(dt.timedelta(days=status.days))
        followups.fire_due()
        made = Notification.objects.latest("pk")
        assert (made.for_status, made.state) == (name, "PENDING_APPROVAL")


def test_after_a_mail_it_waits_again(clock: Traveller, amy: User, order: RepairOrder) -> None:
    to(order, "WAITING QUOTE", by=amy)
    clock.move_to(moment(dt.date(2026, 1, 12)))
    followups.fire_due()
    orders.mail_sent(order, by=amy, text="told the shop")
    assert timers(order)[1:] == [("status", "waiting", "2026-01-19")]
    assert (latest(order).round, wanted(latest(order))) == (2, {dt.date(2026, 1, 19)})
    queue.reject(Notification.objects.get(), by=amy, reason="They called.")
    assert wanted(latest(order)) == {dt.date(2026, 1, 19)}, "the end of round 1 says nothing about round 2"
    clock.move_to(moment(dt.date(2026, 1, 19)))
    followups.fire_due()
    assert [entry.round for entry in Notification.objects.order_by("pk")] == [1, 2]


def test_one_that_fired_waits_again_only_for_a_later_day(
    clock: Traveller, amy: User, order: RepairOrder
) -> None:
    clock.move_to(moment(dt.date(2026, 1, 8)))
    followups.fire_due()
    orders.edit(order, by=amy, changes={"next_update": "2026-01-07"})
    assert latest(order).state == "fired"
    orders.edit(order, by=amy, changes={"next_update": ""})
    assert (latest(order).state, wanted(latest(order))) == ("fired", {None})
    orders.edit(order, by=amy, changes={"next_update": "2026-01-15"})
    assert (latest(order).state, latest(order).round) == ("waiting", 2)


def test_an_open_draft_is_not_made_a_second_time(clock: Traveller, amy: User, order: RepairOrder) -> None:
    to(order, "SHIPPED")
    clock.shift(dt.timedelta(days=5))
    followups.fire_due()
    orders.edit(order, by=amy, changes={"next_update": "2026-01-12"})
    clock.shift(dt.timedelta(days=5))
    followups.fire_due()
    assert (latest(order).state, latest(order).round) == ("fired", 2)
    assert entries(order) == [DRAFT]


@pytest.mark.parametrize("answer", ["reject", "withdraw", "done"])
def test_whatever_a_person_answers_nobody_is_reminded_any_more(
    clock: Traveller, amy: User, order: RepairOrder, answer: str
) -> None:
    if answer != "done":
        to(order, "WAITING QUOTE", by=amy)
    clock.shift(dt.timedelta(days=7))
    followups.fire_due()
    reason = {} if answer == "done" else {"reason": "They called."}
    getattr(queue, answer)(Notification.objects.get(), by=amy, **reason)
    assert wanted(latest(order)) == {None}


def test_a_draft_of_the_daily_check_stands_for_the_follow_up_that_fired(
    clock: Traveller, amy: User, order: RepairOrder
) -> None:
    to(order, "WAITING QUOTE", by=amy)
    draft = queue.draft_for(order, cause=Notification.Cause.OVERDUE)
    assert draft
    clock.shift(dt.timedelta(days=7))
    followups.fire_due()
    assert wanted(latest(order)) == {dt.date(2026, 1, 12)}
    queue.reject(draft, by=amy, reason="They called.")
    assert wanted(latest(order)) == {None}


def test_what_is_switched_off_starts_nothing(clock: Traveller, amy: User, order: RepairOrder) -> None:
    MailTemplate.objects.filter(key="APPROVED").update(enabled=False)
    to(order, "APPROVED")
    assert timers(order) == [("status", "cancelled", "2026-01-08")]
    MailTemplate.objects.filter(key="APPROVED").update(enabled=True)
    orders.edit(order, by=amy, changes={"next_update": "2026-01-20"})
    assert timers(order)[1:] == [("status", "waiting", "2026-01-20")]


@pytest.mark.parametrize("how", ["switched off", "deleted"])
def test_what_is_switched_off_before_it_is_due_makes_nothing(
    clock: Traveller, order: RepairOrder, how: str
) -> None:
    to(order, "APPROVED")
    words = MailTemplate.objects.filter(key="APPROVED")
    words.delete() if how == "deleted" else words.update(enabled=False)
    clock.shift(dt.timedelta(days=10))
    followups.fire_due()
    assert entries(order) == []
    assert latest(order).ended_because == "Follow-ups for Approved are switched off."
    assert wanted(latest(order)) <= {None}


def test_the_office_may_follow_up_any_status(clock: Traveller, order: RepairOrder) -> None:
    StatusRule.objects.filter(status="BER").update(days_to_follow_up=2)
    MailTemplate.objects.filter(key="BER").update(enabled=True)
    to(order, "BER")
    clock.shift(dt.timedelta(days=2))
    followups.fire_due()
    assert entries(order) == [DRAFT]


def test_an_order_put_away_is_not_followed_up(clock: Traveller, amy: User, order: RepairOrder) -> None:
    orders.archive(order, by=amy, sheet="Paid")
    assert latest(order).ended_because == "The order was put on the sheet Paid."
    orders.archive(order, by=amy, sheet="Active")
    assert timers(order) == [("status", "waiting", "2026-01-08")]


def test_what_came_by_import_is_seen_when_it_is_due(clock: Traveller, amy: User, new_order: NewOrder) -> None:
    """An import announces nothing."""
    left, emptied, later = new_order(), new_order(), new_order()
    RepairOrder.objects.filter(pk=left.pk).update(status="SHIPPED")
    RepairOrder.objects.filter(pk=emptied.pk).update(next_update=None)
    RepairOrder.objects.filter(pk=later.pk).update(next_update=dt.date(2026, 1, 20))
    clock.move_to(moment(dt.date(2026, 1, 8)))
    followups.fire_due()
    assert not Notification.objects.exists()
    assert timers(left) == [("status", "cancelled", "2026-01-08")]
    assert timers(emptied) == [("status", "cancelled", "2026-01-08")]
    assert timers(later) == [("status", "waiting", "2026-01-20")]


def test_a_person_who_left_is_not_reminded(clock: Traveller, order: RepairOrder, new_order: NewOrder) -> None:
    gone, inactive = person("gone"), person("inactive")
    first, second = new_order(), new_order()
    to(first, "SHIPPED", by=gone)
    to(first, "TO SEND", by=gone)
    to(second, "SHIPPED", by=inactive)
    to(second, "TO SEND", by=inactive)
    gone.delete()
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    clock.shift(dt.timedelta(days=3))
    followups.fire_due()
    made = Notification.objects.filter(order__in=(first, second))
    assert [reminder.person for reminder in made] == [None, None]


@pytest.mark.parametrize("error", [ValueError("no room"), OperationalError(1366, "no room")], ids=repr)
def test_one_that_cannot_fire_holds_up_no_other_and_people_see_it_until_it_is_mended(
    clock: Traveller,
    new_order: NewOrder,
    caplog: pytest.LogCaptureFixture,
    admin_client: Client,
    error: Exception,
) -> None:
    broken, fine = new_order(), new_order()

    def refuse(instance: Notification, **_: object) -> None:
        if instance.order_id == broken.pk:
            raise error

    def shown() -> list[bool]:
        """Whether the queue, the bell's panel, the order and the back office's landing page speak of it."""
        places = {"/queue/": broken.label, "/queue/panel/": broken.label, broken.get_absolute_url(): ""}
        pages = {path: admin_client.get(path).content.decode() for path in places}
        landing = "1 follow-up is due and could not be made" in admin_client.get("/admin/").content.decode()
        told = f"follow-up {latest(broken).pk} and “{type(error).__name__}”: its log says more."
        record = f'href="/admin/notifications/followup/{latest(broken).pk}/change/"'
        return [
            *(all(it in pages[path] for it in (told, about, record)) for path, about in places.items()),
            landing,
        ]

    clock.shift(dt.timedelta(days=3))
    assert shown() == [False] * 4
    pre_save.connect(refuse, sender=Notification)
    try:
        for _ in range(3):
            followups.fire_due()
            clock.shift(followups.TRIED_AGAIN_AFTER)
    finally:
        pre_save.disconnect(refuse, sender=Notification)
    assert (entries(broken), latest(broken).state) == ([], "waiting")
    assert len(entries(fine)) == 1
    assert caplog.text.count("could not fire") == caplog.text.count(f"Error: {error}") == 1, (
        "the log has it once, not with every sweep"
    )
    assert shown() == [True] * 4
    page = admin_client.get("/queue/").content.decode()
    assert "Drafts and reminders: 1 waiting" in page, "the other one is Amy's reminder"
    assert 'id="queue-count-0">1<' in page
    listed = admin_client.get("/admin/notifications/followup/?trouble__isempty=0")
    assert listed.context["cl"].result_count == 1
    client = Client()
    give(tina := person("tina"), Role.TECHNICIAN)
    client.force_login(tina)
    assert "Nothing was made, because" in (page := client.get(broken.get_absolute_url()).content.decode())
    assert "/admin/" not in page, "who may not see the back office gets no link to it"
    followups.fire_due()
    assert len(entries(broken)) == 1
    assert shown() == [False] * 4
    assert latest(broken).trouble == ""


@pytest.mark.parametrize(
    "error", [OperationalError(2006, "gone"), OperationalError("database is locked")], ids=str
)
def test_while_the_database_is_away_or_busy_nothing_hangs(
    clock: Traveller, order: RepairOrder, error: Exception
) -> None:
    def refuse(**_: object) -> None:
        raise error

    clock.shift(dt.timedelta(days=3))
    pre_save.connect(refuse, sender=Notification)
    try:
        with pytest.raises(OperationalError):
            followups.fire_due()
    finally:
        pre_save.disconnect(refuse, sender=Notification)
    assert (latest(order).trouble, latest(order).retry_at) == ("", None)
    followups.fire_due()
    assert len(entries(order)) == 1


def test_one_that_hung_says_nothing_any_more_once_it_waits_for_another_day_or_ends(
    clock: Traveller, amy: User, order: RepairOrder
) -> None:
    later = clock_of_the_company.today() + dt.timedelta(days=9)
    acts: list[Callable[[], object]] = [
        lambda: orders.edit(order, by=amy, changes={"next_update": later}),
        lambda: to(order, "PAID", by=amy),
    ]
    for act in acts:
        FollowUp.objects.filter(order=order, state="waiting").update(
            trouble="It hangs.", retry_at=clock_of_the_company.now()
        )
        act()
        assert set(FollowUp.objects.values_list("trouble", "retry_at")) == {("", None)}


def test_many_fire_in_portions(clock: Traveller, new_order: NewOrder) -> None:
    made = [new_order() for _ in range(5)]
    clock.shift(dt.timedelta(days=3))
    waiting = FollowUp.objects.filter(state="waiting")
    followups.fire_due(most=3)
    assert waiting.count() == 2
    followups.fire_due(most=3)
    assert Notification.objects.count() == len(made)
