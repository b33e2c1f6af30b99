"""What several stories need: entries as the database has them, and mails that reached a certain point."""

import datetime as dt
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.forms.models import model_to_dict

from notifications import conversations, deliveries, queue
from notifications.models import ConversationMessage, Delivery, Notification
from repairs import clock
from repairs.models import Activity, RepairOrder


def fresh(entry: Notification) -> Notification:
    return Notification.objects.get(pk=entry.pk)


def order_of(entry: Notification) -> RepairOrder:
    assert entry.order is not None
    return entry.order


def everything() -> list[dict[str, Any]]:
    """Every row that a verb of the queue may write."""
    kinds = (Notification, Delivery, RepairOrder, Activity)
    return [model_to_dict(row) for model in kinds for row in model._default_manager.order_by("pk")]


def history(order: RepairOrder) -> list[str]:
    """What the order's history says of mails and reminders, oldest first."""
    about = (Activity.Verb.EMAIL, Activity.Verb.REMINDER)
    acts = Activity.objects.filter(order=order, verb__in=about).order_by("pk")
    return [f"{act.by_name}: {act.text}" for act in acts]


def waiting_drafts(order: RepairOrder, count: int) -> None:
    """So many drafts about one order, written past the verbs; two thirds of them are raised."""
    made = [
        Notification(
            kind=Notification.Kind.EMAIL_DRAFT,
            cause=Notification.Cause.OVERDUE,
            order=order,
            shop=order.shop,
            subject=f"Status Update for RO #{number}",
            body="Could you send us a short update on the part below?\n" * 10,
            raised_at=clock.now() - dt.timedelta(days=number % 3) if number % 3 else None,
        )
        for number in range(count)
    ]
    Notification.objects.bulk_create(made, batch_size=1000)


def sent(entry: Notification) -> None:
    """The approved mail leaves, as its delivery tells it."""
    delivery = Delivery.objects.get(notification=entry)
    with transaction.atomic():
        queue.mark_sent(delivery)
        deliveries.move(delivery, Delivery.State.SENT, expected=Delivery.OPEN)


def answered(entry: Notification, by: User) -> Notification:
    """The mail was sent, the shop answered "Their words", and the order has its next draft."""
    delivery = queue.approve(entry, by=by)
    sent(entry)
    now = clock.now()
    talk = conversations.known(delivery.mailbox, f"talk {entry.pk}")
    Delivery.objects.filter(pk=delivery.pk).update(conversation=talk, sent_at=now)
    delivery.refresh_from_db()
    conversations.remember(delivery)
    assert talk is not None
    theirs = f"theirs {entry.pk}"
    ConversationMessage.objects.create(
        conversation=talk,
        key=theirs,
        message_id=theirs,
        ours=False,
        subject="Their words",
        at=now + dt.timedelta(hours=1),
    )
    draft = queue.draft_for(order_of(entry), cause=Notification.Cause.OVERDUE)
    assert draft is not None
    return draft


def failed(entry: Notification, why: str = "Microsoft refused it.") -> None:
    """The approved mail does not leave."""
    delivery = Delivery.objects.get(notification=entry)
    with transaction.atomic():
        delivery.error = why
        queue.mark_failed(delivery)
        deliveries.move(delivery, Delivery.State.FAILED, expected=Delivery.OPEN, error=why)


def bring_to(entry: Notification, state: str, by: User) -> Notification:
    """A draft in the given state, on the way that leads there."""
    if state == "WITHDRAWN":
        queue.withdraw(entry, by=by)
    elif state == "REJECTED":
        queue.reject(entry, by=by, reason="not now")
    elif state != "PENDING_APPROVAL":
        queue.approve(entry, by=by)
    if state == "SENT":
        sent(entry)
    elif state == "FAILED":
        failed(entry)
    entry.refresh_from_db()
    assert entry.state == state
    return entry
