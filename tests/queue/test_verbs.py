"""Each verb in each state: what it does where it may, and that it changes nothing where it may not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from notifications import deliveries, queue
from notifications.models import Delivery, Notification
from repairs import clock, orders
from repairs.errors import Refusal
from repairs.models import RepairOrder
from sync.models import Run
from tests.queue.conftest import NewDraft
from tests.queue.stories import bring_to, everything, failed, fresh, history, sent

VERBS: dict[str, Callable[[Notification, User], Any]] = {
    "edit": lambda entry, by: queue.edit(entry, by=by, changes={"body": "Other words."}),
    "approve": lambda entry, by: queue.approve(entry, by=by),
    "reject": lambda entry, by: queue.reject(entry, by=by, reason="not now"),
    "withdraw": lambda entry, by: queue.withdraw(entry, by=by),
    "retry": lambda entry, by: queue.retry(entry, by=by),
    "done": lambda entry, by: queue.done(entry, by=by),
}
# Where a verb leads from a state; what is not named here is refused.
MAIL = {
    ("edit", "PENDING_APPROVAL"): "PENDING_APPROVAL",
    ("edit", "FAILED"): "PENDING_APPROVAL",
    ("approve", "PENDING_APPROVAL"): "APPROVED",
    ("reject", "PENDING_APPROVAL"): "REJECTED",
    ("withdraw", "PENDING_APPROVAL"): "WITHDRAWN",
    ("withdraw", "APPROVED"): "WITHDRAWN",
    ("withdraw", "FAILED"): "WITHDRAWN",
    ("retry", "FAILED"): "APPROVED",
}
REMINDER = {"done": "SENT", "reject": "REJECTED", "withdraw": "WITHDRAWN"}


@pytest.mark.parametrize("state", Notification.State.values)
@pytest.mark.parametrize("verb", VERBS)
def test_a_mail(draft: Notification, amy: User, tom: User, verb: str, state: str) -> None:
    bring_to(draft, state, amy)
    before = everything()
    if (verb, state) not in MAIL:
        with pytest.raises(Refusal) as refusal:
            VERBS[verb](draft, tom)
        assert refusal.value.sentence[-1] == "."
        assert everything() == before
        return
    VERBS[verb](draft, tom)
    now = fresh(draft)
    assert now.state == MAIL[verb, state]
    assert (draft.state, draft.version) == (now.state, now.version), "the caller's copy follows"
    assert (now.open_key is not None) == (now.state in Notification.OPEN)
    assert history(now.order or RepairOrder())[-1].startswith("tom: ")


@pytest.mark.parametrize("verb", VERBS)
def test_a_reminder(reminder: Notification, tom: User, verb: str) -> None:
    before = everything()
    if verb not in REMINDER:
        with pytest.raises(Refusal):
            VERBS[verb](reminder, tom)
        assert everything() == before
        return
    VERBS[verb](reminder, tom)
    now = fresh(reminder)
    assert (now.state, now.decided_by, now.open_key) == (REMINDER[verb], tom, None)
    for act in VERBS.values():
        with pytest.raises(Refusal):
            act(reminder, tom)


def test_what_is_approved_is_frozen_with_who_and_when(
    draft: Notification, order: RepairOrder, amy: User
) -> None:
    began = clock.now()
    delivery = queue.approve(draft, by=amy, expected_version=1)
    assert (delivery.state, delivery.approved_by, delivery.approved_by_name) == ("NEW", amy, "amy")
    assert began <= delivery.approved_at <= clock.now()
    assert (delivery.mailbox, delivery.to, delivery.cc) == (
        "repairs@genthrust.example",
        "quotes@aero.example",
        ["office@genthrust.example"],
    )
    assert (delivery.subject, delivery.text) == (draft.subject, draft.body)
    assert "waiting for your quote" in delivery.html
    assert (draft.state, draft.decided_by, draft.decided_by_name) == ("APPROVED", amy, "amy")
    assert Run.objects.get(kind=deliveries.MAIL).about == delivery.pk
    assert history(order)[-1] == f"amy: Approved “{draft.subject}” to quotes@aero.example."


@pytest.mark.parametrize("missing", ["subject", "body"])
def test_without_words_there_is_no_mail(draft: Notification, amy: User, missing: str) -> None:
    queue.edit(draft, by=amy, changes={missing: "  "})
    before = everything()
    with pytest.raises(Refusal) as refusal:
        queue.approve(draft, by=amy)
    assert list(refusal.value.fields) == [missing]
    assert everything() == before


def test_without_a_sender_there_is_no_mail(draft: Notification, amy: User, settings: Settings) -> None:
    settings.MAIL_FROM = ""
    with pytest.raises(Refusal, match="no address to send it from"):
        queue.approve(draft, by=amy)
    assert Delivery.objects.count() == 0


def test_who_left_approves_nothing(draft: Notification, amy: User) -> None:
    amy.is_active = False
    with pytest.raises(Refusal, match="needs a person"):
        queue.approve(draft, by=amy)
    assert Delivery.objects.count() == 0


def test_a_rejection_needs_its_reason(draft: Notification, reminder: Notification, amy: User) -> None:
    with pytest.raises(Refusal) as refusal:
        queue.reject(draft, by=amy, reason=" ")
    assert list(refusal.value.fields) == ["reason"]
    with pytest.raises(Refusal):
        queue.reject(draft, by=amy, reason="x" * 501)
    queue.reject(draft, by=amy, reason="They called.")
    assert (draft.state, draft.reason, draft.decided_by_name) == ("REJECTED", "They called.", "amy")
    assert queue.reject(reminder, by=amy, reason="").state == "REJECTED"


def test_sent_ends_overdue_and_is_told(
    draft: Notification, order: RepairOrder, amy: User, ended: list[Notification]
) -> None:
    orders.edit(order, by=amy, changes={"next_update": "2020-01-01"})
    queue.approve(draft, by=amy)
    assert ended == []
    sent(draft)
    now = fresh(draft)
    order.refresh_from_db()
    assert (now.state, now.open_key, now.sent_at is not None) == ("SENT", None, True)
    assert order.last_updated == clock.today()
    assert order.next_update == clock.today() + orders.DAYS_AFTER_MAIL
    assert order.days_overdue(clock.today()) == 0
    assert history(order)[-1] == f"amy: Sent “{draft.subject}” to quotes@aero.example."
    assert ended == [draft]
    before = everything()
    queue.mark_sent(Delivery.objects.get())
    assert everything() == before, "a second time it changes nothing"


def test_failed_says_why_and_can_be_tried_again(draft: Notification, order: RepairOrder, amy: User) -> None:
    queue.approve(draft, by=amy)
    failed(draft, "Microsoft does not know this mailbox.")
    assert history(order)[-1].endswith("was not sent: Microsoft does not know this mailbox.")
    queue.retry(draft, by=amy)
    assert Delivery.objects.get().state == "NEW"
    sent(draft)
    assert fresh(draft).state == "SENT"


def test_a_failed_mail_that_is_edited_needs_a_new_approval(draft: Notification, amy: User, tom: User) -> None:
    queue.approve(draft, by=amy)
    failed(draft)
    queue.edit(draft, by=tom, changes={"to_address": "ruth@aero.example"})
    assert draft.state == "PENDING_APPROVAL"
    assert Delivery.objects.get().state == "FAILED", "nothing is sent"
    delivery = queue.approve(draft, by=tom)
    assert (delivery.state, delivery.to, delivery.approved_by_name) == ("NEW", "ruth@aero.example", "tom")
    assert Delivery.objects.count() == 1


def test_what_is_being_sent_can_not_be_withdrawn(draft: Notification, amy: User) -> None:
    queue.approve(draft, by=amy)
    Delivery.objects.update(state="SENDING")
    before = everything()
    with pytest.raises(Refusal):
        queue.withdraw(draft, by=amy)
    assert everything() == before
    Delivery.objects.update(state="NEW")
    queue.withdraw(draft, by=amy, reason="Wrong shop.")
    assert (draft.state, draft.reason) == ("WITHDRAWN", "Wrong shop.")
    assert Delivery.objects.get().state == "WITHDRAWN"


def test_an_edit_keeps_who_and_when_and_writes_only_what_differs(draft: Notification, tom: User) -> None:
    same = {"subject": draft.subject, "body": draft.body, "to_address": draft.to_address}
    queue.edit(draft, by=tom, changes=same)
    assert (draft.version, draft.edited_at) == (1, None)
    queue.edit(draft, by=tom, changes={**same, "subject": "New\r\nBcc: x@evil.example"})
    assert draft.subject == "New Bcc: x@evil.example"
    assert (draft.version, draft.edited_by, draft.edited_by_name) == (2, tom, "tom")
    assert draft.edited_at is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "SENT"},
        {"shop": None},
        {"subject": "x" * 256},
        {"body": "a\x00b"},
        {"body": "We ask about {{ number }}."},
        {"subject": "{% load x %}"},
        {"rows": [{"number": 1}]},
        {"rows": "no table"},
    ],
)
def test_what_can_not_be_edited(draft: Notification, amy: User, changes: dict[str, Any]) -> None:
    before = everything()
    with pytest.raises(Refusal):
        queue.edit(draft, by=amy, changes=changes)
    assert everything() == before


def test_who_comes_second_is_told_what_happened(draft: Notification, amy: User, tom: User) -> None:
    queue.edit(draft, by=tom, changes={"body": "Tom's words."})
    for act in (
        lambda: queue.approve(draft, by=amy, expected_version=1),
        lambda: queue.edit(draft, by=amy, changes={"body": "Amy's."}, expected_version=1),
        lambda: queue.reject(draft, by=amy, reason="no", expected_version=1),
    ):
        with pytest.raises(
            queue.Overtaken, match=r"It was changed by tom meanwhile\. Nothing was saved\."
        ) as told:
            act()
        assert told.value.notification.body == "Tom's words."
    queue.approve(draft, by=tom, expected_version=2)
    with pytest.raises(queue.Overtaken, match=r"It is approved already by tom\."):
        queue.approve(draft, by=amy, expected_version=2)
    assert Delivery.objects.count() == 1


def test_all_of_a_shop_at_once_and_what_could_not_be_is_told(new_draft: NewDraft, amy: User) -> None:
    good, blank, unseen = new_draft(), new_draft(), new_draft()
    queue.edit(blank, by=amy, changes={"body": ""})
    seen = {good.pk: good.version, blank.pk: blank.version}
    approved, refused = queue.approve_all(seen, by=amy)
    assert [delivery.notification_id for delivery in approved] == [good.pk]
    assert refused == [(blank, "The text is empty.")]
    assert fresh(unseen).state == "PENDING_APPROVAL"
    queue.edit(blank, by=amy, changes={"body": "Words."})
    approved, refused = queue.approve_all({**seen, unseen.pk: unseen.version}, by=amy)
    assert [delivery.notification_id for delivery in approved] == [unseen.pk]
    assert refused == [
        (good, "It is approved already by amy. Nothing was changed."),
        (blank, "It was changed by amy meanwhile. Nothing was saved."),
    ]


def test_at_most_a_hundred_together(draft: Notification, amy: User) -> None:
    seen = {draft.pk + n: 1 for n in range(queue.MOST_TOGETHER + 1)}
    with pytest.raises(Refusal, match="At most 100 emails"):
        queue.approve_all(seen, by=amy)
    assert fresh(draft).state == "PENDING_APPROVAL"


def test_what_failed_says_how_to_go_on(draft: Notification, amy: User, tom: User) -> None:
    bring_to(draft, "FAILED", amy)
    with pytest.raises(queue.Overtaken, match="It can be tried again, or edited and approved anew"):
        queue.approve(draft, by=tom)
    with pytest.raises(queue.Overtaken):
        queue.retry(draft, by=tom, expected_version=draft.version - 1)


def test_typing_and_pressing_is_one_act(draft: Notification, tom: User) -> None:
    """What is refused after the edit takes the edit back."""
    before = everything()
    changes = {"body": "Other words.", "subject": " "}
    with pytest.raises(Refusal, match="The subject is empty"):
        queue.revise(
            draft,
            by=tom,
            changes=changes,
            expected_version=1,
            then=lambda entry, version: queue.approve(entry, by=tom, expected_version=version),
        )
    assert everything() == before
