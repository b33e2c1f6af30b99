"""Whatever becomes of an answer: the shop gets exactly one mail, or the entry says why it got none."""

from datetime import timedelta
from typing import Any

import pytest

from notifications import conversations, deliveries, queue, sending
from notifications.models import Delivery, Notification
from repairs import clock
from sync.models import Run
from tests.delivery.desk import DRAFT, FILL, LOOK, OFFICE, RECONCILE, REPLY, SEND, Desk, carry

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State
# What becomes of a request, and whether it was carried out.
UNCLEAR: list[tuple[dict[str, Any], bool]] = [
    ({"kind": "status", "status": 504}, False),
    ({"kind": "status_after_apply", "status": 504}, True),
    ({"kind": "status", "status": 503, "retry_after": 1}, False),
    ({"kind": "status_after_apply", "status": 503, "retry_after": 1}, True),
    ({"kind": "status", "status": 500}, False),
    ({"kind": "status_after_apply", "status": 500}, True),
    ({"kind": "status_after_apply", "status": 200}, True),
    ({"kind": "status_after_apply", "status": 408}, True),
    ({"kind": "drop"}, False),
    ({"kind": "drop_after_apply"}, True),
]
LOST = ("drop", "drop_after_apply")


def named(value: Any) -> str | None:
    if isinstance(value, dict):
        return "-".join(str(part) for part in value.values())
    return "done" if value is True else "not-done" if value is False else None


@pytest.mark.parametrize(("action", "happened"), UNCLEAR, ids=named)
def test_of_the_send(desk: Desk, action: dict[str, Any], happened: bool) -> None:
    delivery = desk.approved()
    desk.fault(**action, match=SEND)
    carry()
    delivery.refresh_from_db()
    assert delivery.state == State.SENDING
    assert len(desk.outbox(delivery)) == int(happened)
    desk.time_passes(RECONCILE / 2)
    carry()
    assert desk.sends() == 1  # it may still be on its way: nothing is done before the time has come
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    assert desk.sends() == (1 if happened else 2)


@pytest.mark.parametrize("linger", [0.0, RECONCILE / 2])
def test_a_mail_that_lingers_in_drafts_is_not_sent_again(desk: Desk, linger: float) -> None:
    desk.options(drafts_linger=linger)
    delivery = desk.approved()
    desk.fault("drop_after_apply", match=SEND)
    carry()
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    assert desk.sends() == 1


def test_our_clock_jumps_forward_while_a_mail_is_on_its_way(desk: Desk) -> None:
    """The ten minutes are Outlook's: a mail that lingers in Drafts is not taken for one that never left."""
    desk.options(drafts_linger=300.0)
    delivery = desk.approved()
    desk.fault("drop_after_apply", match=SEND)
    carry()
    desk.our_clock_jumps(timedelta(hours=1))
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, desk.sends()) == (State.SENDING, 1)
    due = Run.objects.get(kind=deliveries.MAIL).due_at - clock.now()
    assert timedelta(seconds=RECONCILE - 60) < due <= timedelta(seconds=RECONCILE + 1)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    assert desk.sends() == 1


@pytest.mark.parametrize("state", [State.DRAFTED, State.SENDING])
def test_an_outage_is_not_counted_as_sends_in_vain(desk: Desk, state: str) -> None:
    delivery = desk.approved()
    lost = {"kind": "drop"} if state == State.SENDING else {"kind": "status", "status": 429}
    desk.fault(**lost, match=SEND)
    carry()
    desk.time_passes(RECONCILE + 1)
    desk.fault("drop", times=None)
    for _ in range(8):
        carry()
        desk.time_passes(RECONCILE * 2)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures, delivery.sends_in_vain) == (state, 8, 0)
    desk.all_well()
    if state == State.DRAFTED:
        desk.fault("drop", match=SEND)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)


@pytest.mark.parametrize(
    "action",
    [
        # Why there was no answer is told apart at the send, above; here the usual run asks whether it was carried out.
        pytest.param(action, id=named(action), marks=[] if action["kind"] in LOST else pytest.mark.chaos)
        for action, _ in UNCLEAR
    ],
)
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(DRAFT, id="draft", marks=pytest.mark.chaos),  # a reply is made as a draft is
        pytest.param(REPLY, id="reply"),
        pytest.param(FILL, id="fill", marks=pytest.mark.chaos),
    ],
)
def test_of_the_draft(desk: Desk, action: dict[str, Any], request_: dict[str, Any]) -> None:
    order = desk.order_at()
    if request_ is not DRAFT:
        desk.approved(order)
        carry()
        desk.time_passes(60)
        desk.forget()
    delivery = desk.approved(order)
    desk.fault(**action, match=request_)
    carry()
    assert desk.sends() == 0
    assert Delivery.objects.get(pk=delivery.pk).state == State.NEW
    desk.carry_on(delivery)
    mail = desk.assert_sent_once(delivery)
    assert mail["to"] == [delivery.to]
    assert (mail["in_reply_to"] is None) == (request_ is DRAFT)


@pytest.mark.parametrize("fate", ["ours", "edited", "sent", "copied"])
def test_a_draft_that_comes_after_the_mail_left(desk: Desk, fate: str) -> None:
    """Outlook carries out late what it had not answered. Nobody shall send that; what a person wrote there stays."""
    delivery = desk.approved()
    if fate != "copied":  # by a person: then only one draft was ever asked for
        desk.fault("status", status=504, match=DRAFT)
    desk.carry_on(delivery)
    late = {"mailbox": OFFICE, "id": desk.second_draft(delivery)}
    if fate in ("edited", "sent"):
        changes = {"changes": {"subject": "Mine"}} if fate == "edited" else {}
        desk.control("POST", f"mail/{'edit' if changes else 'send'}", **late, **changes)
    desk.time_passes(RECONCILE / 2)
    carry()
    assert len(desk.messages("drafts")) == (fate != "sent")
    desk.fault("drop", match=LOOK)
    desk.time_passes(RECONCILE)
    carry()
    desk.time_passes(RECONCILE * 2)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.look_at) == (State.SENT, None)
    assert len(desk.messages("drafts")) == (fate in ("edited", "copied"))
    assert len(desk.outbox(delivery)) == (2 if fate == "sent" else 1)
    said = {
        "ours": "was removed",
        "edited": "was left there",
        "sent": "sent a second time",
        "copied": "Sent “",
    }
    assert said[fate] in delivery.orders()[0].activity.latest("pk").text
    desk.forget()
    desk.time_passes(RECONCILE * 2)
    carry()
    assert desk.log() == []


@pytest.mark.parametrize("request_", [DRAFT, SEND], ids=["draft", "send"])
def test_a_retry_after_is_kept_by_everybody(desk: Desk, request_: dict[str, Any]) -> None:
    delivery, other = desk.approved(), desk.approved()
    desk.fault("status", status=429, retry_after=30, match=request_)
    carry()
    delivery.refresh_from_db()
    assert delivery.state == (State.NEW if request_ is DRAFT else State.DRAFTED)
    desk.time_passes(20)
    for each in (delivery, other):
        conversations.refresh(each.orders()[0], by=desk.amy)
    carry()
    carry("conversation")
    assert desk.stats()["retry_after_violations"] == 0
    assert desk.sends() == (1 if request_ is SEND else 0)
    desk.time_passes(11)
    carry()
    desk.assert_sent_once(delivery)
    desk.assert_sent_once(other)
    assert desk.stats()["retry_after_violations"] == 0


def test_a_busy_outlook_that_names_no_time(desk: Desk) -> None:
    delivery = desk.approved()
    desk.fault("status", status=429, match=SEND)
    carry()
    assert Delivery.objects.get(pk=delivery.pk).state == State.DRAFTED
    desk.time_passes(11)
    carry()
    desk.assert_sent_once(delivery)


@pytest.mark.parametrize("looked", [1, 2])
def test_a_look_that_fails_is_repeated(desk: Desk, looked: int) -> None:
    delivery = desk.approved()
    desk.fault("drop_after_apply", match=SEND)
    desk.fault("status", status=503, match=LOOK, times=looked)
    carry()
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    assert desk.sends() == 1


def test_a_conflict_at_the_send_may_mean_that_it_is_on_its_way(desk: Desk) -> None:
    desk.options(second_send="refused")
    delivery = desk.approved()
    desk.fault("by_hand", act="send", match=SEND)
    carry()
    assert Delivery.objects.get(pk=delivery.pk).state == State.SENDING
    desk.carry_on(delivery)
    mail = desk.assert_sent_once(delivery)
    assert mail["by"] == "person"


@pytest.mark.parametrize("status", [409, 412, 423, 404])
def test_an_answer_that_only_a_mail_on_its_way_gets(desk: Desk, status: int) -> None:
    delivery = desk.approved()
    desk.fault("status_after_apply", status=status, match=SEND)
    carry()
    assert Delivery.objects.get(pk=delivery.pk).state == State.SENDING
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    assert desk.sends() == 1


def test_what_outlook_refuses_has_failed_with_the_reason_and_can_be_tried_again(desk: Desk) -> None:
    desk.options(send_as_denied=OFFICE)
    delivery = desk.approved()
    carry()
    delivery.refresh_from_db()
    entry = delivery.notification
    assert (delivery.state, entry.state) == (State.FAILED, Notification.State.FAILED)
    assert delivery.error == "Our account may not send mail as that address."
    assert desk.outbox() == []
    desk.assert_nothing_left(delivery)
    desk.options(send_as_denied="")
    queue.retry(entry, by=desk.tom)
    carry()
    delivery.refresh_from_db()
    desk.assert_sent_once(delivery)


def test_no_mailbox_is_a_failure_of_the_draft(desk: Desk) -> None:
    desk.options(forbidden_mailboxes=OFFICE)
    delivery = desk.approved()
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.FAILED, "Our account may not do this in that mailbox.")
    assert delivery.draft_begun  # one may lie there: it is looked for again


def test_a_send_that_never_happens_ends_as_a_failure(desk: Desk) -> None:
    delivery = desk.approved()
    desk.fault("drop", match=SEND, times=None)
    desk.carry_on(delivery)
    assert delivery.state == State.FAILED
    assert "several times" in delivery.error
    assert desk.sends() == sending.MOST_SENDS_IN_VAIN
    assert desk.outbox() == []
    desk.all_well()
    queue.retry(delivery.notification, by=desk.amy)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)


def test_outlook_is_away_for_long(desk: Desk) -> None:
    delivery = desk.approved()
    desk.fault("drop", times=None)
    for _ in range(15):
        carry()
        desk.time_passes(RECONCILE * 2)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.notification.state) == (State.NEW, Notification.State.APPROVED)
    assert delivery.error
    desk.all_well()
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
