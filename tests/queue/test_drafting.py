"""How entries get into the queue: one open draft for an order at most, in the words of its status."""

from functools import partial

import pytest
from django.contrib.auth.models import User

from notifications import queue
from notifications.models import FollowUp, MailTemplate, Notification
from notifications.texts import Text
from repairs import clock
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from tests.domain.asides import at_once
from tests.queue.stories import bring_to, history
from tests.support.shop_and_orders import NewOrder

Cause = Notification.Cause


def follow_up(order: RepairOrder, person: User | None, *, kind: str = "status", text: str = "") -> FollowUp:
    """The one of the order's status, or another one."""
    there = order.follow_ups.filter(kind=kind, text=text).first()
    due = there or FollowUp(order=order, kind=kind, due_at=clock.now(), text=text)
    due.person = person
    due.save()
    return due


def test_a_draft_waits_with_the_words_of_its_status(order: RepairOrder, tom: User, shop: Shop) -> None:
    due = follow_up(order, tom)
    draft = queue.draft_for(order, cause=Cause.FOLLOW_UP, follow_up=due)
    assert draft is not None
    assert (draft.kind, draft.state, draft.cause) == ("EMAIL_DRAFT", "PENDING_APPROVAL", "follow-up")
    assert (draft.order, draft.shop, draft.follow_up, draft.round) == (order, shop, due, 1)
    assert draft.subject == f"Status Update for RO #{order.number}"
    assert "waiting for your quote" in draft.body
    assert (draft.to_address, draft.for_status) == ("quotes@aero.example", "WAITING QUOTE")
    assert (draft.written_by, draft.edited_at, draft.warning) == ("the template", None, "")
    assert history(order)[-1:] == [f"system: Draft “{draft.subject}” waits for approval."]


@pytest.mark.parametrize("state", ["PENDING_APPROVAL", "APPROVED", "FAILED"])
def test_an_order_has_one_open_draft_at_most(order: RepairOrder, amy: User, state: str) -> None:
    draft = queue.draft_for(order, cause=Cause.OVERDUE)
    assert draft is not None
    bring_to(draft, state, amy)
    assert queue.draft_for(order, cause=Cause.BY_HAND, by=amy) is None
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("state", ["SENT", "REJECTED", "WITHDRAWN"])
def test_after_its_end_there_is_room_for_the_next(order: RepairOrder, amy: User, state: str) -> None:
    first = queue.draft_for(order, cause=Cause.OVERDUE)
    assert first is not None
    bring_to(first, state, amy)
    second = queue.draft_for(order, cause=Cause.OVERDUE)
    assert second is not None
    assert second.pk != first.pk


def test_one_round_of_a_follow_up_makes_one_entry(order: RepairOrder, amy: User) -> None:
    due = follow_up(order, amy)
    draft = queue.draft_for(order, cause=Cause.FOLLOW_UP, follow_up=due)
    assert draft is not None
    bring_to(draft, "REJECTED", amy)
    assert queue.draft_for(order, cause=Cause.FOLLOW_UP, follow_up=due) is None
    FollowUp.objects.update(round=2)
    due.refresh_from_db()
    again = queue.draft_for(order, cause=Cause.FOLLOW_UP, follow_up=due)
    assert again is not None
    assert again.round == 2


@pytest.mark.parametrize("status", ["TO SEND", "RECEIVED"])
def test_what_is_ours_to_do_is_no_mail(new_order: NewOrder, status: str) -> None:
    assert queue.draft_for(new_order(status), cause=Cause.OVERDUE) is None


def test_a_template_that_is_off_makes_nothing(order: RepairOrder, new_order: NewOrder) -> None:
    MailTemplate.objects.update(enabled=False)
    assert queue.draft_for(order, cause=Cause.OVERDUE) is None
    assert queue.remind_person(new_order("RECEIVED"), cause=Cause.OVERDUE) is None
    assert Notification.objects.count() == 0


def test_words_of_ones_own_need_no_template(new_order: NewOrder, amy: User) -> None:
    order = new_order("TO SEND")
    text = Text("About your visit", "Hello.")
    draft = queue.draft_for(order, cause=Cause.BY_HAND, by=amy, text=text, written_by="amy")
    assert draft is not None
    assert (draft.subject, draft.body, draft.written_by) == ("About your visit", "Hello.", "amy")


def test_a_template_that_was_broken_past_its_check_leaves_no_blank_in_a_mail(
    order: RepairOrder, amy: User
) -> None:
    MailTemplate.objects.filter(key="WAITING QUOTE").update(body="{{ prise }}")
    draft = queue.draft_for(order, cause=Cause.OVERDUE)
    assert draft is not None
    assert draft.body == ""
    assert draft.warning.startswith("The template “Waiting quote” can't be used. “prise” is not a value")
    with pytest.raises(Refusal, match="text is empty"):
        queue.approve(draft, by=amy)


def test_a_reminder_is_for_the_person_of_the_follow_up(new_order: NewOrder, tom: User) -> None:
    order = new_order("RECEIVED", serial_number="77")
    reminder = queue.remind_person(order, cause=Cause.FOLLOW_UP, follow_up=follow_up(order, tom))
    assert reminder is not None
    assert (reminder.kind, reminder.person, reminder.to_address) == ("TASK_REMINDER", tom, "")
    assert reminder.subject == f"Finish {order.label}, which has come back"
    assert "3605812-17, serial 77" in reminder.body
    assert history(order)[-1:] == [f"system: Reminder: {reminder.subject}"]


def test_who_left_is_reminded_no_more_and_everybody_is(new_order: NewOrder, tom: User) -> None:
    order = new_order("RECEIVED")
    due = follow_up(order, tom)
    tom.is_active = False
    tom.save()
    reminder = queue.remind_person(order, cause=Cause.FOLLOW_UP, follow_up=due)
    assert reminder is not None
    assert reminder.person is None


def test_the_same_reminder_is_made_once_while_it_is_open(new_order: NewOrder, amy: User) -> None:
    order = new_order("RECEIVED")
    first = queue.remind_person(order, cause=Cause.OVERDUE)
    assert first is not None
    assert queue.remind_person(order, cause=Cause.FOLLOW_UP, follow_up=follow_up(order, amy)) is None
    payment = follow_up(order, amy, kind="payment")
    assert queue.remind_person(order, cause=Cause.PAYMENT, follow_up=payment) is not None
    queue.done(first, by=amy)
    assert queue.remind_person(order, cause=Cause.OVERDUE) is not None


def test_a_reminder_set_by_hand_says_what_its_person_wrote(order: RepairOrder, tom: User) -> None:
    texts = ["Call Ruth\nabout the core", "Call Ruth again {{ settings.SECRET_KEY }}"]
    for text in texts:
        due = follow_up(order, tom, kind="reminder", text=text)
        assert queue.remind_person(order, cause=Cause.BY_HAND, follow_up=due) is not None
        assert queue.remind_person(order, cause=Cause.BY_HAND, follow_up=due) is None
    made = Notification.objects.order_by("pk")
    assert [reminder.body for reminder in made] == texts
    assert made[0].subject == f"{order.label}: Call Ruth about the core"


def test_an_order_without_a_shop_gets_a_draft_that_asks_for_an_address(order: RepairOrder, amy: User) -> None:
    RepairOrder.objects.update(shop=None)
    draft = queue.draft_for(order, cause=Cause.OVERDUE)
    assert draft is not None
    assert (draft.shop, draft.to_address) == (None, "")
    queue.edit(draft, by=amy, changes={"to_address": "a@b.example"})
    assert queue.approve(draft, by=amy).to == "a@b.example"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one(new_order: NewOrder) -> None:
    order, received = new_order(), new_order("RECEIVED")
    for made in (
        at_once([partial(queue.draft_for, order, cause=Cause.OVERDUE) for _ in range(6)]),
        at_once([partial(queue.remind_person, received, cause=Cause.OVERDUE) for _ in range(6)]),
    ):
        assert [m for m in made if isinstance(m, Exception)] == []
        assert sum(m is not None for m in made) == 1
    assert Notification.objects.count() == 2
