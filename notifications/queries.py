"""What the pages read of the queue.

`person` sees the mails, the reminders of their own, and those of nobody in particular.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Count, F, Q, QuerySet, Value, When

from notifications.drafting import draft_key
from notifications.entries import State
from notifications.models import Delivery, FollowUp, Notification
from repairs import clock
from repairs.keys import read_key
from repairs.models import RepairOrder, Shop
from repairs.paging import KeysFirst
from repairs.reading import read_number

LONGEST_SEARCH = 200
MOST_WORDS = 8
BESIDE = ("order", "shop", "person", "parent", "delivery", "follow_up")
# The name of what waits for a person: pending, failed, and mails of which it is not known whether they were sent.
TO_DECIDE = "TO_DECIDE"
# Subqueries, not joins: thousands of drafts are counted and sorted in one narrow index, and few are on their way.
_UNKNOWN = Q(pk__in=Delivery.objects.filter(state=Delivery.State.UNKNOWN).order_by().values("notification"))
_INACTIVE = Q(person__in=User.objects.filter(is_active=False).values("pk"))
_TO_DECIDE = Q(state__in=(State.PENDING_APPROVAL, State.FAILED)) | (Q(state=State.APPROVED) & _UNKNOWN)
_DECIDED = Q(state__in=(State.SENT, State.REJECTED, State.WITHDRAWN)) | (Q(state=State.APPROVED) & ~_UNKNOWN)
_TROUBLE_FIRST = Case(When(state=State.PENDING_APPROVAL, then=1), default=0)
# What people write before a number, with or without a space: "RO 38573", "RO #38573", "G 38573".
_BEFORE_A_NUMBER = re.compile(r"(?<!\S)(?:RO[\s#:.-]*)?(?:G[\s-]*)?#?\s*(?=\d+(?!\S))", re.IGNORECASE)
Entries = QuerySet[Notification]


def entries() -> Entries:
    """Entries with what a page shows beside them."""
    return Notification.objects.select_related(*BESIDE)


def queue(
    *, state: str = "", shop: str = "", kind: str = "", search: str = "", person: User | None = None
) -> Entries:
    """The entries of a list as its address says; what is not understood is left out.

    `state` is one of the entry's states, or TO_DECIDE. Drafts that a mail about several orders replaced are found
    in that mail. Newest first; of what waits, what did not leave comes first, and then the raised.
    """
    found = _seen_by(person).filter(parent=None)
    if state == TO_DECIDE:
        found = found.filter(_TO_DECIDE)
    elif state in State.values:
        found = found.filter(state=state)
    if kind in Notification.Kind.values:
        found = found.filter(kind=kind)
    if (key := read_key(shop)) is not None:
        found = found.filter(shop=key)
    return _sorted(_searched(found, search), waiting=state in (TO_DECIDE, State.PENDING_APPROVAL))


def to_decide(*, person: User | None = None) -> Entries:
    """What waits for a person: what did not leave, then the raised, then the newest."""
    return queue(state=TO_DECIDE, person=person)


def number_to_decide(person: User) -> int:
    """How many entries `to_decide` has, with the follow-ups that hang, for the bell on every page.

    In one statement, kind by kind: mails need no look at whose they are, so an index counts them alone.
    """
    waiting = Notification.objects.order_by().filter(parent=None)
    ours = waiting.filter(state__in=(State.PENDING_APPROVAL, State.FAILED))
    mails = ours.filter(kind=Notification.Kind.EMAIL_DRAFT)
    reminders = ours.filter(_is_for(person), kind=Notification.Kind.TASK_REMINDER)
    unknown = waiting.filter(_UNKNOWN, state=State.APPROVED)
    first, *others = (_counted(found) for found in (mails, reminders, unknown, hanging().order_by()))
    return sum(count for (count,) in first.union(*others, all=True))


def _counted(found: QuerySet[Any]) -> Any:
    """The number of entries, as a row to be put under others."""
    return found.annotate(all=Value(1)).values("all").annotate(entries=Count("pk")).values_list("entries")


def history(*, person: User | None = None) -> Entries:
    """What was decided, newest first: on its way, sent, rejected or withdrawn."""
    return _sorted(_seen_by(person).filter(_DECIDED, parent=None), waiting=False)


def paged(found: Entries, *, count: int | None = None) -> KeysFirst[Notification]:
    """A list of which one part is shown: the others, with their texts, are not read."""
    return KeysFirst(found, beside=BESIDE, count=count)


def counts(*, person: User | None = None) -> dict[str, int]:
    """How many entries there are in each state, and to decide."""
    found = _seen_by(person).filter(parent=None).order_by()
    of_each = dict.fromkeys(State.values, 0) | dict(found.values_list("state").annotate(Count("pk")))
    unknown = found.filter(_UNKNOWN, state=State.APPROVED).count()
    return of_each | {TO_DECIDE: of_each[State.PENDING_APPROVAL] + of_each[State.FAILED] + unknown}


def for_order(order: RepairOrder) -> Entries:
    """Every entry about an order, newest first; `parent` is the mail in which it went with others."""
    return entries().filter(order=order).order_by("-id")


def open_drafts(orders: Iterable[RepairOrder]) -> dict[int, Notification]:
    """The open mail to the shop about each of some orders, by the order's key; with others, the mail about all."""
    keys = [draft_key(order) for order in orders]
    found = Notification.objects.filter(open_key__in=keys).select_related("parent")
    return {draft.order_id: draft.parent or draft for draft in found if draft.order_id}


def follow_ups_of(order: RepairOrder) -> QuerySet[FollowUp]:
    """What an order still waits for, the next first."""
    waiting = FollowUp.objects.filter(order=order, state=FollowUp.State.WAITING)
    return waiting.select_related("person").prefetch_related("items").order_by("due_at", "id")


def hanging() -> QuerySet[FollowUp]:
    """The follow-ups that are due and could not fire, the longest due first: each says why, and a person must look."""
    due = FollowUp.objects.filter(state=FollowUp.State.WAITING, due_at__lte=clock.now()).exclude(trouble="")
    return due.select_related("order", "order__shop").order_by("due_at", "pk")


def pending_drafts(shop: Shop) -> Entries:
    """The mails to a shop that wait for approval, by order; those about several orders first."""
    mails = Q(shop=shop, state=State.PENDING_APPROVAL, kind=Notification.Kind.EMAIL_DRAFT)
    return entries().filter(mails, parent=None).order_by(F("order__number").asc(nulls_first=True), "pk")


def combinable(shop: Shop) -> Entries:
    """The pending drafts about one order each of a shop; several can go in one mail."""
    return pending_drafts(shop).filter(order__isnull=False)


def _seen_by(person: User | None) -> Entries:
    found = entries()
    if person is None:
        return found
    mails = Q(kind=Notification.Kind.EMAIL_DRAFT)
    return found.filter(mails | _is_for(person))


def _is_for(person: User) -> Q:
    """Whose reminder it is: their own, nobody's, or that of somebody who left."""
    return Q(person=person) | Q(person=None) | _INACTIVE


def _sorted(found: Entries, *, waiting: bool) -> Entries:
    if waiting:
        return found.order_by(_TROUBLE_FIRST, F("raised_at").asc(nulls_last=True), "-id")
    return found.order_by("-id")


def _searched(found: Entries, search: str) -> Entries:
    """The entries in which every word occurs: as RO number, or in shop, part, address, subject or text."""
    words = _BEFORE_A_NUMBER.sub(lambda found: "G" * bool(found[0].strip()), search[:LONGEST_SEARCH]).split()
    for word in words[:MOST_WORDS]:
        holds = (
            Q(shop__name__lower__icontains=word.lower())
            | Q(order__part_number__icontains=word)
            | Q(to_address__icontains=word)
            | Q(subject__lower__icontains=word.lower())
            | Q(body__lower__icontains=word.lower())
        )
        if number := read_number(word):
            about = Notification.objects.filter(order__number=number).values("parent")
            holds |= Q(order__number=number) | Q(pk__in=about.filter(parent__isnull=False))
        found = found.filter(holds)
    return found
