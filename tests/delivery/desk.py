"""The desk of these tests: drafts that people approve, a living Outlook, and time that passes."""

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, Model, Q

from notifications import combine, conversations, deliveries, outlook_items, queue
from notifications.models import (
    Conversation,
    ConversationMessage,
    Delivery,
    Notification,
    OutlookBox,
    OutlookItem,
    OutlookSlot,
)
from notifications.sight import letter_of
from repairs import clock, orders, shops
from repairs.models import RepairOrder, Shop
from sync import runs, work
from sync.graph.connection import connection
from sync.graph.mail import Mailbox
from sync.models import Run
from tests.flush.house import House

OFFICE = "repairs@genthrust.example"
BOSS = "boss@genthrust.example"
SHOP = "quotes@aero.example"
RECONCILE = 600  # seconds
SETTINGS: dict[str, Any] = {
    "MAIL_FROM": OFFICE,
    "MAIL_CC": [BOSS],
    "MAIL_RECONCILE_AFTER_SECONDS": RECONCILE,
}
ORDINARY: dict[str, Any] = {
    "drafts_linger": 2.0,
    "second_send": "delivers",
    "loses_on_send": "",
    "send_as_denied": "",
    "forbidden_mailboxes": "",
}
SEND = {"method": "POST", "path_regex": "/send$"}
DRAFT = {"method": "POST", "path_regex": "/messages$"}
REPLY = {"method": "POST", "path_regex": "/createReply$"}
FILL = {"method": "PATCH", "path_regex": "/messages/"}
LOOK = {"method": "GET", "path_regex": "singleValueExtendedProperties"}
FETCH = {"method": "GET", "path_regex": "conversationId"}
EVENT = {"method": "POST", "path_regex": "/events$"}
CARRY = "tests.delivery.desk.carry"
CARRY_CALENDARS = "tests.delivery.desk.carry_calendars"
CARRY_REPLIES = "tests.delivery.desk.carry_replies"
# Instants that lie nearer, or further back, when time has passed.
INSTANTS: list[tuple[type[Model], tuple[str, ...]]] = [
    (Run, ("due_at", "lease_until", "created_at", "finished_at")),
    (Delivery, ("send_begun_at", "sent_at", "look_at")),
    (OutlookBox, ("not_before", "asked_at")),
    (OutlookItem, ("due_at",)),
    (OutlookSlot, ("until",)),
    (Conversation, ("fetched_at",)),
    (ConversationMessage, ("at",)),
]


def carry(*kinds: str) -> None:
    """Performs what is due of these kinds of work (mail, unless named), as a sweep does."""
    deliveries.start_due()
    for run in runs.due(clock.now()):
        if run.kind in (kinds or (deliveries.MAIL,)):
            claimed = runs.claim(run)
            if claimed:
                runs.perform(claimed, work.worker(run.kind))


def carry_calendars() -> None:
    """Brings what is due into people's calendars and To Do lists."""
    carry(outlook_items.KIND)


def carry_replies() -> None:
    """Looks for what the shops answered."""
    carry(conversations.CONVERSATION)


class Desk(House):
    """What people at the office, in Outlook and at the shop do, and what became of a mail."""

    amy: User
    tom: User
    shop: Shop
    delivery: Delivery  # the mail that a story is about

    def settle_in(self) -> None:
        self.begin()
        self.options(**ORDINARY)
        self.amy = User.objects.create_user("amy")
        self.tom = User.objects.create_user("tom")
        self.shop = shops.create(by=self.amy, name="Aero Avionics", email=SHOP)

    # The office

    def order_at(self, shop: Shop | None = None) -> RepairOrder:
        made = orders.create(by=self.amy, shop=shop or self.shop, part_number="3605812-17")
        return orders.change_status(made, by=self.amy, to="WAITING QUOTE")

    def draft(self, order: RepairOrder | None = None) -> Notification:
        about = order or self.order_at()
        made = queue.draft_for(about, cause=Notification.Cause.BY_HAND, by=self.amy)
        assert made is not None
        return made

    def approved(self, order: RepairOrder | None = None) -> Delivery:
        return queue.approve(self.draft(order), by=self.amy)

    def combined(self, count: int = 2) -> Notification:
        return combine.combine([self.draft() for _ in range(count)], by=self.amy)

    # Time

    def time_passes(self, seconds: float) -> None:
        """For the rows and for Outlook; leases of the dead run out, waits come to an end."""
        self.our_clock_jumps(timedelta(seconds=seconds))
        self.control("POST", "clock", advance_seconds=seconds)

    def our_clock_jumps(self, by: timedelta) -> None:
        """Forward, or back; Outlook's clock goes on as before."""
        for model, names in INSTANTS:
            model._default_manager.update(**{name: F(name) - by for name in names})

    def carry_on(self, delivery: Delivery, *, most: int = 12) -> Delivery:
        """Lets time pass and work be done until the delivery has come to an end."""
        for _ in range(most):
            carry()
            delivery.refresh_from_db()
            if delivery.state not in Delivery.OPEN:
                return delivery
            self.time_passes(RECONCILE + 1)
        raise AssertionError(f"{delivery.state} for ever: {delivery.error}")

    # Outlook

    def outbox(self, delivery: Delivery | None = None) -> list[dict[str, Any]]:
        """What really left: of one delivery, or at all."""
        mails = list(self.control("GET", "outbox"))
        return [mail for mail in mails if delivery is None or mail["marker"] == str(delivery.marker)]

    def outbox_about(self, order: RepairOrder) -> list[dict[str, Any]]:
        """What left about an order, under whatever marker: what names it, and what its deliveries are known by."""
        names_it = re.compile(rf"(?:#|G|>|RO: ){order.number}\b")
        about = Q(notification__order=order) | Q(notification__children__order=order)
        markers = {str(marker) for marker in Delivery.objects.filter(about).values_list("marker", flat=True)}
        return [
            mail
            for mail in self.outbox()
            if mail["marker"] in markers or names_it.search(f"{mail['subject']} {mail['body']}")
        ]

    def assert_told_as_often_as_sent(self, order: RepairOrder) -> None:
        """The shop got as many mails about the order as its queue and its history say."""
        sent = order.notifications.filter(state=Notification.State.SENT).count()
        assert order.activity.filter(text__startswith="Sent ").count() == sent
        assert len(self.outbox_about(order)) == sent

    def messages(self, folder: str) -> list[dict[str, Any]]:
        return [
            m for m in self.control("GET", f"mailbox?address={OFFICE}")["messages"] if m["folder"] == folder
        ]

    def by_hand(self, act: str, delivery: Delivery | None = None, **told: Any) -> dict[str, Any]:
        """A person acts in Outlook itself, on the delivery's message unless told otherwise."""
        about = {"id": str(delivery.marker)} if delivery else {}
        return dict(self.control("POST", f"mail/{act}", mailbox=OFFICE, **about, **told))

    def second_draft(self, delivery: Delivery) -> str:
        """A second draft of it, as an answer that got lost leaves one behind: its id."""
        return Mailbox(connection(), address=OFFICE).draft(letter_of(delivery)).id

    def sends(self) -> int:
        """How often /send was called."""
        return sum(entry["path"].endswith("/send") for entry in self.log())

    # What must hold

    def assert_sent_once(self, delivery: Delivery) -> dict[str, Any]:
        """The shop got one mail, and everything here says so."""
        (mail,) = self.outbox(delivery)
        delivery.refresh_from_db()
        entry = delivery.notification
        entry.refresh_from_db()
        assert (delivery.state, entry.state, entry.open_key) == (
            Delivery.State.SENT,
            Notification.State.SENT,
            None,
        )
        assert {child.state for child in entry.children.all()} <= {Notification.State.SENT}
        assert delivery.sent_at is not None
        for order in delivery.orders():
            assert order.next_update == clock.today() + timedelta(days=7)
            self.assert_told_as_often_as_sent(order)
        self.assert_nothing_left(delivery)
        return mail

    def assert_nothing_left(self, delivery: Delivery) -> None:
        """No draft of it lies in Outlook, no run and no place is held."""
        self.control("POST", "clock", advance_seconds=RECONCILE)
        assert [m for m in self.messages("drafts") if str(delivery.marker) in m["extended"].values()] == []
        assert not Run.objects.filter(kind=deliveries.MAIL, state__in=Run.OPEN).exists()
        assert not OutlookSlot.objects.filter(until__gt=clock.now()).exists()
