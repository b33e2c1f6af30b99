"""What the pages read of the queue.

`person` sees the mails, the reminders of their own, and those of nobody in particular.
"""

from typing import TYPE_CHECKING

from django.db.models import Count, F, Q, QuerySet

from notifications.entries import State
from notifications.models import FollowUp, Notification
from repairs.models import RepairOrder, Shop
from repairs.reading import read_number

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_SEARCH = 200
MOST_WORDS = 8
_ENDED = (State.SENT, State.REJECTED, State.WITHDRAWN)
Entries = QuerySet[Notification]


def entries() -> Entries:
    """Entries with what a page shows beside them."""
    return Notification.objects.select_related("order", "shop", "person", "parent", "delivery", "follow_up")


def queue(
    *, state: str = "", shop: str = "", kind: str = "", search: str = "", person: "User | None" = None
) -> Entries:
    """The entries of a list as its address says; what is not understood is left out.

    Drafts that a mail about several orders replaced are found in that mail. Newest first; what waits, with the
    raised at the top.
    """
    found = _seen_by(person).filter(parent=None)
    if state in State.values:
        found = found.filter(state=state)
    if kind in Notification.Kind.values:
        found = found.filter(kind=kind)
    if shop.isascii() and shop.isdigit():
        found = found.filter(shop=int(shop))
    return _sorted(_searched(found, search), waiting=state == State.PENDING_APPROVAL)


def pending(*, person: "User | None" = None) -> Entries:
    """What waits for a decision, with the raised first."""
    return queue(state=State.PENDING_APPROVAL, person=person)


def history(*, person: "User | None" = None) -> Entries:
    """What was decided, newest first: on its way, failed, sent, rejected or withdrawn."""
    found = _seen_by(person).filter(parent=None).exclude(state=State.PENDING_APPROVAL)
    return _sorted(found, waiting=False)


def counts(*, person: "User | None" = None) -> dict[str, int]:
    """How many entries there are in each state."""
    rows = _seen_by(person).filter(parent=None).order_by().select_related(None).values("state")
    return {row["state"]: row["entries"] for row in rows.annotate(entries=Count("pk"))}


def for_order(order: RepairOrder) -> Entries:
    """Every entry about an order, newest first; `parent` is the mail in which it went with others."""
    return entries().filter(order=order).order_by("-id")


def follow_ups_of(order: RepairOrder) -> QuerySet[FollowUp]:
    """What an order still waits for, the next first."""
    waiting = FollowUp.objects.filter(order=order, state=FollowUp.State.WAITING)
    return waiting.select_related("person").order_by("due_at", "id")


def combinable(shop: Shop) -> Entries:
    """The pending drafts about one order each of a shop; several can go in one mail."""
    found = entries().filter(
        shop=shop,
        state=State.PENDING_APPROVAL,
        kind=Notification.Kind.EMAIL_DRAFT,
        parent=None,
        order__isnull=False,
    )
    return found.order_by("order__number")


def _seen_by(person: "User | None") -> Entries:
    found = entries()
    if person is None:
        return found
    mails = Q(kind=Notification.Kind.EMAIL_DRAFT)
    return found.filter(mails | Q(person=person) | Q(person=None) | Q(person__is_active=False))


def _sorted(found: Entries, *, waiting: bool) -> Entries:
    if waiting:
        return found.order_by(F("raised_at").asc(nulls_last=True), "-id")
    return found.order_by("-id")


def _searched(found: Entries, search: str) -> Entries:
    """The entries in which every word occurs: as RO number, or in shop, part, address, subject or text."""
    for word in search[:LONGEST_SEARCH].split()[:MOST_WORDS]:
        holds = (
            Q(shop__name__icontains=word)
            | Q(order__part_number__icontains=word)
            | Q(to_address__icontains=word)
            | Q(subject__icontains=word)
            | Q(body__icontains=word)
        )
        if number := read_number(word):
            about = Notification.objects.filter(order__number=number).values("parent")
            holds |= Q(order__number=number) | Q(pk__in=about.filter(parent__isnull=False))
        found = found.filter(holds)
    return found
