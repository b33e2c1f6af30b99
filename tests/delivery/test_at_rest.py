"""Mails that failed or were withdrawn: their drafts in Outlook are looked after until they are gone."""

from typing import Any

import pytest

from notifications import combine, deliveries, queue
from notifications.models import Delivery, Notification
from repairs.errors import Refusal
from sync.models import Run
from tests.delivery.desk import LOOK, OFFICE, SEND, SHOP, Desk, carry
from tests.delivery.test_people_in_outlook import drafted

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State
Entry = Notification.State
DENIED = "Our account may not send mail as that address."
DELETE = {"method": "DELETE"}


def failed_with_a_draft_left(desk: Desk) -> Delivery:
    """Outlook refused to send it, and went away before its draft was removed."""
    delivery = desk.approved()
    desk.options(send_as_denied=OFFICE)
    desk.fault("drop", match=DELETE)
    carry()
    desk.options(send_as_denied="")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.FAILED, True)
    return delivery


def entry_of(delivery: Delivery) -> Notification:
    return Notification.objects.get(pk=delivery.notification_id)


def history(delivery: Delivery) -> list[str]:
    (order,) = delivery.orders()
    return list(order.activity.order_by("pk").values_list("text", flat=True))


@pytest.mark.parametrize(
    "trouble",
    [{"kind": "status", "status": 403}, {"kind": "status", "status": 400}, {"kind": "drop"}],
    ids=["forbidden", "refused", "away"],
)
def test_a_draft_that_could_not_be_removed_is_not_forgotten(desk: Desk, trouble: dict[str, Any]) -> None:
    delivery = desk.approved()
    desk.options(send_as_denied=OFFICE)
    desk.fault(**trouble, match=DELETE, times=2)
    for _ in range(2):
        carry()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.draft_begun, delivery.error) == (State.FAILED, True, DENIED)
        assert len(desk.messages("drafts")) == 1
        assert Run.objects.get(kind=deliveries.MAIL).state == Run.State.QUEUED
        desk.time_passes(60)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun, delivery.error) == (State.FAILED, False, DENIED)
    desk.assert_nothing_left(delivery)


def test_trying_again_does_not_wait_for_the_tidying(desk: Desk) -> None:
    delivery = failed_with_a_draft_left(desk)
    queue.retry(entry_of(delivery), by=desk.tom)
    carry()
    desk.assert_sent_once(delivery)
    assert len(desk.outbox()) == 1


def test_a_draft_that_went_while_the_mail_was_at_rest_is_asked_about(desk: Desk) -> None:
    """Somebody may have sent it, and removed it after that."""
    delivery = failed_with_a_draft_left(desk)
    desk.by_hand("delete", delivery, for_good=True)
    queue.retry(entry_of(delivery), by=desk.tom)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, desk.outbox()) == (State.UNKNOWN, [])


@pytest.mark.parametrize("fate", ["asked", "edited", "withdrawn"])
def test_somebody_sent_the_draft_and_purged_it_while_the_mail_was_at_rest(desk: Desk, fate: str) -> None:
    """Nothing shows that it left, so nothing is sent again before a person has answered, or was warned."""
    delivery = failed_with_a_draft_left(desk)
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    desk.by_hand("delete", delivery, for_good=True)
    if fate == "edited":
        queue.edit(entry_of(delivery), by=desk.tom, changes={"body": "Better words."})
    elif fate == "withdrawn":
        queue.withdraw(entry_of(delivery), by=desk.tom)
    carry()
    delivery.refresh_from_db()
    told = f"The draft of “{delivery.subject}” is gone from Outlook. Somebody may have sent it."
    if fate == "asked":
        assert (delivery.state, delivery.found) == (State.UNKNOWN, {"In the mailbox": "nothing"})
        assert entry_of(delivery).state == Entry.APPROVED
        with pytest.raises(Refusal):
            queue.retry(entry_of(delivery), by=desk.tom)
        deliveries.resolve(delivery, by=desk.tom, sent=True)
        desk.assert_sent_once(delivery)
    else:
        assert not delivery.draft_begun
        assert entry_of(delivery).warning == (told if fate == "edited" else "")
        assert history(delivery)[-1] == told
    carry()
    assert len(desk.outbox()) == 1


def test_other_words_do_not_excuse_a_draft_that_is_gone(desk: Desk) -> None:
    delivery = failed_with_a_draft_left(desk)
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    desk.by_hand("delete", delivery, for_good=True)
    queue.edit(entry_of(delivery), by=desk.tom, changes={"body": "Better words."})
    queue.approve(entry_of(delivery), by=desk.tom)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, len(desk.outbox())) == (State.UNKNOWN, 1)


@pytest.mark.parametrize("fault", ["drop_after_apply", "drop"])
def test_our_own_removal_of_the_draft_is_no_question(desk: Desk, fault: str) -> None:
    """Its answer was lost, and a person tries again before it is looked up."""
    delivery = failed_with_a_draft_left(desk)
    desk.time_passes(60)
    desk.fault(fault, match=DELETE)
    carry()
    queue.retry(entry_of(delivery), by=desk.tom)
    carry()
    desk.assert_sent_once(delivery)


def test_somebody_sends_what_was_edited_after_it_had_failed(desk: Desk) -> None:
    delivery = failed_with_a_draft_left(desk)
    queue.edit(entry_of(delivery), by=desk.tom, changes={"body": "Better words."})
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    carry()
    delivery.refresh_from_db()
    told = f"“{delivery.subject}” was not to be sent any more, but somebody sent it in Outlook."
    assert (delivery.state, delivery.draft_begun) == (State.FAILED, False)
    assert (entry_of(delivery).state, entry_of(delivery).warning) == (Entry.PENDING_APPROVAL, told)
    assert history(delivery)[-1] == told
    assert not Run.objects.filter(kind=deliveries.MAIL, error__contains="program").exists()


def test_the_mail_that_took_it_in_warns_of_it(desk: Desk) -> None:
    delivery = failed_with_a_draft_left(desk)
    queue.edit(entry_of(delivery), by=desk.tom, changes={"body": "Better words."})
    parent = combine.combine([entry_of(delivery), desk.draft()], by=desk.tom)
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    carry()
    parent.refresh_from_db()
    assert "somebody sent it in Outlook" in parent.warning


def test_what_had_left_before_it_was_approved_this_time(desk: Desk) -> None:
    delivery = failed_with_a_draft_left(desk)
    desk.by_hand("send", delivery)
    queue.edit(entry_of(delivery), by=desk.tom, changes={"body": "Better words."})
    queue.approve(entry_of(delivery), by=desk.tom)
    desk.time_passes(60)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert "Better words." not in mail["body"]
    told = f"“{mail['subject']}” had left before it was approved this time, with the words that it had then."
    assert history(delivery)[-1] == told


def test_what_is_sent_as_approved_says_nothing_of_the_kind(desk: Desk) -> None:
    delivery = failed_with_a_draft_left(desk)
    queue.edit(entry_of(delivery), by=desk.tom, changes={"body": "Better words."})
    queue.approve(entry_of(delivery), by=desk.tom)
    desk.fault("drop_after_apply", match=SEND)
    desk.carry_on(delivery)
    assert "Better words." in desk.assert_sent_once(delivery)["body"]
    assert history(delivery)[-1].endswith(f"to {SHOP}.")


def test_a_withdrawn_mail_waits_for_outlook_with_its_draft(desk: Desk) -> None:
    delivery = drafted(desk)
    queue.withdraw(entry_of(delivery), by=desk.tom)
    desk.fault("status", status=403, match=LOOK)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.WITHDRAWN, True)
    desk.time_passes(60)
    carry()
    desk.assert_nothing_left(delivery)
