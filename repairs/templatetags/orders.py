"""How dates, money and statuses are shown to people."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.db.models import DateField, DateTimeField, DecimalField, Field
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime

from repairs import clock
from repairs.models import Activity, RepairOrder, Shop, StatusChange
from repairs.orders import may_undo
from repairs.statuses import (
    APPROVED,
    BER,
    CANCELLED,
    COMPLETE,
    IN_WORK,
    PAID,
    RAI,
    RECEIVED,
    SCRAP,
    SHIPPED,
    TO_SEND,
    WAITING_QUOTE,
    Sheet,
    status_word,
)
from repairs.tracking import Tracking, recognise

register = template.Library()
register.filter(status_word)

NONE = "–"
AMOUNT = re.compile(r"-?[0-9]{1,20}\.[0-9]{2}")  # as repairs.activity.as_text writes one
THOUSAND, MILLION = Decimal(1_000), Decimal(1_000_000)
_COLORS = {
    TO_SEND: "slate",
    WAITING_QUOTE: "amber",
    APPROVED: "green",
    IN_WORK: "accent",
    SHIPPED: "violet",
    RECEIVED: "green",
    COMPLETE: "green",
    PAID: "slate",
    BER: "red",
    RAI: "red",
    CANCELLED: "slate",
    SCRAP: "red",
}
STATUS_FIELDS = frozenset({"status", "from_status", "to_status", "for_status"})


@register.filter
def money(amount: Decimal | None) -> str:
    """An amount in US dollars with cents; a dash for none."""
    return NONE if amount is None else f"${amount:,.2f}"


@register.filter
def money_short(amount: Decimal) -> str:
    """An amount to three figures, for a headline: $2.84M, $412k, $950."""
    if amount >= MILLION:
        return f"${amount / MILLION:,.2f}M"
    return f"${amount / THOUSAND:,.0f}k" if amount >= THOUSAND else f"${amount:,.0f}"


@register.filter
def day(value: date | None) -> str | SafeString:
    """A day as people write it here, with the weekday on hover."""
    if value is None:
        return NONE
    return _time(value, clock.written(value))


@register.filter
def stored_day(text: str) -> str | SafeString:
    """A day that stands in a record as text (2025-11-24), shown as any other day; another text as it is."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def stored_money(text: str) -> str:
    """An amount that stands in a record as text (1234.50), shown as any other amount; another text as it is."""
    return money(Decimal(text)) if AMOUNT.fullmatch(text) else text


@register.filter
def stored(text: str, field: str) -> str | SafeString:
    """The text that a record keeps of a field's value (repairs.activity.as_text), shown as that field is elsewhere."""
    if field in STATUS_FIELDS:
        return status_word(text)
    kind = _known_field(field)
    if isinstance(kind, DecimalField):
        return stored_money(text)
    is_day = isinstance(kind, DateField) and not isinstance(kind, DateTimeField)
    return stored_day(text) if is_day else text


@register.filter
def moment(value: datetime | None) -> str | SafeString:
    """An instant in the company's time: the time of day today, the day and time before."""
    if value is None:
        return NONE
    here = localtime(value)
    pattern = "g:i A" if here.date() == clock.today() else "M j, g:i A"
    full = date_format(here, "l, F j, Y, g:i:s A")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', here.isoformat(), full, date_format(here, pattern)
    )


def _time(value: date, shown: str) -> SafeString:
    full = date_format(value, "l, F j, Y")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full, shown)


@register.simple_tag
def next_update(order: RepairOrder, today: date) -> str | SafeString:
    """When an order should be looked at again; on Active with the days that it is overdue."""
    due = order.next_update
    if due is None:
        return NONE
    late = order.days_overdue(today)
    shown = _time(due, _nearby(due, today) if order.sheet == Sheet.ACTIVE else clock.written(due))
    if late:
        words = f"{late} day{'s' if late > 1 else ''} overdue"
        return format_html(
            '<span class="late">{} <span aria-hidden="true" title="{}">+{}d</span>'
            '<span class="hidden">, {}</span></span>',
            shown,
            words,
            late,
            words,
        )
    soon = order.sheet == Sheet.ACTIVE and (due - today).days <= 1
    return format_html('<span class="soon">{}</span>', shown) if soon else shown


def _nearby(due: date, today: date) -> str:
    names = {0: "Today", 1: "Tomorrow"}
    written = date_format(due, "M j") if due.year == today.year else clock.written(due)
    return names.get((due - today).days) or written


@register.simple_tag
def status_dot(status: str) -> SafeString:
    """A status as a dot with a word; what a person typed is shown as typed, with a hollow dot."""
    if not status:
        return format_html('<span class="st none">{}</span>', "No status")
    return format_html('<span class="st {}">{}</span>', status_color(status), status_word(status))


def status_color(status: str) -> str:
    """The class of a status's dot."""
    return _COLORS.get(status, "typed")


@register.filter
def tracking(text: str) -> Tracking | None:
    """The tracking number that a text is, or None."""
    return recognise(text)


@register.filter
def undoable_by(act: Activity, person: Any) -> bool:
    """Whether a person may take this act back."""
    return may_undo(act, person)


@register.filter
def field_label(field: str) -> str:
    """What a field of an order or a shop is called."""
    found = _known_field(field)
    return capfirst(str(found.verbose_name)) if found else capfirst(field.replace("_", " "))


def _known_field(name: str) -> "Field[Any, Any] | None":
    """The field of an order or a shop that has this name."""
    return {f.name: f for model in (Shop, RepairOrder) for f in model._meta.fields}.get(name)


@register.filter
def when(change: StatusChange) -> Any:
    """When a status was set: the instant where it is known, else the day."""
    return moment(change.at) if change.at else day(change.on)
