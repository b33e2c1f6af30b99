"""Making entries of the queue: drafts to a shop and reminders for a person, in the words of the templates."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from notifications import entries, texts
from notifications.models import FollowUp, MailTemplate, Notification
from notifications.signals import draft_made
from notifications.texts import PAYMENT, Text
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.statuses import RECEIVED, TO_SEND

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Cause = Notification.Cause
Kind = Notification.Kind
# An order with one of these needs something done here; the shop has nothing to answer.
REMINDED = (TO_SEND, RECEIVED)
THE_TEMPLATE = "the template"
Words = tuple[Text, str]


def draft_for(
    order: RepairOrder,
    *,
    cause: Cause,
    follow_up: FollowUp | None = None,
    by: "User | None" = None,
    text: Text | None = None,
    written_by: str = THE_TEMPLATE,
) -> Notification | None:
    """A draft to the order's shop that waits for approval, in the words of its status's template or in `text`.

    None when the order has an open draft, alone or in a mail about several orders; when this round of the
    follow-up made one already; or when there are no words: the template is off, or the status is one of REMINDED.
    """
    with transaction.atomic():
        locked = RepairOrder.objects.select_for_update().get(pk=order.pk)
        person = follow_up.person if follow_up else by
        words = (
            (text, "") if text else _words("" if locked.status in REMINDED else locked.status, locked, person)
        )
        key = draft_key(locked)
        if words is None or _is_there(key, follow_up):
            return None
        draft = _create(
            locked,
            words,
            follow_up,
            kind=Kind.EMAIL_DRAFT,
            cause=cause,
            open_key=key,
            to_address=locked.shop.email.strip() if locked.shop else "",
            written_by=written_by,
        )
        entries.record([locked], draft, by=by, text=f"Draft “{draft.subject}” waits for approval.")
        if text is None:
            draft_made.send(sender=Notification, draft=draft)
    return draft


def remind_person(
    order: RepairOrder, *, cause: Cause, follow_up: FollowUp | None = None, by: "User | None" = None
) -> Notification | None:
    """A reminder for the follow-up's person, or for everybody who looks at the queue when there is none.

    What was set by hand says what its person wrote; else the words are those of the status or of PAYMENT.
    None when the same reminder is open, this round made one already, or its template is off.
    """
    with transaction.atomic():
        locked = RepairOrder.objects.select_for_update().get(pk=order.pk)
        person = follow_up.person if follow_up else by
        words = _reminder_words(locked, cause, follow_up, person)
        key = _reminder_key(locked, cause)
        if words is None or _is_there(key, follow_up):
            return None
        reminder = _create(
            locked,
            words,
            follow_up,
            kind=Kind.TASK_REMINDER,
            cause=cause,
            open_key=key,
            person=person if person and person.is_active else None,
        )
        entries.record([locked], reminder, by=by, text=f"Reminder: {reminder.subject}")
    return reminder


def enabled_template(key: str) -> MailTemplate | None:
    return MailTemplate.objects.filter(key=key, enabled=True).first()


def draft_key(order: RepairOrder) -> str:
    """The open key of an order's draft: an order has one at most, alone or in a mail about several orders."""
    return f"draft:{order.pk}"


def _is_there(key: str | None, follow_up: FollowUp | None) -> bool:
    """Whether the same is open, or this round of the follow-up made one; the order is locked."""
    same = Q(open_key=key) if key else Q()
    if follow_up:
        same |= Q(follow_up=follow_up, round=follow_up.round)
    return bool(same) and Notification.objects.filter(same).exists()


def _words(key: str, order: RepairOrder, person: "User | None") -> Words | None:
    """The template's words with a warning about them; None when it is off."""
    template = enabled_template(key)
    if template is None:
        return None
    try:
        return texts.write(template, order, person=person), ""
    except Refusal as refusal:  # it was saved past its check; a person can still write what is needed
        return Text(f"RO #{order.number}", ""), f"The template “{template}” can't be used. {refusal.sentence}"


def _reminder_words(
    order: RepairOrder, cause: Cause, follow_up: FollowUp | None, person: "User | None"
) -> Words | None:
    if cause == Cause.BY_HAND:
        wanted = follow_up.text if follow_up else ""
        return Text(texts.one_line(f"{order.label}: {wanted}"), wanted), ""
    return _words(PAYMENT if cause == Cause.PAYMENT else order.status, order, person)


def _reminder_key(order: RepairOrder, cause: Cause) -> str | None:
    """An order may have any number of reminders that were set by hand."""
    if cause == Cause.BY_HAND:
        return None
    return f"reminder:{order.pk}:{PAYMENT if cause == Cause.PAYMENT else order.status}"


def _create(order: RepairOrder, words: Words, follow_up: FollowUp | None, **fields: Any) -> Notification:
    text, warning = words
    entries.queue_changed()
    return Notification.objects.create(
        order=order,
        shop=order.shop,
        for_status=order.status,
        follow_up=follow_up,
        round=follow_up.round if follow_up else None,
        subject=text.subject,
        body=text.body,
        warning=warning,
        **fields,
    )
