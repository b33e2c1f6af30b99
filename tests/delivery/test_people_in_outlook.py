"""What people do to a draft in Outlook itself, what Outlook loses, and what a person is asked then."""

from typing import Any

import pytest

from notifications import deliveries, queue
from notifications.models import Delivery, Notification
from repairs.errors import Refusal
from sync.models import Run
from tests.delivery.desk import LOOK, RECONCILE, SEND, Desk, carry

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State


def drafted(desk: Desk) -> Delivery:
    """A delivery whose draft lies in Outlook, because Outlook wanted quiet just before the send."""
    delivery = desk.approved()
    desk.fault("status", status=429, retry_after=30, match=SEND)
    carry()
    desk.time_passes(31)
    delivery.refresh_from_db()
    assert delivery.state == State.DRAFTED
    return delivery


def unknown(desk: Desk) -> Delivery:
    """A delivery that a person is asked about: the answer to the send was lost, and so was everything else."""
    delivery = desk.approved()
    desk.fault("drop_after_apply", match=SEND)
    carry()
    desk.by_hand("delete", delivery, for_good=True)
    desk.carry_on(delivery)
    return delivery


def test_somebody_sends_the_draft(desk: Desk) -> None:
    delivery = drafted(desk)
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    carry()
    assert desk.assert_sent_once(delivery)["by"] == "person"
    assert desk.sends() == 1


def test_somebody_changes_the_draft_and_sends_it(desk: Desk) -> None:
    delivery = drafted(desk)
    desk.by_hand("edit", delivery, changes={"subject": "Mine"})
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    carry()
    assert desk.assert_sent_once(delivery)["subject"] == "Mine"


CHANGES: list[dict[str, Any]] = [
    {"subject": "Better words"},
    {"body": {"contentType": "html", "content": "<p>Better words</p>"}},
    {"toRecipients": [{"emailAddress": {"address": "better@aero.example"}}]},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_somebody_changes_the_draft(desk: Desk, changes: dict[str, Any]) -> None:
    delivery = drafted(desk)
    desk.by_hand("edit", delivery, changes=changes)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.UNKNOWN, "Somebody changed the draft in Outlook.")
    assert "etter" in delivery.found["Draft"]
    assert delivery.notification.state == Notification.State.APPROVED
    assert desk.outbox() == []
    history = delivery.orders()[0].activity
    assert history.filter(text__endswith="is not known. Somebody changed the draft in Outlook.").exists()
    deliveries.resolve(delivery, by=desk.tom, sent=False)
    assert history.filter(by=desk.tom, text=f"“{delivery.subject}” is sent again.").exists()
    carry()
    mail = desk.assert_sent_once(delivery)
    assert (mail["subject"], mail["to"]) == (delivery.subject, [delivery.to])
    assert "etter words" not in mail["body"]


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("begun", [False, True])
def test_somebody_deletes_the_draft(desk: Desk, for_good: bool, begun: bool) -> None:
    if begun:
        delivery = desk.approved()
        desk.fault("drop", match=SEND)
        carry()
        desk.time_passes(RECONCILE + 1)
    else:
        delivery = drafted(desk)
    desk.by_hand("delete", delivery, for_good=for_good)
    carry()
    delivery.refresh_from_db()
    assert delivery.state == State.UNKNOWN
    assert delivery.found.keys() == ({"In the mailbox"} if for_good else {"Deleted draft"})
    assert desk.outbox() == []
    deliveries.resolve(delivery, by=desk.tom, sent=False)
    carry()
    desk.assert_sent_once(delivery)


def test_a_mail_that_was_deleted_while_it_left_is_asked_about(desk: Desk) -> None:
    delivery = unknown(desk)
    assert (delivery.state, delivery.found) == (State.UNKNOWN, {"In the mailbox": "nothing"})
    assert delivery.notification.state == Notification.State.APPROVED
    deliveries.resolve(delivery, by=desk.tom, sent=True)
    desk.assert_sent_once(delivery)
    order = delivery.orders()[0]
    assert order.activity.filter(by=desk.tom, text__endswith="was sent, as tom found out.").exists()
    assert desk.sends() == 1


def test_what_is_not_known_is_looked_up_again_and_only_a_sent_mail_settles_it(desk: Desk) -> None:
    delivery = drafted(desk)
    desk.by_hand("edit", delivery, changes={"subject": "Mine"})
    carry()
    for _ in range(3):  # at first after ten minutes, then ever later
        desk.time_passes(RECONCILE + 1)
        desk.forget()
        carry()
        delivery.refresh_from_db()
        assert (delivery.state, list(delivery.found)) == (State.UNKNOWN, ["Draft"])
    assert desk.log() == []
    desk.by_hand("send", delivery)
    desk.time_passes(86_400)
    carry()
    assert desk.assert_sent_once(delivery)["by"] == "person"
    assert desk.sends() == 0


@pytest.mark.parametrize("changed", [False, True])
def test_a_mail_that_was_not_sent_can_be_given_up(desk: Desk, changed: bool) -> None:
    """The draft goes, unless a person's words stand in it; a later decision is told that this one was made."""
    delivery = drafted(desk)
    if changed:
        desk.by_hand("edit", delivery, changes={"subject": "Mine"})
    else:
        desk.by_hand("delete", delivery, for_good=True)
    carry()
    delivery.refresh_from_db()
    assert delivery.state == State.UNKNOWN
    entry = queue.give_up(delivery.notification, by=desk.tom)
    for late in (
        lambda: queue.give_up(entry, by=desk.amy),
        lambda: deliveries.resolve(delivery, by=desk.amy, sent=False),
    ):
        with pytest.raises(Refusal):
            late()
    carry()
    desk.time_passes(RECONCILE)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun, entry.state) == (State.WITHDRAWN, False, "WITHDRAWN")
    (order,) = delivery.orders()
    told = f"Withdrawn “{delivery.subject}”: It was not sent, and shall not be."
    newest = order.activity.order_by("pk").last()
    assert newest is not None
    assert newest.text == told
    assert [draft["data"]["subject"] for draft in desk.messages("drafts")] == ["Mine"] * changed
    assert desk.outbox() == []


def test_a_decision_is_made_once(desk: Desk) -> None:
    delivery = unknown(desk)
    mine, theirs = Delivery.objects.get(pk=delivery.pk), Delivery.objects.get(pk=delivery.pk)
    deliveries.resolve(mine, by=desk.amy, sent=True)
    for sent in (True, False):
        with pytest.raises(Refusal):
            deliveries.resolve(theirs, by=desk.tom, sent=sent)
    carry()
    desk.assert_sent_once(delivery)


def test_send_it_again_looks_once_more(desk: Desk) -> None:
    """The mail came to light meanwhile: it is not sent again."""
    delivery = drafted(desk)
    desk.by_hand("edit", delivery, changes={"subject": "Mine"})
    carry()
    delivery.refresh_from_db()
    assert delivery.state == State.UNKNOWN
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    deliveries.resolve(delivery, by=desk.tom, sent=False)
    carry()
    assert desk.assert_sent_once(delivery)["by"] == "person"


def test_a_mail_sent_again_by_a_person_may_be_unclear_again(desk: Desk) -> None:
    delivery = unknown(desk)
    before = len(desk.outbox(delivery))
    deliveries.resolve(delivery, by=desk.tom, sent=False)
    desk.fault("drop", match=SEND)
    carry()
    desk.by_hand("delete", delivery, for_good=True)
    desk.carry_on(delivery)
    assert delivery.state == State.UNKNOWN
    assert len(desk.outbox(delivery)) == before


@pytest.mark.parametrize("lost", ["marker", "internet_message_id", "immutable_id"])
@pytest.mark.parametrize("answered", [False, True])
def test_what_outlook_loses_when_it_sends(desk: Desk, lost: str, answered: bool) -> None:
    desk.options(loses_on_send=lost)
    order = desk.order_at()
    if answered:
        desk.approved(order)
        carry()
        desk.time_passes(60)
    delivery = desk.approved(order)
    desk.fault("drop_after_apply", match=SEND)
    carry()
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    assert desk.sends() == 1 + answered


def test_a_second_draft_that_a_lost_answer_left_is_removed(desk: Desk) -> None:
    delivery = drafted(desk)
    made = desk.second_draft(delivery)
    carry()
    desk.assert_sent_once(delivery)
    assert made not in {message["immutable_id"] for message in desk.messages("drafts")}


@pytest.mark.parametrize("edited", [False, True])
def test_a_mail_withdrawn_after_its_draft_was_made(desk: Desk, edited: bool) -> None:
    """Its draft is removed, so that nobody sends it by hand; what a person wrote into it stays."""
    delivery = drafted(desk)
    if edited:
        desk.by_hand("edit", delivery, changes={"subject": "Mine"})
    queue.withdraw(delivery.notification, by=desk.tom, reason="They called")
    Run.objects.filter(kind=deliveries.MAIL).delete()  # whatever became of its run
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.WITHDRAWN, False)
    assert [draft["data"]["subject"] for draft in desk.messages("drafts")] == ["Mine"] * edited
    assert desk.outbox() == []


def test_a_mail_withdrawn_here_and_sent_in_outlook(desk: Desk) -> None:
    delivery = drafted(desk)
    queue.withdraw(delivery.notification, by=desk.tom, reason="They called")
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.WITHDRAWN, False)
    history = delivery.orders()[0].activity
    told = f"“{delivery.subject}” was not to be sent any more, but somebody sent it in Outlook."
    assert history.filter(text=told).exists()


def test_a_mail_that_failed_here_and_was_sent_in_outlook(desk: Desk) -> None:
    delivery = drafted(desk)
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    desk.fault("status", status=403, match=LOOK)
    carry()
    assert desk.assert_sent_once(delivery)["by"] == "person"


def test_withdrawn_while_outlook_is_away(desk: Desk) -> None:
    delivery = drafted(desk)
    desk.fault("drop", times=None)
    carry()
    queue.withdraw(Notification.objects.get(pk=delivery.notification_id), by=desk.tom)
    carry()
    desk.all_well()
    desk.time_passes(RECONCILE)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.WITHDRAWN, False)
    desk.assert_nothing_left(delivery)
