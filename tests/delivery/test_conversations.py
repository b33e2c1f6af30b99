"""The conversation with a shop: fetched in the background, kept as text, and shown as far as it is known."""

import pytest

from notifications import conversations, outlook
from notifications.models import Conversation, ConversationMessage
from notifications.plain import text_of
from repairs.models import RepairOrder
from sync.models import Run
from tests.delivery.desk import BOSS, OFFICE, SEND, SHOP, Desk, carry

pytestmark = pytest.mark.django_db(transaction=True)


def written(desk: Desk) -> RepairOrder:
    """An order about which a mail was sent an hour ago."""
    order = desk.order_at()
    desk.delivery = desk.approved(order)
    carry()
    desk.time_passes(3600)
    return order


def fetch(desk: Desk, order: RepairOrder) -> conversations.Timeline:
    conversations.refresh(order, by=desk.amy)
    carry("conversation")
    return conversations.timeline(order)


def test_our_mail_is_known_before_outlook_is_asked(desk: Desk) -> None:
    known = conversations.timeline(written(desk))
    (message,) = known.messages
    assert (message.ours, message.sender, message.recipients) == (True, OFFICE, [SHOP, BOSS])
    assert message.subject == desk.delivery.subject
    assert (known.fetched_at, known.trouble) == (None, "")


def test_what_the_shop_answers(desk: Desk) -> None:
    order = written(desk)
    desk.by_hand(
        "receive", desk.delivery, body="<p>In <b>two</b> weeks.</p><script>x()</script>", content_type="html"
    )
    known = fetch(desk, order)
    assert [(m.ours, m.sender) for m in known.messages] == [(True, OFFICE), (False, SHOP)]
    assert known.messages[1].text == "In two weeks."
    assert known.fetched_at is not None
    again = ConversationMessage.objects.count()
    desk.time_passes(300)
    fetch(desk, order)
    assert ConversationMessage.objects.count() == again == 2


def test_drafts_are_no_part_of_it_and_deleted_mails_stay_known(desk: Desk) -> None:
    order = written(desk)
    desk.by_hand("receive", desk.delivery, body="Here is the quote.")
    fetch(desk, order)
    desk.by_hand("delete", desk.delivery, for_good=True)
    desk.by_hand("receive", conversation_id=order.conversations.get().conversation_id, body="Well?")
    desk.fault("status", status=403, match=SEND)
    desk.fault("status", status=403, match={"method": "DELETE"})
    desk.approved(order)
    carry()
    assert len(desk.messages("drafts")) == 1
    desk.time_passes(300)
    texts = [message.text for message in fetch(desk, order).messages]
    assert len(texts) == 3
    assert texts[0] == desk.delivery.text
    assert [text.splitlines()[0] for text in texts[1:]] == ["Here is the quote.", "Well?"]


@pytest.mark.parametrize("lost", ["internet_message_id", "immutable_id", "marker"])
def test_our_mail_is_shown_once_whatever_outlook_calls_it(desk: Desk, lost: str) -> None:
    desk.options(loses_on_send=lost)
    order = written(desk)
    assert len(fetch(desk, order).messages) == 1


def test_outlook_is_away(desk: Desk) -> None:
    order = written(desk)
    first = fetch(desk, order)
    desk.time_passes(300)
    desk.fault("drop", times=None)
    known = fetch(desk, order)
    assert known.messages == first.messages
    assert known.trouble.startswith("Outlook can't be asked now:")
    desk.all_well()
    desk.time_passes(60)
    carry("conversation")
    assert conversations.timeline(order).trouble == ""


def test_a_mailbox_that_may_not_be_read(desk: Desk) -> None:
    order = written(desk)
    desk.options(forbidden_mailboxes=OFFICE)
    known = fetch(desk, order)
    assert "Our account may not do this in that mailbox." in known.trouble
    assert Run.objects.filter(kind="conversation").latest("pk").state == Run.State.FAILED


def test_opening_an_order_asks_when_what_is_known_is_old(desk: Desk) -> None:
    order = written(desk)
    fetch(desk, order)
    assert conversations.refresh(order, by=desk.amy) == []
    desk.time_passes(100)
    assert conversations.refresh(order, by=desk.amy) == []
    desk.time_passes(30)
    (run,) = conversations.refresh(order, by=desk.amy)
    assert conversations.refresh(order, by=desk.tom) == []  # it is on its way
    assert (run.started_by, run.about) == ("amy", order.conversations.get().pk)


def test_an_order_without_mails(desk: Desk) -> None:
    order = desk.order_at()
    assert conversations.refresh(order, by=desk.amy) == []
    assert conversations.timeline(order) == conversations.Timeline([], [], None, "")


def test_every_quarter_of_an_hour_the_clock_asks_for_all(desk: Desk) -> None:
    orders = [written(desk) for _ in range(3)]
    conversations.keep_time()
    conversations.keep_time()
    carry("conversation")
    assert all(conversations.timeline(order).fetched_at for order in orders)
    conversations.keep_time()
    desk.time_passes(14 * 60)
    conversations.keep_time()
    assert Run.objects.filter(kind="conversation").count() == 1
    desk.time_passes(61)
    conversations.keep_time()
    assert Run.objects.filter(kind="conversation").count() == 2


def test_what_has_been_quiet_for_a_month_is_left_to_people(desk: Desk) -> None:
    order = written(desk)
    desk.time_passes(31 * 86_400)
    conversations.keep_time()
    assert not Run.objects.filter(kind="conversation").exists()
    assert fetch(desk, order).fetched_at is not None


def test_one_conversation_in_trouble_does_not_hold_up_the_others(desk: Desk) -> None:
    first, second = written(desk), written(desk)
    bad = first.conversations.get()
    Conversation.objects.filter(pk=bad.pk).update(mailbox="nobody@elsewhere.example")
    conversations.keep_time()
    carry("conversation")
    assert conversations.timeline(first).trouble
    assert conversations.timeline(second).fetched_at is not None


def test_an_outlook_that_is_away_is_not_asked_for_every_conversation(desk: Desk) -> None:
    for _ in range(4):
        written(desk)
    desk.forget()
    desk.fault("drop", times=None)
    conversations.keep_time()
    carry("conversation")
    assert len(desk.log()) == conversations.MOST_IN_VAIN


def test_outlook_wants_quiet(desk: Desk) -> None:
    order = written(desk)
    desk.fault("status", status=429, retry_after=60)
    fetch(desk, order)
    run = Run.objects.get(kind="conversation")
    assert run.state == Run.State.QUEUED
    with pytest.raises(outlook.NotSent):
        outlook.refuse_while_closed()
    desk.time_passes(61)
    carry("conversation")
    assert desk.stats()["retry_after_violations"] == 0
    assert conversations.timeline(order).fetched_at is not None


PAGES = [
    ("", ""),
    ("plain words", "plain words"),
    ("a&nbsp;b &lt;b&gt; &amp;amp; c", "a b <b> &amp; c"),
    ("<p>one</p>\r\n<p>two<br>three</p>", "one\n\ntwo\nthree"),
    ("one\ntwo", "one two"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
    ("<head><title>t</title><style>p{}</style></head><body>x</body>", "x"),
    ("a<script>alert(1)</script>b<style>*{}</style>c", "abc"),
    ("<img src=x onerror=alert(1)><a href='javascript:x()'>click</a>", "click"),
    ("<!-- <p>hidden</p> -->shown", "shown"),
    ("<scr<script>ipt>alert(1)</scr</script>ipt>", "ipt>alert(1)ipt>"),
    ("1 < 2 <3", "1 < 2 <3"),
    ("<p>open <b>tags <i>everywhere", "open tags everywhere"),
    ("nul\0l", "null"),
]


@pytest.mark.parametrize(("markup", "text"), PAGES)
def test_html_as_text(markup: str, text: str) -> None:
    assert text_of(markup) == text
