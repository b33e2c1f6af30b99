"""The verbs of follow-ups: durable timers on orders. How they work: docs/followups.md.

What a follow-up may hold is decided with its order locked, so that a person's change and the firing of a timer
never meet in the middle. Firing skips an order that is locked and comes back for it with the next sweep.
"""

import logging
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from genthrust.deadlocks import is_passing
from notifications import entries, outlook_items, queue, timers
from notifications.drafting import REMINDED
from notifications.models import FollowUp, Notification
from notifications.timers import Timer
from repairs import clock, orders
from repairs.errors import Refusal
from repairs.fields import cleaned
from repairs.models import Activity, RepairOrder
from repairs.reading import LAST_DAY
from repairs.statuses import status_word
from sync import doorbell, progress

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

Kind = FollowUp.Kind
State = FollowUp.State
Cause = Notification.Cause
# So many fire at a time, so that the work behind them in a sweep does not wait long.
PORTION = 100
TRIED_AGAIN_AFTER = timedelta(minutes=1)
_COULD_NOT = (
    "Nothing was made, because the program met something that it did not expect. It is tried again every minute. Please"
    " look whether the order and the words of its template are as they should be, and do by hand what is due: write to"
    " the shop, or set a reminder. If nothing is wrong there, tell who looks after the installation, and name"
    " follow-up {pk} and “{error}”: its log says more."
)
_TROUBLE = ("trouble", "retry_at")


def status_changed(order: RepairOrder) -> None:
    """Ends what followed the status that the order left, and starts what follows the new one."""
    _settle(order, timers.status_timer(order))
    _settle(order, timers.payment_timer(order))


def moved(order: RepairOrder) -> None:
    """Lets the follow-up of the status stand on the order's next update."""
    _settle(order, timers.status_timer(order))


def terms_changed(order: RepairOrder) -> None:
    """Lets the payment reminder stand where the order's terms say."""
    _settle(order, timers.payment_timer(order))


def remind(order: RepairOrder, *, by: "User", day: date, text: str) -> FollowUp:
    """A reminder for `by` on a day of the company; an order may have several. Refused for a day that is over."""
    wanted = str(cleaned(FollowUp, {"text": text}, allowed=("text",))["text"])
    _refuse_reminder(day, wanted)
    with transaction.atomic():
        locked = RepairOrder.objects.select_for_update().get(pk=order.pk)
        reminder = FollowUp.objects.create(
            order=locked, kind=Kind.REMINDER, text=wanted, person=by, due_at=timers.due_at(day)
        )
        outlook_items.want(reminder, day)
        _tell(locked, by=by, text=f"Reminder for {clock.written(day)}: {wanted}")
    return reminder


def forget(follow_up: FollowUp, *, by: "User") -> None:
    """Takes a follow-up off before it fires."""
    with transaction.atomic():
        order = RepairOrder.objects.select_for_update().get(pk=follow_up.order_id)
        waiting = FollowUp.objects.filter(pk=follow_up.pk, state=State.WAITING).first()
        if waiting is None:
            raise Refusal("This follow-up is not waiting any more. Nothing was changed.")
        _cancel(waiting, f"Taken off by {by.get_username()}.")
        what = waiting.text or waiting.get_kind_display()
        _tell(order, by=by, text=f"Taken off: {what}")
    follow_up.refresh_from_db()


def start_missing(order: RepairOrder) -> FollowUp | None:
    """The follow-up of the status of an order that never had one, for nobody; None when there is nothing to do."""
    with transaction.atomic():
        locked = RepairOrder.objects.select_for_update().get(pk=order.pk)
        timer = timers.status_timer(locked)
        if timer.day is None or _of(locked, timer) is not None:
            return None
        return _create(locked, timer, timer.day, person=None)


def is_missing(order: RepairOrder) -> bool:
    """Whether `start_missing` would start one."""
    timer = timers.status_timer(order)
    return timer.day is not None and _of(order, timer) is None


def entry_ended(entry: Notification) -> None:
    """What a follow-up asked for was done, sent, rejected or withdrawn: nobody's Outlook reminds of it any more."""
    if entry.order_id is None:
        return
    asked = Q(pk=entry.follow_up_id)
    if entry.kind == Notification.Kind.EMAIL_DRAFT or entry.cause != Cause.BY_HAND:
        asked |= Q(kind=Kind.PAYMENT if entry.cause == Cause.PAYMENT else Kind.STATUS)
    outlook_items.drop(FollowUp.objects.filter(asked, order=entry.order_id, state=State.FIRED))


def fire_due(*, most: int = PORTION) -> None:
    """Fires the follow-ups whose time has come, so many at a time. Every sweep calls it.

    Each fires in a transaction of its own. One that can't holds up no other: it says so to people, in the queue and
    on its order, and is tried again.
    """
    now = clock.now()
    may_be_tried = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    due = FollowUp.objects.filter(may_be_tried, state=State.WAITING, due_at__lte=now).order_by("due_at", "pk")
    fired = 0
    for pk, order in list(due.values_list("pk", "order_id")):
        try:
            fired += _fire(pk, order, now)
        except Exception as error:
            if is_passing(error):
                raise  # the next sweep is seconds away
            _hang(pk, error)  # told to people and logged once; the next is not held up
        if fired == most:
            return


def _hang(pk: int, error: Exception) -> None:
    """Notes that a follow-up could not fire, for people to see; the log has it once as long as it is the same."""
    trouble = _COULD_NOT.format(pk=pk, error=type(error).__name__)
    waiting = FollowUp.objects.filter(pk=pk, state=State.WAITING)
    with transaction.atomic():
        is_news = waiting.exclude(trouble=trouble).update(trouble=trouble)
        waiting.update(retry_at=clock.now() + TRIED_AGAIN_AFTER)
        if is_news:
            logger.error("Follow-up %s could not fire.", pk, exc_info=error)
            entries.queue_changed()


def _end_trouble(follow_up: FollowUp) -> None:
    if follow_up.trouble:
        entries.queue_changed()
    follow_up.trouble, follow_up.retry_at = "", None


@transaction.atomic
def _fire(pk: int, order_pk: int, now: datetime) -> bool:
    """Makes what a due follow-up stands for; False when somebody else is at the order or was faster."""
    order = RepairOrder.objects.select_for_update(skip_locked=True).filter(pk=order_pk).first()
    due = (
        FollowUp.objects.filter(pk=pk, state=State.WAITING, due_at__lte=now).select_related("person").first()
    )
    if order is None or due is None:
        return False
    timer = _timer_of(due, order)
    if timer and not _holds(due, timer, now):
        _correct(due, order, timer)
        return True
    due.state, due.fired_at, due.open_key = State.FIRED, now, None
    _end_trouble(due)
    due.save(update_fields=["state", "fired_at", "open_key", *_TROUBLE])
    _make(due, order)
    return True


def _timer_of(due: FollowUp, order: RepairOrder) -> Timer | None:
    """How the order stands now; None for a reminder by hand, which stands whatever becomes of the order."""
    if due.kind == Kind.REMINDER:
        return None
    return timers.payment_timer(order) if due.kind == Kind.PAYMENT else timers.status_timer(order)


def _holds(due: FollowUp, timer: Timer, now: datetime) -> bool:
    """Whether a due follow-up is still what its order should have now.

    An import, or a template that was switched off, changes that without anybody telling.
    """
    return _is_same(due, timer) and timer.day is not None and timers.due_at(timer.day) <= now


def _correct(due: FollowUp, order: RepairOrder, timer: Timer) -> None:
    """Lets a follow-up that does not hold any more wait for another day, or cancels it."""
    if not _is_same(due, timer):
        _cancel(due, _is_now(order))
    elif timer.day is None:
        _cancel(due, timer.why_not)
    else:
        _place(due, timer.day)


def _is_same(due: FollowUp, timer: Timer) -> bool:
    change = timer.change.pk if timer.change else None
    return due.status_change_id == change and due.for_status == timer.status


def _is_now(order: RepairOrder) -> str:
    return f"The order is at {status_word(order.shown_status) or 'no status'} now."


def _make(due: FollowUp, order: RepairOrder) -> None:
    """A reminder for a person where something is to be done here, else a draft to the shop."""
    if due.kind == Kind.REMINDER:
        queue.remind_person(order, cause=Cause.BY_HAND, follow_up=due)
    elif due.kind == Kind.PAYMENT:
        queue.remind_person(order, cause=Cause.PAYMENT, follow_up=due)
    elif due.for_status in REMINDED:
        queue.remind_person(order, cause=Cause.FOLLOW_UP, follow_up=due)
    else:
        queue.draft_for(order, cause=Cause.FOLLOW_UP, follow_up=due)


def _settle(order: RepairOrder, timer: Timer) -> None:
    """Brings an order's follow-ups of one kind to what they should be. The order is locked."""
    current = _of(order, timer)
    others = order.follow_ups.filter(kind=timer.kind)
    if current is not None:
        others = others.exclude(pk=current.pk)
    for other in others.filter(state=State.WAITING):
        _cancel(other, _is_now(order))
    outlook_items.drop(others.filter(state=State.FIRED))
    if timer.day is None:
        _end(current, timer.why_not)
    elif current is None:
        _create(order, timer, timer.day, person=timer.change.by if timer.change else None)
    else:
        _place(current, timer.day)


def _of(order: RepairOrder, timer: Timer) -> FollowUp | None:
    """The follow-up that an order has, or had, for the same change of status."""
    same = order.follow_ups.filter(kind=timer.kind, status_change=timer.change, for_status=timer.status)
    return same.select_related("person").order_by("-pk").first()


def _create(order: RepairOrder, timer: Timer, day: date, *, person: "User | None") -> FollowUp:
    follow_up = FollowUp.objects.create(
        order=order,
        kind=timer.kind,
        status_change=timer.change,
        for_status=timer.status,
        person=person,
        due_at=timers.due_at(day),
        open_key=_open_key(order.pk, timer.kind),
    )
    outlook_items.want(follow_up, day)
    return follow_up


def _place(current: FollowUp, day: date) -> None:
    """Lets a follow-up stand on a day. One that fired waits again only for a later one."""
    due = timers.due_at(day)
    if due == current.due_at if current.state == State.WAITING else _is_over(current, due):
        return
    if current.state != State.WAITING:
        current.round += 1
    current.state, current.due_at, current.ended_at, current.ended_because = State.WAITING, due, None, ""
    current.open_key = _open_key(current.order_id, current.kind)
    _end_trouble(current)
    current.save(
        update_fields=["state", "due_at", "round", "open_key", "ended_at", "ended_because", *_TROUBLE]
    )
    outlook_items.want(current, day)


def _is_over(current: FollowUp, due: datetime) -> bool:
    return current.state == State.FIRED and due <= current.due_at


def _end(current: FollowUp | None, why: str) -> None:
    """Nothing is to follow any more: a follow-up that waits is cancelled, one that fired reminds nobody."""
    if current is None:
        return
    if current.state == State.WAITING:
        _cancel(current, why)
    else:
        outlook_items.drop(FollowUp.objects.filter(pk=current.pk))


def _cancel(waiting: FollowUp, why: str) -> None:
    waiting.state, waiting.open_key = State.CANCELLED, None
    waiting.ended_at, waiting.ended_because = clock.now(), why[:200]
    _end_trouble(waiting)
    waiting.save(update_fields=["state", "open_key", "ended_at", "ended_because", *_TROUBLE])
    outlook_items.drop(FollowUp.objects.filter(pk=waiting.pk))


def _open_key(order_pk: int, kind: str) -> str:
    return f"{kind}:{order_pk}"


def _refuse_reminder(day: date, text: str) -> None:
    if not text:
        raise Refusal("What should it remind you of?", fields={"text": "Please write something."})
    if day < clock.today():
        raise Refusal("That day is over.", fields={"day": "Please choose today or a later day."})
    if day > LAST_DAY:
        raise Refusal(
            "That day is too far away.", fields={"day": f"The year must not be after {LAST_DAY.year}."}
        )


def _tell(order: RepairOrder, *, by: "User", text: str) -> None:
    """Records it with the order, tells every open page, and wakes a worker for the person's Outlook."""
    orders.record_event(order, verb=Activity.Verb.REMINDER, by=by, text=text)
    transaction.on_commit(lambda: progress.hint("queue"))
    transaction.on_commit(doorbell.ring)
