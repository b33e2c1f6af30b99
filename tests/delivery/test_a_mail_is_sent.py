"""An approved mail leaves once, as it was approved, into the conversation that its orders had."""

import pytest

from notifications import combine, conversations, queue
from notifications.models import Delivery
from repairs import orders, shops
from tests.delivery.desk import BOSS, OFFICE, SHOP, Desk, carry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


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
    assert mail["subject"] == f"RE: {first.subject}"
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
