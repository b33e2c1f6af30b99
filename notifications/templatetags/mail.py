"""What pages of any app show of the queue and of an order's mail."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.template import Context
from django.utils.safestring import SafeString

from notifications import conversations, mail_html, queries, texts
from notifications.forms import RemindForm
from notifications.models import Delivery, Notification
from repairs import clock
from repairs.models import RepairOrder

register = template.Library()

# How a state is shown: the color of its dot, and its word.
STATES = {
    Notification.State.PENDING_APPROVAL: ("amber", "Waiting for approval"),
    Notification.State.APPROVED: ("accent", "Sending…"),
    Notification.State.SENT: ("green", "Sent"),
    Notification.State.REJECTED: ("slate", "Rejected"),
    Notification.State.FAILED: ("red", "Failed"),
    Notification.State.WITHDRAWN: ("slate", "Withdrawn"),
}


@register.simple_tag
def count_to_decide(user: User) -> int:
    return queries.number_to_decide(user)


@register.filter
def letter(draft: Notification) -> SafeString:
    """A draft's text and table as they will be sent, for a page of ours."""
    return mail_html.shown(texts.render(draft).html)


@register.filter
def state_color(entry: Notification) -> str:
    return "red" if _delivery_is_unknown(entry) else STATES[Notification.State(entry.state)][0]


@register.filter
def state_word(entry: Notification) -> str:
    """The state in words: of a mail on its way, how far it is; of a reminder, whether it is done."""
    if _delivery_is_unknown(entry):
        return "Not known whether it was sent"
    if entry.kind == Notification.Kind.TASK_REMINDER:
        word = {"PENDING_APPROVAL": "To do", "SENT": "Done", "REJECTED": "Dismissed"}.get(entry.state)
        if word:
            return word
    return STATES[Notification.State(entry.state)][1]


def _delivery_is_unknown(entry: Notification) -> bool:
    delivery = getattr(entry, "delivery", None)
    return delivery is not None and delivery.state == Delivery.State.UNKNOWN


@register.simple_tag
def open_drafts(orders: Iterable[RepairOrder]) -> dict[int, Notification]:
    """The open mail to the shop about each of a list of orders, in one query."""
    return queries.open_drafts(orders)


@register.filter
def about(drafts: dict[int, Notification], order: RepairOrder) -> Notification | None:
    return drafts.get(order.pk)


@register.inclusion_tag("notifications/_order_mail.html", takes_context=True, name="order_mail")
def shown_order_mail(context: Context, order: RepairOrder) -> dict[str, Any]:
    """The part of an order's page that shows them."""
    return order_mail(order) | {"may": context["may"]}


def order_mail(order: RepairOrder) -> dict[str, Any]:
    """An order's follow-ups, reminders, drafts and mails."""
    return {
        "order": order,
        "today": clock.today(),
        "follow_ups": queries.follow_ups_of(order),
        "entries": queries.for_order(order),
        "timeline": conversations.timeline(order),
        "remind_form": RemindForm(),
    }
