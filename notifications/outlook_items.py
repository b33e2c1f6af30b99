"""What should stand in people's calendars and To Do lists: rows that a run brings into Outlook afterwards.

Nothing here calls Outlook (notifications.outlook_work does), so whatever is wrong there holds up no follow-up.
"""

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from notifications import outlook
from notifications.models import FollowUp, OutlookItem
from notifications.texts import one_line
from repairs import clock
from sync import doorbell, runs
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "outlook"
# What is wanted; the rest of an item is what the run knows of Outlook, and written by it alone.
WANTED = ("mailbox", "wanted_day", "due_at", "failures", "pending_since", "trouble")
LONGEST_TITLE = 255
PAUSE_AFTER_ERROR = timedelta(minutes=5)
NO_ACCOUNT = "No Outlook account is known for {}."


def want(follow_up: FollowUp, day: date) -> None:
    """The event and the task of a follow-up should stand on a day. One that nobody started has none.

    Call it inside the transaction that starts or moves the follow-up.
    """
    if follow_up.person is None:
        return
    there = {item.kind: item for item in follow_up.items.all()}
    for kind in OutlookItem.Kind:
        item = there.get(kind) or _new(follow_up, kind)
        item.mailbox = item.mailbox or outlook.box_of(follow_up.person)
        item.wanted_day = day
        item.due_at, item.failures = None, 0
        item.pending_since = clock.now() if item.mailbox else None
        item.trouble = "" if item.mailbox else NO_ACCOUNT.format(follow_up.person.get_username())
        item.save(update_fields=WANTED if item.pk else None)


def drop(follow_ups: QuerySet[FollowUp]) -> None:
    """The events of these follow-ups should be gone and their tasks ticked off."""
    standing = OutlookItem.objects.filter(follow_up__in=follow_ups, wanted_day__isnull=False)
    pks = list(standing.values_list("pk", flat=True))
    OutlookItem.objects.filter(pk__in=pks).update(
        wanted_day=None, pending_since=clock.now(), due_at=None, failures=0, trouble=""
    )


def person_is_back(person: "User") -> None:
    """The person signed in with Microsoft: what waited for that goes on now, and what had no mailbox has one."""
    theirs = OutlookItem.objects.filter(follow_up__person=person)
    unplaced = theirs.filter(mailbox="", wanted_day__isnull=False)
    pks = [*unplaced.values_list("pk", flat=True)]
    OutlookItem.objects.filter(pk__in=pks).update(mailbox=outlook.box_of(person))
    going_on = [*pks, *theirs.filter(pending_since__isnull=False).values_list("pk", flat=True)]
    now = clock.now()
    OutlookItem.objects.filter(pk__in=going_on).update(pending_since=now, due_at=None, failures=0, trouble="")
    if going_on:
        transaction.on_commit(doorbell.ring)


def due() -> QuerySet[OutlookItem]:
    """Those of which Outlook must hear now, the oldest first."""
    now = clock.now()
    waiting = OutlookItem.objects.filter(
        Q(due_at__isnull=True) | Q(due_at__lte=now), pending_since__isnull=False
    )
    return waiting.order_by("pending_since", "pk")


def start_due() -> None:
    """One run for everything that is due. Every sweep calls it."""
    if not due().exists():
        return
    last = Run.objects.filter(kind=KIND).order_by("-pk").first()
    pause = PAUSE_AFTER_ERROR if last and last.state == Run.State.FAILED else timedelta(0)
    runs.start(kind=KIND, started_by="a follow-up", due_at=clock.now() + pause)


def _new(follow_up: FollowUp, kind: str) -> OutlookItem:
    return OutlookItem(
        follow_up=follow_up,
        kind=kind,
        title=one_line(_title(follow_up))[:LONGEST_TITLE],
        body=_body(follow_up),
        transaction_id=uuid.uuid4(),
    )


def _title(follow_up: FollowUp) -> str:
    order = follow_up.order
    whom = f" ({order.shop})" if order.shop else ""
    if follow_up.kind == FollowUp.Kind.REMINDER:
        return f"{order.label}: {follow_up.text}"
    if follow_up.kind == FollowUp.Kind.PAYMENT:
        return f"{order.label}: payment is due{whom}"
    return f"{order.label}: follow up on {follow_up.for_status}{whom}"


def _body(follow_up: FollowUp) -> str:
    """What a person wants at hand when it comes up."""
    order = follow_up.order
    lines = {
        "": follow_up.text,
        "Part: ": order.part_number,
        "Serial: ": order.serial_number,
        "Description: ": order.description,
        "Shop: ": str(order.shop or ""),
        "Phone: ": order.shop.phone if order.shop else "",
        "Email: ": order.shop.email if order.shop else "",
    }
    return "\n".join(name + value for name, value in lines.items() if value)
