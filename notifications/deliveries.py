"""Deliveries: the approved mails on their way. Every change of a delivery's state is a compare-and-set.

What calls Outlook is `sending`, in runs of the kind MAIL. Locks are taken in one order everywhere: the run, orders,
their shop, entries of the queue, and deliveries last.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from notifications.models import Delivery, Notification
from repairs import clock, orders
from repairs.activity import name_of
from repairs.errors import Refusal
from repairs.models import Activity
from sync import doorbell, progress, runs
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from notifications.texts import Rendered

MAIL = "mail"
State = Delivery.State
# Nothing was sent, and nothing will be unless a person wants it.
AT_REST = (State.FAILED, State.WITHDRAWN)
PAUSE_AFTER_ERROR = timedelta(minutes=5)
# An unknown mail is looked up again after this, then ever later, until there is nothing more to hope for.
FIRST_LOOK, LAST_LOOK_AFTER = timedelta(minutes=10), timedelta(days=2)
_FRESH: dict[str, Any] = {"failures": 0, "sends_in_vain": 0, "error": "", "found": {}, "look_at": None}


class Overtaken(Refusal):
    """The delivery is not in the state that was expected any more."""


def begin(notification: Notification, *, by: "User", rendered: "Rendered") -> Delivery:
    """Freezes what `by` approved, word for word, and starts the run that sends it.

    Call it inside the approving transaction, with the notification locked. Raises Refusal when the mail was
    approved before and did not come to rest.
    """
    approved = {
        "mailbox": settings.MAIL_FROM,
        "to": notification.to_address,
        "cc": copies(notification.to_address),
        "subject": rendered.subject,
        "html": rendered.html,
        "text": rendered.text,
        "approved_by": by,
        "approved_by_name": name_of(by),
        "approved_at": clock.now(),
    }
    earlier = Delivery.objects.filter(notification=notification).first()
    if earlier is None:
        delivery = Delivery.objects.create(notification=notification, **approved)
    else:
        # A draft that still lies in Outlook may hold the words that were approved before.
        if notification.own_subject:
            approved["answers_id"] = ""
        delivery = _anew(earlier, expected=AT_REST, overwrites=earlier.draft_begun, **approved)
    start(delivery, by=by)
    return delivery


def copies(to: str) -> list[str]:
    """Who gets a copy of a mail to an address."""
    return [address for address in settings.MAIL_CC if address.lower() != to.strip().lower()]


def again(delivery: Delivery, *, by: "User") -> Delivery:
    """Sends one that failed again, as it was approved. Call it with the notification locked."""
    _anew(delivery, expected=(State.FAILED,))
    start(delivery, by=by)
    return delivery


def withdraw(delivery: Delivery) -> Delivery:
    """Keeps one that was not sent from being sent; the next sweep removes its draft from Outlook.

    Call it with the notification locked. Raises Refusal once it is being sent.
    """
    return move(delivery, State.WITHDRAWN, expected=(State.NEW, State.DRAFTED, State.FAILED))


def resolve(delivery: Delivery, *, by: "User", sent: bool) -> Delivery:
    """A person decides about a mail of which it is not known whether it was sent.

    Not `sent`: it is sent again, unless one more look into Outlook finds it sent. Raises Refusal when somebody
    decided already.
    """
    from notifications import sending  # it is built on this module

    with transaction.atomic():
        if sent:
            sending.conclude(delivery, expected=(State.UNKNOWN,), by=by)
        else:
            _send_again(delivery, by=by)
    return delivery


def give_up(delivery: Delivery) -> Delivery:
    """A person says that one of which it was not known was not sent, and shall not be; its draft is removed.

    Call it with the notification locked. Raises Refusal when somebody decided already.
    """
    return move(
        delivery, State.WITHDRAWN, expected=(State.UNKNOWN,), may_be_gone=True, draft_begun=True, **_FRESH
    )


def of(notification: Notification) -> Delivery:
    """The delivery of an entry. Raises Refusal for one that was never approved."""
    found = Delivery.objects.filter(notification=notification).first()
    if found is None:
        raise Refusal("This was never approved, so nothing of it was sent. Nothing was changed.")
    return found


def order_of(pk: int) -> int | None:
    """The number of the order that a delivery is about; None for a mail about several."""
    of = Delivery.objects.filter(pk=pk)
    return of.values_list("notification__order__number", flat=True).first()


def _send_again(delivery: Delivery, *, by: "User") -> None:
    """Goes on from the draft, if Outlook still has it, or from a new one."""
    Notification.objects.select_for_update().get(pk=delivery.notification_id)
    answered = {"overwrites": True, "may_be_gone": True, "draft_begun": True}
    move(delivery, State.NEW, expected=(State.UNKNOWN,), **answered, **_FRESH)
    record(delivery, by=by, text=f"“{delivery.subject}” is sent again.")
    start(delivery, by=by)


def _anew(delivery: Delivery, *, expected: Collection[str], **fields: Any) -> Delivery:
    """Begins anew with one at rest. Its marker is used again only while a draft may carry it."""
    fields |= {**_FRESH, "send_begun_at": None, "outlook_at_send": None, "given_subject": ""}
    if not delivery.draft_begun:
        fields |= {"marker": uuid.uuid4(), "message_id": "", "answers_id": "", "drafts_asked_for": 0}
    return move(delivery, State.NEW, expected=expected, **fields)


def move(delivery: Delivery, state: str, /, *, expected: Collection[str], **fields: Any) -> Delivery:
    """Brings a delivery from one of the expected states to another, and tells every open page after the commit.

    Raises Overtaken when it is in none of them.
    """
    if not Delivery.objects.filter(pk=delivery.pk, state__in=expected).update(state=state, **fields):
        now = State(Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk))
        raise Overtaken(f"This mail is at “{now.label}” by now. Nothing was changed.")
    delivery.refresh_from_db()
    transaction.on_commit(lambda: progress.hint("queue"))
    return delivery


def record(delivery: Delivery, *, by: "User | None", text: str) -> None:
    """Tells the history of every order that the mail is about."""
    for order in delivery.orders():
        orders.record_event(order, verb=Activity.Verb.EMAIL, by=by, text=text)


def start(delivery: Delivery, *, by: "User") -> None:
    """The run that brings it further, at once: one that waits for something does not wait any more.

    A Retry-After of Microsoft's is kept all the same.
    """
    run = runs.start(kind=MAIL, about=delivery.pk, started_by=name_of(by), by=by)
    now = clock.now()
    Run.objects.filter(pk=run.pk, state=Run.State.QUEUED, due_at__gt=now).update(due_at=now)
    transaction.on_commit(doorbell.ring)


def is_to_tidy(delivery: Delivery) -> bool:
    """Whether a mail at rest may have a draft in Outlook that is to be removed now."""
    return delivery.draft_begun and (delivery.look_at is None or is_to_look(delivery))


def is_to_look(delivery: Delivery) -> bool:
    """Whether Outlook is to be asked again now."""
    return delivery.look_at is not None and delivery.look_at <= clock.now()


def next_look(delivery: Delivery) -> datetime | None:
    """When to ask again, after as long as it has been unclear; None when that is enough."""
    now = clock.now()
    since = delivery.sent_at or delivery.send_begun_at or delivery.approved_at
    return now + max(FIRST_LOOK, now - since) if now - since < LAST_LOOK_AFTER else None


def look_for_leftovers_at(delivery: Delivery) -> datetime | None:
    """When to look once more at a mail that is done with: a request for a draft, whose answer was lost, may be late.

    None where every draft that was asked for is known.
    """
    known = 1 if delivery.message_id else 0
    wait = timedelta(seconds=settings.MAIL_RECONCILE_AFTER_SECONDS)
    return clock.now() + wait if delivery.drafts_asked_for > known else None


def waiting_run(delivery: Delivery) -> Run | None:
    """The run that will go on with a mail later, and says why not now; None when nothing holds it up."""
    waiting = Run.objects.filter(kind=MAIL, about=delivery.pk, state=Run.State.QUEUED).exclude(error="")
    return waiting.order_by("-pk").first()


def start_due() -> None:
    """A run for every delivery that has something to be done and no open run, whatever became of its last one."""
    now = clock.now()
    to_do = Q(state__in=Delivery.OPEN) | Q(state__in=(State.UNKNOWN, State.SENT), look_at__lte=now)
    to_do |= Q(state__in=AT_REST, draft_begun=True) & (Q(look_at=None) | Q(look_at__lte=now))
    open_run = Run.objects.filter(kind=MAIL, about=OuterRef("pk"), state__in=Run.OPEN)
    for delivery in Delivery.objects.filter(to_do, ~Exists(open_run)).order_by("pk"):
        last = Run.objects.filter(kind=MAIL, about=delivery.pk).order_by("-pk").first()
        pause = PAUSE_AFTER_ERROR if last and last.state == Run.State.FAILED else timedelta(0)
        runs.start(kind=MAIL, about=delivery.pk, started_by=runs.BY_THE_CLOCK, due_at=clock.now() + pause)
