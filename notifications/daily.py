"""The daily check at 08:00 UTC: overdue orders for which nothing waits get a draft, and old drafts come to the top.

Twice, or by two at once, it makes nothing twice: each order is looked at again under its lock. An order for which it
fails holds up no other, and is told.
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from genthrust.deadlocks import is_passing
from notifications import drafting, entries
from notifications.entries import State
from notifications.models import ClockSlot, MailTemplate, Notification
from repairs import clock
from repairs.models import RepairOrder
from repairs.models.orders import OrderQuerySet
from repairs.wording import counted
from sync import runs
from sync.runs import Claim, Failed

logger = logging.getLogger(__name__)
KIND = "daily"
HOUR = 8  # UTC
A_PORTION = 25  # orders in one transaction
QUIET_AFTER_NO = timedelta(days=7)
RAISED_AFTER = timedelta(hours=24)
Cause = Notification.Cause
Kind = Notification.Kind
Tell = Callable[[int, int], None]
Miss = Callable[[str], None]
_MISSED = "{order}: nothing was made, because the program met something that it did not expect ({error})."
_SOME_MISSED = (
    "Nothing was made for {orders}, because the program met something that it did not expect. The steps of this run"
    " name them; all others were looked at. Please look whether these orders and the words of their templates are as"
    " they should be, then try again: nothing is made twice. If nothing is wrong there, tell who looks after the"
    " installation: its log says more."
)


def slot_at(now: datetime) -> datetime:
    """The latest 08:00 UTC that is not after `now`."""
    today = now.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def keep_time() -> None:
    """Starts the check once per slot. Of several missed ones only the newest is made up for.

    A new installation begins with the next slot.
    """
    slot = slot_at(clock.now())
    known = ClockSlot.objects.filter(name=KIND)
    if known.filter(at__gte=slot).exists():
        return
    is_first = not known.exists()
    try:
        with transaction.atomic():
            ClockSlot.objects.create(name=KIND, at=slot)
            if not is_first:
                runs.start(kind=KIND, started_by=runs.BY_THE_CLOCK)
    except IntegrityError:  # another scheduler was faster
        return


def work(claim: Claim) -> None:
    """The check as a run. Raises Failed, after all were looked at, when something could not be made for some orders."""

    def tell(done: int, total: int) -> None:
        claim.check_ending()
        claim.report("Looking at overdue orders", done=done, total=total)

    made = check(tell, lambda missed: claim.step(missed, trouble=True))
    claim.result = dict(made)
    if made["failed"]:
        raise Failed(_SOME_MISSED.format(orders=counted(made["failed"], "overdue order")))


def check(tell: Tell = lambda done, total: None, miss: Miss = lambda missed: None) -> Counter[str]:
    """Does the check now; how many drafts and reminders were made and how many drafts raised.

    `tell` hears after each portion how many orders were looked at, and of how many. `miss` hears a sentence about each
    order for which it failed; these are counted as `failed`.
    """
    made: Counter[str] = Counter(drafts=0, reminders=0, raised=0)
    pks = list(_left_alone(RepairOrder.objects.all()).order_by("pk").values_list("pk", flat=True))
    for begin in range(0, len(pks), A_PORTION):
        tell(begin, len(pks))
        made.update(_check_portion(pks[begin : begin + A_PORTION], miss))
    made["raised"] = raise_old()
    return made


def raise_old() -> int:
    """Brings drafts that have waited for more than a day to the top; how many these were."""
    now = clock.now()
    old = Notification.objects.filter(
        state=State.PENDING_APPROVAL,
        kind=Kind.EMAIL_DRAFT,
        raised_at=None,
        created_at__lt=now - RAISED_AFTER,
    )
    with transaction.atomic():
        raised = old.update(raised_at=now)
        if raised:
            entries.queue_changed()
    return raised


def _left_alone(orders: OrderQuerySet) -> OrderQuerySet:
    """Overdue orders for which there are words, nothing waits, and nobody said no in the last days.

    A no is about the status that the order had then.
    """
    about_it = Notification.objects.filter(order=OuterRef("pk")).filter(
        Q(kind=Kind.EMAIL_DRAFT) | Q(cause__in=(Cause.FOLLOW_UP, Cause.OVERDUE))
    )
    said_no = Q(state=State.REJECTED) | Q(state=State.SENT, kind=Kind.TASK_REMINDER)
    recently = said_no & Q(for_status=OuterRef("status"), decided_at__gt=clock.now() - QUIET_AFTER_NO)
    with_words = MailTemplate.objects.filter(enabled=True).values("key")
    found = orders.overdue(clock.today()).filter(status__in=with_words)
    return found.exclude(Exists(about_it.filter(Q(state__in=Notification.OPEN) | recently)))


def _check_portion(pks: list[int], miss: Miss) -> list[str]:
    """Looks at some orders again, under their locks; the kinds of what was made."""
    with transaction.atomic():
        locked = entries.lock_orders(pks)
        due = set(_left_alone(RepairOrder.objects.filter(pk__in=pks)).values_list("pk", flat=True))
        return [made for order in locked if order.pk in due and (made := _made_or_missed(order, miss))]


def _made_or_missed(order: RepairOrder, miss: Miss) -> str:
    """The kind of what was made, "failed" when nothing could be; what was begun is then undone."""
    try:
        with transaction.atomic():
            return _make(order)
    except Exception as error:
        if is_passing(error):
            raise  # the run is tried again
        logger.exception("The daily check could make nothing for order %s.", order.pk)
        miss(_MISSED.format(order=order.label, error=type(error).__name__))
        return "failed"


def _make(order: RepairOrder) -> str:
    if order.status in drafting.REMINDED:
        return "reminders" if drafting.remind_person(order, cause=Cause.OVERDUE) else ""
    return "drafts" if drafting.draft_for(order, cause=Cause.OVERDUE) else ""
