"""What mails and reminders say: written from the office's templates, and rendered for sending.

What an order holds is data: it is put into a template as plain text and never read as one. The text of a mail
stays plain until it is approved; only then it becomes HTML, escaped whole.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from notifications import mail_html, sandbox
from notifications.models import MailTemplate, Notification
from repairs import clock
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from repairs.tracking import told_as_number

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_SUBJECT = 255
# The names that a template may use, with what they stand for.
VARIABLES = {
    "number": "the order as people write it: G38573",
    "ro": "the number alone: 38573",
    "part": "the part number",
    "serial": "the serial number",
    "description": "the part's description",
    "work": "the work that was asked for",
    "shop": "the shop's name",
    "contact": "whom we talk to at the shop",
    "status": "the order's status",
    "status_day": "since when it has that status: Nov 24, 2025",
    "days_in_status": "how many days that is",
    "days_overdue": "days since the next update was due; empty when it is not overdue",
    "estimate": "the estimated cost: $1,500.00",
    "promised": "the estimated delivery date",
    "tracking": "the tracking number; empty where its field holds other words, such as PICK UP",
    "shop_reference": "the shop's own number",
    "terms": "the terms of payment",
    "person": "who changed the status",
    "company": "our company's name",
    "today": "the day of writing",
}
# What a template for several orders may use.
COMBINED_VARIABLES = {
    "shop": "the shop's name",
    "contact": "whom we talk to at the shop",
    "count": "how many orders it is about",
    "numbers": "their numbers: #38573, #38574",
    "many": "yes when there are more than three, else empty",
    "person": "who combined them",
    "company": "our company's name",
    "today": "the day of writing",
}
COMBINED = "COMBINED"
PAYMENT = "PAYMENT"
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


# Soft hyphens, zero-width characters, and marks that turn the direction of reading.
_NOT_SEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")


@dataclass(frozen=True)
class Text:
    """A subject, which is one line, and a plain text."""

    subject: str
    body: str


@dataclass(frozen=True)
class Rendered:
    """A mail as it is sent: its subject, its HTML, and the same without markup."""

    subject: str
    html: str
    text: str


def variables_of(key: str) -> Mapping[str, str]:
    """The names that the template of a key may use, with what they stand for."""
    return COMBINED_VARIABLES if key == COMBINED else VARIABLES


def check(subject: str, body: str, *, key: str = "") -> None:
    """Raises Refusal that says which part of a template is not possible, and why."""
    faults: dict[str, str] = {}
    for field, text in (("subject", subject), ("body", body)):
        try:
            _refuse_empty(text)
            sandbox.compiled(text, variables_of(key))
        except Refusal as refusal:
            faults[field] = refusal.sentence
    if faults:
        told = " ".join(f"{field.capitalize()}: {fault}" for field, fault in faults.items())
        raise Refusal(told, fields=faults)


def write(template: MailTemplate, order: RepairOrder, *, person: "User | None") -> Text:
    """The template's words about an order, today. Raises Refusal when the template is not possible."""
    return _written(template, values_of(order, person=person))


def write_combined(
    template: MailTemplate, shop: Shop, numbers: Sequence[int], *, person: "User | None"
) -> Text:
    """The words above a table of several orders. Raises Refusal when the template is not possible."""
    return _written(
        template,
        {
            "shop": shop.name,
            "contact": shop.contact,
            "count": str(len(numbers)),
            "numbers": ", ".join(f"#{number}" for number in numbers),
            "many": "yes" if len(numbers) > 3 else "",
            **_always(person),
        },
    )


def values_of(order: RepairOrder, *, person: "User | None") -> dict[str, str]:
    """An order as the flat texts that a template may name."""
    today = clock.today()
    overdue = order.days_overdue(today)
    return {
        "number": order.label,
        "ro": str(order.number),
        "part": order.part_number,
        "serial": order.serial_number,
        "description": order.description,
        "work": order.requested_work,
        "shop": order.shop.name if order.shop else "",
        "contact": order.shop.contact if order.shop else "",
        "status": order.shown_status,
        "status_day": day(order.status_date),
        "days_in_status": str((today - order.status_date).days) if order.status_date else "",
        "days_overdue": str(overdue) if overdue else "",
        "estimate": _money(order.estimated_cost),
        "promised": day(order.estimated_delivery),
        "tracking": told_as_number(order.tracking_number),
        "shop_reference": order.shop_reference,
        "terms": order.terms,
        **_always(person),
    }


def render(notification: Notification) -> Rendered:
    """The mail as it will be sent: everything that was typed is escaped, the table stands where it belongs."""
    paragraphs = mail_html.paragraphs(notification.body)
    rows: list[dict[str, Any]] = notification.rows
    return Rendered(
        subject=one_line(notification.subject),
        html=mail_html.html(paragraphs, rows),
        text=mail_html.text(paragraphs, rows),
    )


def one_line(text: str) -> str:
    """A text without line breaks and other control characters, short enough for a subject."""
    return tidy_line(text)[:LONGEST_SUBJECT].strip()


def tidy_line(text: str) -> str:
    """A text without line breaks, other control characters, and what is not seen or turns the line around."""
    return " ".join(_NOT_IN_A_LINE.sub(" ", _NOT_SEEN.sub("", text)).split())


def day(value: date | None) -> str:
    """A day as people here write it: Nov 24, 2025."""
    return f"{value:%b} {value.day}, {value.year}" if value else ""


def _written(template: MailTemplate, values: Mapping[str, str]) -> Text:
    names = variables_of(template.key)
    subject, body = (sandbox.compiled(text, names) for text in (template.subject, template.body))
    written = sandbox.rendered(body, values).replace("\r\n", "\n").replace("\r", "\n")
    return Text(
        subject=one_line(sandbox.rendered(subject, values)),
        body=re.sub(r"\n{3,}", "\n\n", written).strip(),
    )


def _always(person: "User | None") -> dict[str, str]:
    return {
        "person": (person.get_full_name() or person.get_username()) if person else "",
        "company": settings.COMPANY_NAME,
        "today": day(clock.today()),
    }


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"${amount:,.2f}"


def _refuse_empty(text: str) -> None:
    if not text.strip():
        raise Refusal("Please write something.")
