"""Several orders of a shop in one mail: a parent entry with a table, in place of the drafts that it replaced.

The drafts stay, as its children, and share its state through every verb. Taking an order out gives it its own
draft back. While nobody edited the parent, its words follow the number of its orders.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from notifications import drafting, entries, texts
from notifications.entries import PENDING, Held, Overtaken, State
from notifications.models import Notification
from notifications.texts import COMBINED, Text
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COLUMNS = ("part", "serial", "note")
LONGEST_CELL = 500
Row = dict[str, Any]
Kind = Notification.Kind


def combine(notifications: Sequence[Notification], *, by: "User") -> Notification:
    """One pending mail of several pending drafts for the same shop. Raises Refusal, and combines none, otherwise."""
    if len({draft.pk for draft in notifications}) < 2:
        raise Refusal("Please choose at least two drafts.")
    with transaction.atomic():
        shop, drafts, about = _lock_drafts(notifications)
        rows = [row_of(order) for order in sorted(about, key=lambda order: order.number)]
        words = _words(shop, rows, by)
        parent = Notification.objects.create(
            kind=Kind.EMAIL_DRAFT,
            cause=Notification.Cause.BY_HAND,
            shop=shop,
            to_address=_address(drafts, shop),
            subject=words.subject,
            body=words.body,
            rows=rows,
            warning="\n".join(line for draft in drafts for line in _warnings(draft)),
            raised_at=min((draft.raised_at for draft in drafts if draft.raised_at), default=None),
        )
        for draft in drafts:
            entries.save(draft, parent=parent)
        entries.record(about, parent, by=by, text=f"Its draft goes in one mail: “{parent.subject}”.")
    return parent


def add_row(
    parent: Notification, order: RepairOrder, *, by: "User", expected_version: int | None = None
) -> Notification:
    """Takes another order of the shop into a mail, with its draft if it has one. Refused while that is elsewhere."""
    with transaction.atomic():
        entries.lock_orders([order.pk, *parent.children.values_list("order_id", flat=True)])
        order.refresh_from_db()
        held = _hold_parent(parent, expected_version)
        if order.shop_id != held.entry.shop_id:
            raise Refusal(f"{order.label} is not with {held.entry.shop}.")
        child = _draft_to_add(order, by=by)
        lines = [*held.entry.warning.splitlines(), *_warnings(child)]
        entries.save(child, parent=held.entry)
        _rewrite(held.entry, [*held.entry.rows, row_of(order)], by, lines)
        entries.record([order], held.entry, by=by, text=f"Added to the mail “{held.entry.subject}”.")
    parent.refresh_from_db()
    return parent


def remove_row(
    parent: Notification, *, number: int, by: "User", expected_version: int | None = None
) -> Notification:
    """Takes an order out of a mail: it has its own draft again. A mail without orders is withdrawn."""
    with transaction.atomic():
        held = _hold_parent(parent, expected_version)
        order = next((order for order in held.orders if order.number == number), None)
        if order is None:
            raise Refusal(f"G{number} is not in this mail.")
        child = next(child for child in held.children if child.order_id == order.pk)
        entries.save(child, parent=None)
        leave(held.entry, number, by=by)
        entries.record([order], held.entry, by=by, text=f"Taken out of the mail “{held.entry.subject}”.")
    parent.refresh_from_db()
    return parent


def split(parent: Notification, *, by: "User", expected_version: int | None = None) -> list[Notification]:
    """Every order has its own draft again; the mail about all of them is withdrawn."""
    with transaction.atomic():
        held = _hold_parent(parent, expected_version)
        for child in held.children:
            entries.save(child, parent=None)
        entries.move(
            Held(held.entry, [], held.orders), to=State.WITHDRAWN, by=by, reason="One mail for each order."
        )
        entries.record(
            held.orders,
            held.entry,
            by=by,
            text=f"“{held.entry.subject}” was split; the order has its own draft.",
        )
    parent.refresh_from_db()
    return held.children


def leave(parent: Notification, number: int, *, by: "User | None") -> None:
    """Takes a row out of a locked mail; without one left, the mail is withdrawn."""
    rows = [row for row in parent.rows if row["number"] != number]
    if rows:
        left = f"G{number}"
        lines = [
            line for line in parent.warning.splitlines() if not line.startswith((f"{left} ", f"{left}:"))
        ]
        _rewrite(parent, rows, by, lines)
    else:
        entries.move(Held(parent, [], []), to=State.WITHDRAWN, by=by, reason="No order was left in it.")


def row_of(order: RepairOrder) -> Row:
    return {"number": order.number, "part": order.part_number, "serial": order.serial_number, "note": ""}


def checked_rows(given: Any, present: Sequence[Row]) -> list[Row]:
    """The edited rows of a table, which must be about the same orders; each cell is one line of text."""
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise Refusal("The table is not readable.")
    numbers = sorted(str(row.get("number")) for row in given)
    if numbers != sorted(str(row["number"]) for row in present):
        raise Refusal("The table must keep its orders; they are added and taken out one by one.")
    return [
        {"number": int(row["number"]), **{name: _cell(name, row.get(name, "")) for name in COLUMNS}}
        for row in given
    ]


def _cell(name: str, value: Any) -> str:
    text = texts.tidy_line(str(value))
    if len(text) > LONGEST_CELL:
        raise Refusal(f"The {name} is longer than {LONGEST_CELL} characters.")
    return text


def _warnings(draft: Notification) -> list[str]:
    """What a person should know before the mail goes that takes a draft in: its own words are not in that mail."""
    lines = draft.warning.splitlines()
    if draft.edited_at and draft.order is not None:
        who = draft.edited_by_name or "somebody"
        lines.append(f"{draft.order.label}: the words that {who} wrote for it are not in this mail.")
    return lines


def _hold_parent(parent: Notification, expected_version: int | None = None) -> Held:
    held = entries.hold(parent, states=PENDING, expected_version=expected_version)
    if not held.entry.rows:
        raise Refusal("This is a mail about one order.")
    return held


def _lock_drafts(notifications: Sequence[Notification]) -> tuple[Shop, list[Notification], list[RepairOrder]]:
    """The drafts as they are now, checked, with their shop and orders; all locked."""
    about = entries.lock_orders([draft.order_id for draft in notifications if draft.order_id is not None])
    shop = notifications[0].shop
    if shop is None or any(draft.shop_id != shop.pk for draft in notifications):
        raise Refusal("Only drafts for the same shop can be combined.")
    Shop.objects.select_for_update().get(pk=shop.pk)
    drafts = entries.lock_entries([draft.pk for draft in notifications])
    shown = {draft.pk: draft.version for draft in notifications}
    for draft in drafts:
        if draft.kind != Kind.EMAIL_DRAFT or draft.order_id is None:
            raise Refusal("Only drafts about one order each can be combined.")
        entries.refuse_overtaken(draft, PENDING, shown[draft.pk])
        if draft.shop_id != shop.pk:
            raise Overtaken(f"“{draft}” is for another shop now.", draft)
    return shop, drafts, about


def _address(drafts: Sequence[Notification], shop: Shop) -> str:
    """What a person corrected counts most, the latest of several; else the shop's own address."""
    corrected = [draft for draft in drafts if draft.edited_at and draft.to_address not in ("", shop.email)]
    return max(corrected, key=lambda draft: str(draft.edited_at)).to_address if corrected else shop.email


def _draft_to_add(order: RepairOrder, *, by: "User") -> Notification:
    """The order's own pending draft, or a new one; the order is locked."""
    there = Notification.objects.filter(open_key=drafting.draft_key(order)).first()
    if there is None:
        blank = Text(texts.one_line(f"Status Update for RO #{order.number}"), "")
        made = drafting.draft_for(order, cause=Notification.Cause.BY_HAND, by=by) or drafting.draft_for(
            order, cause=Notification.Cause.BY_HAND, by=by, text=blank
        )
        if made is None:
            raise Refusal(f"There can be no draft for {order.label} now.")
        return made
    if there.parent_id is not None or there.state != State.PENDING_APPROVAL:
        raise Refusal(f"{order.label} is in another mail, which is not finished yet.")
    return there


def _rewrite(parent: Notification, rows: list[Row], by: "User | None", warnings: Sequence[str]) -> None:
    """Other rows, and words that fit their number unless a person wrote their own."""
    values: dict[str, Any] = {"rows": rows, "warning": "\n".join(warnings)}
    if parent.edited_at is None and parent.shop is not None:
        words = _words(parent.shop, rows, by)
        values |= {"subject": words.subject, "body": words.body}
    entries.save(parent, **values)


def _words(shop: Shop, rows: Sequence[Row], by: "User | None") -> Text:
    template = drafting.enabled_template(COMBINED)
    if template is None:
        raise Refusal("The template for mails about several orders is switched off.")
    return texts.write_combined(template, shop, [row["number"] for row in rows], person=by)
