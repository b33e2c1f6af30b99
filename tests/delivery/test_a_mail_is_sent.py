"""An approved mail leaves once, as it was approved, into the conversation that its orders had."""

import pytest

from notifications import combine, conversations, queue
from notifications.models import Delivery, MailTemplate, Notification
from repairs import orders, shops
from repairs.models import RepairOrder
from tests.delivery.desk import BOSS, OFFICE, REPLY, SHOP, Desk, carry
from tests.delivery.test_only_what_is_approved import browser

pytestmark = pytest.mark.django_db(transaction=True)


def test_as_it_was_approved(desk: Desk) -> None:
    draft = desk.draft()
    queue.edit(draft, by=desk.tom, changes={"body": "Any news?\n\nAmy <amy@genthrust.example>"})
    delivery = queue.approve(draft, by=desk.amy)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert (mail["mailbox"], mail["from"], mail["to"], mail["cc"]) == (OFFICE, OFFICE, [SHOP], [BOSS])
    assert mail["subject"] == draft.subject
    assert "Any news?" in mail["body"]
    assert "Amy &lt;amy@genthrust.example&gt;" in mail["body"]
    assert (delivery.approved_by, delivery.approved_by_name) == (desk.amy, "amy")
    assert delivery.web_link
    assert [entry["method"] for entry in desk.log()] == ["POST", "POST"]


def test_what_an_order_holds_becomes_neither_a_header_nor_markup(desk: Desk) -> None:
    """Written past the verbs, which would refuse or tidy it, and in the subject, where it could do most."""
    order = desk.order_at()
    evil = {
        "part_number": "3605\r\nBcc: a@evil.example",
        "description": "<script>x</script>\nCc: b@evil.example",
    }
    RepairOrder.objects.filter(pk=order.pk).update(**evil)
    words = {"subject": "{{ part }} {{ description }}", "body": "{{ part }}\n\n{{ description }}"}
    MailTemplate.objects.filter(key=order.status).update(**words)
    delivery = desk.approved(order)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert (mail["to"], mail["cc"], mail["bcc"]) == ([SHOP], [BOSS], [])
    one_line = "3605 Bcc: a@evil.example <script>x</script> Cc: b@evil.example"
    assert mail["subject"] == one_line
    assert "&lt;script&gt;x&lt;/script&gt;" in mail["body"]
    assert "<script" not in mail["body"]


def test_a_copy_does_not_go_to_whom_the_mail_goes(desk: Desk) -> None:
    order = desk.order_at(shops.create(by=desk.amy, name="Our own", email=BOSS.upper()))
    delivery = desk.approved(order)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert (mail["to"], mail["cc"]) == ([BOSS.upper()], [])


def test_several_orders_in_one_mail(desk: Desk) -> None:
    parent = desk.combined(3)
    delivery = queue.approve(parent, by=desk.amy)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert len(desk.outbox()) == 1
    numbers = {order.number for order in delivery.orders()}
    assert len(numbers) == 3
    assert all(str(number) in mail["body"] for number in numbers)


def test_the_next_mail_answers_what_the_shop_wrote_last(desk: Desk) -> None:
    order = desk.order_at()
    first = desk.approved(order)
    carry()
    desk.time_passes(3600)
    reply = desk.by_hand("receive", first, body="In two weeks.")
    conversations.refresh(order, by=desk.amy)
    carry("conversation")
    second = desk.approved(order)
    carry()
    mail = desk.assert_sent_once(second)
    assert mail["in_reply_to"] == reply["internet_message_id"]
    assert mail["conversation_id"] == desk.outbox(first)[0]["conversation_id"]
    assert (mail["to"], mail["cc"]) == ([SHOP], [BOSS])
    second.refresh_from_db()
    assert mail["subject"] == second.real_subject == f"RE: {first.subject}"
    assert order.activity.filter(text=f"Sent “{mail['subject']}” to {SHOP}.").exists()
    assert (
        Delivery.objects.get(pk=second.pk).conversation_id
        == Delivery.objects.get(pk=first.pk).conversation_id
    )


def test_the_next_mail_follows_our_own_when_nobody_answered(desk: Desk) -> None:
    order = desk.order_at()
    first = desk.approved(order)
    carry()
    desk.time_passes(60)
    second = desk.approved(order)
    carry()
    mail = desk.assert_sent_once(second)
    assert mail["in_reply_to"] == desk.outbox(first)[0]["internet_message_id"]
    assert mail["to"] == [SHOP]


def test_a_subject_that_a_person_wrote_is_sent_and_begins_a_conversation(desk: Desk) -> None:
    """An answer keeps the subject of its conversation, as its page says; who writes another one gets that."""
    order = desk.order_at()
    first = desk.approved(order)
    carry()
    desk.time_passes(60)
    draft = desk.draft(order)
    site = browser(desk)
    answers, kept = f"<dd>RE: {first.subject}</dd>", "keeps the subject of that conversation"
    page = site.get(f"/queue/{draft.pk}/").content.decode()
    assert answers in page
    assert kept in page
    beside = desk.draft()  # begins a conversation
    page = site.get(f"/queue/?shop={desk.shop.pk}").content.decode()
    for subject in (f"RE: {first.subject}", beside.subject):
        assert f'<section class="seen" aria-label="{subject}">' in page
    typed = {"subject": "AOG: a date, please", "body": draft.body, "to_address": SHOP}
    shown = {"expected_version": draft.version, "preview": ""}
    page = site.post(f"/queue/{draft.pk}/edit/", typed | shown).content.decode()
    assert answers not in page
    assert kept not in page
    queue.edit(draft, by=desk.tom, changes={"subject": "AOG: a date, please"})
    delivery = queue.approve(draft, by=desk.tom)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert (mail["subject"], mail["in_reply_to"]) == ("AOG: a date, please", None)


def test_a_subject_that_a_person_wrote_after_it_had_failed(desk: Desk) -> None:
    order = desk.order_at()
    desk.approved(order)
    carry()
    desk.time_passes(60)
    delivery = desk.approved(order)
    desk.options(send_as_denied=OFFICE)
    desk.fault("drop", match={"method": "DELETE"})
    carry()
    desk.options(send_as_denied="")
    draft = Notification.objects.get(pk=delivery.notification_id)
    queue.edit(draft, by=desk.tom, changes={"subject": "AOG: a date, please"})
    queue.approve(draft, by=desk.tom)
    carry()
    assert desk.assert_sent_once(delivery)["subject"] == "AOG: a date, please"


def test_what_outlook_does_not_let_be_answered_begins_a_conversation(desk: Desk) -> None:
    order = desk.order_at()
    desk.approved(order)
    carry()
    desk.time_passes(60)
    second = desk.approved(order)
    desk.fault("status", status=400, match=REPLY)
    carry()
    assert desk.assert_sent_once(second)["in_reply_to"] is None


def test_a_mail_that_is_still_in_drafts_is_not_answered(desk: Desk) -> None:
    desk.options(drafts_linger=300.0)
    order = desk.order_at()
    desk.approved(order)
    carry()
    second = desk.approved(order)
    carry()
    assert not any(entry["path"].endswith("/createReply") for entry in desk.log())
    assert desk.assert_sent_once(second)["in_reply_to"] is None


def test_a_mail_to_a_shop_that_has_been_paid_is_not_followed_up(desk: Desk) -> None:
    order = desk.order_at()
    delivery = desk.approved(order)
    orders.change_status(order, by=desk.amy, to="PAID")
    carry()
    order.refresh_from_db()
    delivery.refresh_from_db()
    assert (delivery.state, order.next_update) == (Delivery.State.SENT, None)


def test_what_is_gone_from_outlook_is_not_answered(desk: Desk) -> None:
    order = desk.order_at()
    first = desk.approved(order)
    carry()
    desk.time_passes(60)
    desk.by_hand("delete", first, for_good=True)
    second = desk.approved(order)
    carry()
    mail = desk.assert_sent_once(second)
    assert (mail["in_reply_to"], mail["subject"]) == (None, second.subject)


def test_another_shop_is_not_written_to_in_the_conversation_with_the_first(desk: Desk) -> None:
    order = desk.order_at()
    desk.approved(order)
    carry()
    desk.time_passes(60)
    orders.edit(
        order, by=desk.amy, changes={"shop": shops.create(by=desk.amy, name="Other", email="x@y.example")}
    )
    second = desk.approved(order)
    carry()
    mail = desk.assert_sent_once(second)
    assert (mail["in_reply_to"], mail["to"]) == (None, ["x@y.example"])


def test_a_mail_about_orders_with_different_conversations_begins_one(desk: Desk) -> None:
    one, two = desk.order_at(), desk.order_at()
    for order in (one, two):
        desk.approved(order)
        carry()
    desk.time_passes(60)
    parent = combine.combine([desk.draft(one), desk.draft(two)], by=desk.amy)
    delivery = queue.approve(parent, by=desk.amy)
    carry()
    assert desk.assert_sent_once(delivery)["in_reply_to"] is None
    desk.time_passes(60)
    parent = combine.combine([desk.draft(one), desk.draft(two)], by=desk.amy)
    again = queue.approve(parent, by=desk.amy)
    carry()
    assert desk.assert_sent_once(again)["in_reply_to"] is not None
