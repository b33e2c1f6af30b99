"""The verbs of the queue: what people decide about its entries, and what became of them.

Each opens one transaction, locks, checks what the person saw, moves the state by compare-and-set, and tells the
history of every order that the entry is about. A refusal is a repairs.errors.Refusal and changes nothing;
`Overtaken` says that somebody else was faster.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from notifications import combine, deliveries, entries, recipients, texts
from notifications.drafting import draft_for, remind_person
from notifications.entries import PENDING, Held, Overtaken, State
from notifications.models import Delivery, Notification
from notifications.moving_on import withdraw_moved_on, without_new_address
from notifications.outcomes import mark_failed, mark_sent
from repairs import clock, shops
from repairs.activity import name_of
from repairs.errors import Refusal
from repairs.fields import cleaned
from repairs.models import RepairOrder, Shop

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = [
    "EDITABLE",
    "Overtaken",
    "approve",
    "approve_all",
    "as_edited",
    "done",
    "draft_for",
    "edit",
    "give_up",
    "mark_failed",
    "mark_sent",
    "reject",
    "remind_person",
    "retry",
    "revise",
    "withdraw",
    "withdraw_moved_on",
]

EDITABLE = ("to_address", "subject", "body", "rows")
MOST_TOGETHER = 100  # mails that one press approves
_TEXTS = ("to_address", "subject", "body")
Kind = Notification.Kind


def edit(
    notification: Notification, *, by: "User", changes: Mapping[str, Any], expected_version: int | None = None
) -> Notification:
    """Changes the words, the address or the table of a draft (EDITABLE); what is the same is not written.

    A mail that failed waits for approval again when it is edited.
    """
    with transaction.atomic():
        held = entries.hold(notification, states=(*PENDING, State.FAILED), expected_version=expected_version)
        _refuse_kind(held, Kind.EMAIL_DRAFT, "A reminder can't be edited.")
        values = _checked_changes(changes, held.entry)
        if "to_address" in values:
            values["warning"] = without_new_address(held.entry.warning)
        if values:
            if "subject" in values:
                values["own_subject"] = True
            if held.entry.state == State.FAILED:
                entries.move(held, to=State.PENDING_APPROVAL)
            entries.save(held.entry, **values, **_edited(by))
            entries.record(held.orders, held.entry, by=by, text=f"Edited the draft “{held.entry.subject}”.")
    notification.refresh_from_db()
    return notification


def revise(
    draft: Notification,
    *,
    by: "User",
    changes: Mapping[str, Any],
    expected_version: int,
    then: Callable[[Notification, int], object] | None = None,
    also: Iterable[RepairOrder] = (),
) -> Notification:
    """Saves what a person typed and does what they pressed, both or neither.

    `then` gets the draft and the version that it must still have. Orders that it needs besides the draft's own are
    named in `also`, so that all are locked in one order.
    """
    with transaction.atomic():
        about = Notification.objects.filter(Q(pk=draft.pk) | Q(parent=draft), order__isnull=False)
        own = about.values_list("order", flat=True)
        entries.lock_orders({*own, *(order.pk for order in also)})
        if changes:
            edit(draft, by=by, changes=changes, expected_version=expected_version)
            expected_version = draft.version
        if then is not None:
            then(draft, expected_version)
    return draft


def as_edited(draft: Notification, changes: Mapping[str, Any]) -> Notification:
    """How a draft would be with these changes, to look at; nothing is saved. Raises Refusal as `edit` does."""
    edited = Notification(shop=draft.shop, to_address=draft.to_address, subject=draft.subject)
    edited.body, edited.rows = draft.body, draft.rows
    values = _checked_changes(changes, draft)
    edited.own_subject = draft.own_subject or "subject" in values
    for name, value in values.items():
        setattr(edited, name, value)
    return edited


def approve(notification: Notification, *, by: "User", expected_version: int | None = None) -> Delivery:
    """Lets a draft go to the shop: what it says now is frozen in its Delivery, with who approved it when.

    Refused without a person, a valid recipient, a subject, a text, or an address to send from. A corrected
    recipient is saved on the shop.
    """
    with transaction.atomic():
        held = entries.hold(notification, states=PENDING, expected_version=expected_version)
        _refuse_kind(held, Kind.EMAIL_DRAFT, "A reminder is not sent to anybody.")
        _refuse_unready(held.entry, by)
        address = recipients.checked(held.entry.to_address)
        shop = held.entry.shop
        if shop is not None and shop.email != address:
            shops.edit(shop, by=by, changes={"email": address})
        entries.move(held, to=State.APPROVED, by=by, to_address=address)
        delivery = deliveries.begin(held.entry, by=by, rendered=texts.render(held.entry))
        entries.record(held.orders, held.entry, by=by, text=f"Approved “{held.entry.subject}” to {address}.")
    notification.refresh_from_db()
    return delivery


def approve_all(
    seen: Mapping[int, int], *, by: "User"
) -> tuple[list[Delivery], list[tuple[Notification, str]]]:
    """Approves the drafts that a person saw: those that are on their way now, and the others with the reason.

    `seen` has the version at which each was shown, by its primary key. What is not as it was seen is not sent. A
    correction in one of them also reaches those without an address.
    Raises Refusal, and approves none, for more than MOST_TOGETHER.
    """
    if len(seen) > MOST_TOGETHER:
        raise Refusal(f"At most {MOST_TOGETHER} emails are approved together.")
    approved: list[Delivery] = []
    refused: list[tuple[Notification, str]] = []
    with transaction.atomic():
        for draft in _lock_seen(seen):
            try:
                entries.refuse_overtaken(draft, PENDING, seen[draft.pk])
                approved.append(approve(_with_its_address(draft), by=by))
            except Refusal as refusal:
                refused.append((draft, refusal.sentence))
    return approved, refused


def _with_its_address(draft: Notification) -> Notification:
    """The draft as it is now, unless the approval of another has given it an address that nobody saw in it."""
    now = Notification.objects.get(pk=draft.pk)
    if draft.to_address and now.to_address != draft.to_address:
        raise Refusal(
            f"It would go to {now.to_address} now, the shop's new address. Please look at it again."
        )
    return now


def _lock_seen(seen: Iterable[int]) -> list[Notification]:
    """Everything that approving these needs, locked in the order in which everybody locks."""
    chosen = Notification.objects.filter(Q(pk__in=seen) | Q(parent__in=seen))
    pks = list(chosen.values_list("pk", flat=True))
    entries.lock_orders(chosen.filter(order__isnull=False).values_list("order", flat=True))
    shops_of = Shop.objects.filter(notifications__in=pks).distinct().values_list("pk", flat=True)
    list(Shop.objects.select_for_update().filter(pk__in=list(shops_of)).order_by("pk"))
    return [entry for entry in entries.lock_entries(pks) if entry.pk in set(seen)]


def reject(
    notification: Notification, *, by: "User", reason: str, expected_version: int | None = None
) -> Notification:
    """Nothing is sent, because of `reason`, which a draft needs. The daily check leaves the order alone for a week."""
    with transaction.atomic():
        held = entries.hold(notification, states=PENDING, expected_version=expected_version)
        why = str(cleaned(Notification, {"reason": reason}, allowed=("reason",))["reason"])
        if not why and held.entry.kind == Kind.EMAIL_DRAFT:
            raise Refusal("Please say why.", fields={"reason": "Please say why."})
        _end(held, State.REJECTED, by=by, reason=why)
    notification.refresh_from_db()
    return notification


def withdraw(
    notification: Notification, *, by: "User", reason: str = "", expected_version: int | None = None
) -> Notification:
    """Takes a mail back while that is possible: pending, failed, or approved and not begun yet."""
    with transaction.atomic():
        held = entries.hold(notification, states=Notification.OPEN, expected_version=expected_version)
        why = str(cleaned(Notification, {"reason": reason}, allowed=("reason",))["reason"])
        if held.entry.state != State.PENDING_APPROVAL:
            deliveries.withdraw(held.entry.delivery)
        _end(held, State.WITHDRAWN, by=by, reason=why)
    notification.refresh_from_db()
    return notification


def give_up(notification: Notification, *, by: "User") -> Notification:
    """A mail of which it is not known whether it was sent: the person says that it was not, and shall not be."""
    with transaction.atomic():
        delivery = deliveries.of(notification)
        held = entries.hold(notification, states=(State.APPROVED,))
        deliveries.give_up(delivery)
        _end(held, State.WITHDRAWN, by=by, reason="It was not sent, and shall not be.")
    notification.refresh_from_db()
    return notification


def retry(notification: Notification, *, by: "User", expected_version: int | None = None) -> Notification:
    """Sends a mail that failed once more, as it was approved."""
    with transaction.atomic():
        held = entries.hold(notification, states=(State.FAILED,), expected_version=expected_version)
        entries.move(held, to=State.APPROVED)
        deliveries.again(held.entry.delivery, by=by)
        entries.record(held.orders, held.entry, by=by, text=f"“{held.entry.subject}” is tried again.")
    notification.refresh_from_db()
    return notification


def done(reminder: Notification, *, by: "User") -> Notification:
    """What a reminder asked for is done. Its state is then SENT, as a mail's that needs nothing any more."""
    with transaction.atomic():
        held = entries.hold(reminder, states=PENDING)
        _refuse_kind(held, Kind.TASK_REMINDER, "A mail is approved or rejected.")
        entries.move(held, to=State.SENT, by=by, sent_at=clock.now())
        entries.record(held.orders, held.entry, by=by, text=f"Done: {held.entry.subject}")
    reminder.refresh_from_db()
    return reminder


def _end(held: Held, state: State, *, by: "User", reason: str) -> None:
    entries.move(held, to=state, by=by, reason=reason)
    because = f": {reason}" if reason else "."
    text = f"{state.label} “{held.entry.subject}”{because}"
    entries.record(held.orders, held.entry, by=by, text=text)


def _checked_changes(changes: Mapping[str, Any], entry: Notification) -> dict[str, Any]:
    """What differs from the entry, in the form in which it is kept."""
    given = dict(changes)
    rows = given.pop("rows", None)
    values = cleaned(Notification, given, allowed=_TEXTS)
    if "subject" in values:
        values["subject"] = texts.one_line(values["subject"])
    if rows is not None:
        values["rows"] = combine.checked_rows(rows, entry.rows)
    differing = {name: value for name, value in values.items() if getattr(entry, name) != value}
    for name in {"subject", "body"} & differing.keys():
        _refuse_placeholders(name, differing[name], before=getattr(entry, name))
    if differing.get("to_address"):
        differing["to_address"] = recipients.checked(differing["to_address"])
    return differing


def _refuse_placeholders(name: str, text: str, *, before: str) -> None:
    """What is filled in only in a template would go to the shop as typed. An order's own braces may stay."""
    for brace in ("{{", "}}", "{%", "%}"):
        if text.count(brace) > before.count(brace):
            told = (
                f"“{brace}” is filled in only in the office's templates. Please write the words themselves."
            )
            raise Refusal(told, fields={name: told})


def _edited(by: "User") -> dict[str, Any]:
    return {"edited_by": by, "edited_by_name": name_of(by), "edited_at": clock.now()}


def _refuse_kind(held: Held, kind: Kind, sentence: str) -> None:
    if held.entry.kind != kind:
        raise Refusal(sentence)


def _refuse_unready(entry: Notification, by: "User") -> None:
    if not by.is_active:
        raise Refusal("A mail needs a person who approves it.")
    if not settings.MAIL_FROM:
        raise Refusal("Mail can't be sent: no address to send it from is configured.")
    for name, label in (("subject", "subject"), ("body", "text")):
        if not getattr(entry, name).strip():
            raise Refusal(f"The {label} is empty.", fields={name: "Please write something."})
