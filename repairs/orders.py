"""The verbs of a repair order: the only place where an order is written, apart from the import.

Each opens one transaction, locks the order, checks, writes what changed, records who changed which field from
what to what, and announces it (repairs.signals). A refusal is a repairs.errors.Refusal and changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction

from people.abilities import Ability, may
from repairs import activity, clock, numbers, rules
from repairs.errors import AlreadyMade, Conflict, NotAllowed, Refusal
from repairs.fields import cleaned
from repairs.models import Activity, FieldChange, OrderNote, RepairOrder, Shop, StatusChange
from repairs.models.orders import FIELDS
from repairs.reading import net_days
from repairs.returns import keep_day_back
from repairs.shop_names import by_name
from repairs.signals import OrderEvent, announce
from repairs.statuses import STATUSES, TO_SEND, Sheet, sheet_for, usual_next

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = [
    "EDITABLE",
    "add_note",
    "archive",
    "change_status",
    "create",
    "edit",
    "made_by",
    "mail_sent",
    "may_undo",
    "read_note",
    "record_event",
    "undo",
    "undoable",
    "usual_next",
]

# What a person may edit directly. Status and sheet have verbs of their own; the number is the identity.
EDITABLE = tuple(name for name in FIELDS if name not in ("number", "status"))
DAYS_OF_A_STATUS = ("status_date", "last_updated", "next_update")
UNDOABLE = (Activity.Verb.EDITED, Activity.Verb.STATUS, Activity.Verb.MOVED, Activity.Verb.NOTE)
# What who only works on orders takes back as well, when it is their own.
OWN_UNDOABLE = (Activity.Verb.STATUS, Activity.Verb.NOTE)
DAYS_AFTER_MAIL = timedelta(days=7)
Act = Callable[[RepairOrder], OrderEvent | None]
Clashes = Callable[[RepairOrder, FieldChange], bool]


def create(
    *, by: "User | None", shop: Shop, part_number: str, form_key: UUID | None = None, **fields: Any
) -> RepairOrder:
    """A new order with the next free number, status TO SEND, made today, on Active.

    `fields` may hold any of EDITABLE. Raises Refusal for a value that does not fit, AlreadyMade where an order was
    made with this `form_key` before.
    """
    values = cleaned(RepairOrder, {"shop": shop, "part_number": part_number, **fields}, allowed=EDITABLE)
    if not values["part_number"]:
        raise Refusal("An order needs a part number.", fields={"part_number": "Please enter a part number."})
    today = clock.today()
    starting = {
        "date_made": today,
        "status_date": today,
        "last_updated": today,
        "next_update": rules.next_update_after(TO_SEND, today),
    }
    with transaction.atomic(), _made_once(form_key):
        order = RepairOrder.objects.create(
            number=numbers.take_next(), status=TO_SEND, form_key=form_key, **(starting | values)
        )
        change = _status_change(order, by=by, old="", new=TO_SEND, unit_returned=None)
        written = {f: ("", v) for f, v in (starting | values).items() if v not in ("", None)}
        activity.record(order, verb=Activity.Verb.CREATED, by=by, changes=written | {"status": ("", TO_SEND)})
        announce(
            order, OrderEvent(created=True, fields=frozenset({"status", *written}), status_change=change)
        )
    return order


def made_by(form_key: UUID | None) -> RepairOrder | None:
    """The order that the form with this key has made."""
    return RepairOrder.objects.filter(form_key=form_key).first() if form_key else None


@contextmanager
def _made_once(form_key: UUID | None) -> Iterator[None]:
    """The key is unique in the database, which also decides where a form is sent twice at once."""
    if made := made_by(form_key):
        raise AlreadyMade(made)
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if made := made_by(form_key):
            raise AlreadyMade(made) from error
        raise


def edit(
    order: RepairOrder,
    *,
    by: "User | None",
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    merging: bool = False,
) -> RepairOrder:
    """Changes fields of an order (EDITABLE); what is the same already is not written.

    With `expected_version`, raises Conflict when somebody else changed the order since that version; with
    `merging` as well, only when one of these same fields has got another value since.
    """
    values = cleaned(RepairOrder, changes, allowed=EDITABLE)
    if values.get("part_number") == "":
        raise Refusal("An order needs a part number.", fields={"part_number": "Please enter a part number."})

    def act(locked: RepairOrder) -> OrderEvent | None:
        changed = _write(locked, values)
        if not changed:
            return None
        activity.record(locked, verb=Activity.Verb.EDITED, by=by, changes=changed)
        return OrderEvent(created=False, fields=frozenset(changed))

    return _on_locked(order, act, expected_version, only=_clashes(values) if merging else None)


def change_status(
    order: RepairOrder,
    *,
    by: "User | None",
    to: str,
    unit_returned: bool | None = None,
    next_update: date | None = None,
    expected_version: int | None = None,
    merging: bool = False,
) -> RepairOrder:
    """Sets a canonical status, from any other; the page warns of unusual moves, the verb never asks.

    Sets the status date and last update to today (the company's day), the next update by the office's rule for
    that status unless `next_update` is given, and the sheet by domain rule. The same status changes nothing,
    except that a unit now known to have come back (`unit_returned`) moves its order to Returns. `expected_version`
    and `merging` are those of `edit`.
    """
    if to not in STATUSES:
        raise Refusal(f"“{to}” is not a status.", fields={"status": "Please choose a status from the list."})
    own_day = cleaned(RepairOrder, {"next_update": next_update}, allowed=("next_update",))["next_update"]

    def act(locked: RepairOrder) -> OrderEvent | None:
        is_net = net_days(locked.terms) is not None
        sheet = sheet_for(to, net_terms=is_net, unit_returned=unit_returned, current=locked.sheet)
        if locked.status == to:
            return _tell_of_unit(locked, by=by, returned=unit_returned) if STATUSES[to].asks_return else None
        keep_day_back(locked)
        days = _days_from(to, own_day)
        return _set_status(locked, by=by, to=to, sheet=sheet.value, unit_returned=unit_returned, days=days)

    return _on_locked(order, act, expected_version, only=_clashes({"status": to}) if merging else None)


def read_note(text: str) -> str:
    """A note as it is kept. Raises Refusal for an empty one, and for one that no order could take."""
    note = str(cleaned(OrderNote, {"text": text}, allowed=("text",))["text"])
    if not note:
        raise Refusal("The note is empty.", fields={"text": "Please write something."})
    return note


def add_note(order: RepairOrder, *, by: "User | None", text: str) -> RepairOrder:
    """Adds a note, at the end of the order's notes and with its author and time in the list of notes."""
    note = read_note(text)

    def act(locked: RepairOrder) -> OrderEvent:
        whole = f"{locked.notes}\n{note}" if locked.notes else note
        changed = _write(locked, cleaned(RepairOrder, {"notes": whole}, allowed=("notes",), kept=True))
        OrderNote.objects.create(order=locked, text=note, by=by, by_name=activity.name_of(by))
        activity.record(locked, verb=Activity.Verb.NOTE, by=by, changes=changed, text=note)
        return OrderEvent(created=False, fields=frozenset(changed))

    return _on_locked(order, act, None)


def mail_sent(order: RepairOrder, *, by: "User | None", text: str) -> RepairOrder:
    """A mail about the order went to its shop: last updated is today, the next update is due in a week.

    An order at a status after which nothing is due, such as PAID, gets no next update from a mail either. `text`
    tells the history what was sent to whom.
    """
    today = clock.today()

    def act(locked: RepairOrder) -> OrderEvent:
        days = {"last_updated": today}
        if locked.status not in STATUSES or rules.next_update_after(locked.status, today) is not None:
            days["next_update"] = today + DAYS_AFTER_MAIL
        changed = _write(locked, days)
        activity.record(locked, verb=Activity.Verb.EMAIL, by=by, changes=changed, text=text)
        return OrderEvent(created=False, fields=frozenset(changed))

    return _on_locked(order, act, None)


def record_event(order: RepairOrder, *, verb: Activity.Verb, by: "User | None", text: str) -> None:
    """Tells the order's history of something that changed none of its fields."""
    activity.record(order, verb=verb, by=by, changes={}, text=text)


def archive(order: RepairOrder, *, by: "User | None", sheet: str) -> RepairOrder:
    """Puts an order on a sheet of the workbook whatever its status: Active, Net, Paid or Returns."""
    if sheet not in list(Sheet):
        raise Refusal(
            f"“{sheet}” is not a sheet of the workbook.", fields={"sheet": "Please choose a sheet."}
        )
    return _on_locked(order, lambda locked: _move(locked, by=by, sheet=Sheet(sheet)), None)


def undoable(order: RepairOrder) -> Activity | None:
    """The act that can be taken back: an edit, a status, a move or a note, when it made the present version."""
    made = order.activity.filter(order_version=order.version, verb__in=UNDOABLE)
    return made.filter(changes__isnull=False).distinct().first()


def may_undo(act: Activity, by: "User") -> bool:
    """Whether a person may take an act back: who edits orders, any; who works on them, what they did
    themselves: a status, a note, or how the unit travels.
    """
    if may(by, Ability.EDIT_ORDERS):
        return True
    own = act.by_id == by.pk and may(by, Ability.WORK_ON_ORDERS)
    return own and (act.verb in OWN_UNDOABLE or _is_tracking(act))


def _is_tracking(act: Activity) -> bool:
    """Whether it filled in how the unit travels and nothing else, which who works on orders is asked for."""
    fields = {change.field for change in act.changes.all()}
    return act.verb == Activity.Verb.EDITED and fields == {"tracking_number"}


def undo(order: RepairOrder, *, by: "User | None", act: int) -> RepairOrder:
    """Takes the last change back, by its id: in one new act, every field gets the value from before.

    A note goes from the list of notes too, for good; the history keeps what it said. Raises Refusal when it is not the
    last change any more, or for a shop that is not there any more; NotAllowed when the person may not.
    """

    def take_back(locked: RepairOrder) -> OrderEvent | None:
        last = undoable(locked)
        if last is None or last.pk != act:
            raise Refusal(f"That is not the last change of {locked.label} any more. Nothing was taken back.")
        if by is not None and not may_undo(last, by):
            raise NotAllowed(
                "You can take back your own notes, tracking numbers and changes of a status. "
                "Please ask the office for others."
            )
        before = _before(last)
        text = f"takes back what {last.by_name} did"
        if "status" in before:
            return _take_status_back(locked, by=by, before=before, text=text)
        changed = _write(locked, before)
        if not changed:
            return None
        verb = Activity.Verb(last.verb)
        if verb == Activity.Verb.NOTE:
            verb = Activity.Verb.NOTE_GONE
            _take_note_away(locked, last)
        activity.record(locked, verb=verb, by=by, changes=changed, text=text)
        return OrderEvent(created=False, fields=frozenset(changed))

    return _on_locked(order, take_back, None)


def _take_note_away(order: RepairOrder, act: Activity) -> None:
    """Takes the note of an act, which is the order's last, from its list of notes."""
    note = OrderNote.objects.filter(order=order, text=act.text, by_name=act.by_name).last()
    if note is not None:
        note.delete()


def _before(act: Activity) -> dict[str, Any]:
    """The values that an act replaced. Raises Refusal for a shop that is not there any more."""
    texts: dict[str, Any] = {change.field: change.old for change in act.changes.all()}
    if old := texts.get("shop"):
        texts["shop"] = by_name(old)
        if texts["shop"] is None:
            raise Refusal(f"There is no shop “{old}” any more. Nothing was taken back.")
    return cleaned(RepairOrder, texts, allowed=(*EDITABLE, "status", "status_text", "sheet"), kept=True)


def _take_status_back(
    order: RepairOrder, *, by: "User | None", before: Mapping[str, Any], text: str
) -> OrderEvent:
    days = {name: before.get(name, getattr(order, name)) for name in DAYS_OF_A_STATUS}
    _turn_last_step(order)
    return _set_status(
        order,
        by=by,
        to=before["status"],
        typed=before.get("status_text", ""),
        sheet=before.get("sheet", order.sheet),
        unit_returned=None,
        days=days,
        text=text,
        standing=StatusChange.Standing.TAKES_BACK,
    )


def _turn_last_step(order: RepairOrder) -> None:
    """The last step is taken back; where it was already, that is taken back now, and the step stands again."""
    standing = StatusChange.Standing
    last = order.status_changes.exclude(standing=standing.TAKES_BACK).last()
    if last:
        last.standing = standing.STANDS if last.standing == standing.TAKEN_BACK else standing.TAKEN_BACK
        last.save(update_fields=["standing"])


def lock_all_of(shop: Shop) -> None:
    """Locks the orders of a shop, which is about to change, until the transaction ends."""
    list(RepairOrder.objects.select_for_update().filter(shop=shop).order_by("pk").values_list("pk"))


def follow_shop(shop: Shop, *, by: "User | None", called: activity.Change) -> None:
    """Records and announces, on every order of a shop, that the shop is called differently (old name, new name).

    Call it inside the transaction that renames the shop.
    """
    for order in RepairOrder.objects.filter(shop=shop).order_by("pk"):
        order.version += 1
        order.save(update_fields=["version", "updated_at"])
        activity.record(order, verb=Activity.Verb.EDITED, by=by, changes={"shop": called})
        announce(order, OrderEvent(created=False, fields=frozenset({"shop"})))


def _on_locked(
    order: RepairOrder, act: Act, expected_version: int | None, *, only: Clashes | None = None
) -> RepairOrder:
    """Runs one act on the locked order in one transaction, announces what it did, and refreshes `order`."""
    with transaction.atomic():
        locked = RepairOrder.objects.select_for_update().get(pk=order.pk)
        if expected_version is not None and locked.version != expected_version:
            _refuse_late(locked, _changes_since(locked, expected_version), only)
        event = act(locked)
        if event:
            announce(locked, event)
    order.refresh_from_db()
    return order


def _refuse_late(order: RepairOrder, changes: list[FieldChange], only: Clashes | None) -> None:
    clashes = changes if only is None else [change for change in changes if only(order, change)]
    if clashes or only is None:
        raise Conflict(order, clashes)


def _clashes(wanted: Mapping[str, Any]) -> Clashes:
    """Whether a change made meanwhile stands against the wanted values: the same field, and another value."""

    def clashes(order: RepairOrder, change: FieldChange) -> bool:
        return change.field in wanted and getattr(order, change.field) != wanted[change.field]

    return clashes


def _changes_since(order: RepairOrder, version: int) -> list[FieldChange]:
    since = FieldChange.objects.filter(activity__order=order, activity__order_version__gt=version)
    return list(since.select_related("activity"))


def _write(order: RepairOrder, values: Mapping[str, Any]) -> dict[str, activity.Change]:
    """Writes the values that differ and counts the version up; gives the old and new value of each."""
    changed = {f: (getattr(order, f), v) for f, v in values.items() if getattr(order, f) != v}
    if changed:
        for field, (_, new) in changed.items():
            setattr(order, field, new)
        order.version += 1
        order.save(update_fields=[*changed, "version", "updated_at"])
    return changed


def _days_from(status: str, next_update: date | None) -> dict[str, date | None]:
    """The days that setting a status today sets: the next update by the office's rule, unless it is given."""
    today = clock.today()
    due = next_update or rules.next_update_after(status, today)
    return {"status_date": today, "last_updated": today, "next_update": due}


def _set_status(
    order: RepairOrder,
    *,
    by: "User | None",
    to: str,
    sheet: str,
    unit_returned: bool | None,
    days: Mapping[str, date | None],
    text: str = "",
    typed: str = "",
    standing: StatusChange.Standing = StatusChange.Standing.STANDS,
) -> OrderEvent:
    """`typed` is what stood in the workbook in place of a status; only taking a change back sets it again."""
    old = order.shown_status
    changed = _write(order, {"status": to, "status_text": typed, "sheet": sheet, **days})
    change = _status_change(
        order, by=by, old=old, new=order.shown_status, unit_returned=unit_returned, standing=standing
    )
    activity.record(order, verb=Activity.Verb.STATUS, by=by, changes=changed, text=text)
    return OrderEvent(created=False, fields=frozenset(changed), status_change=change)


def _status_change(
    order: RepairOrder,
    *,
    by: "User | None",
    old: str,
    new: str,
    unit_returned: bool | None,
    standing: StatusChange.Standing = StatusChange.Standing.STANDS,
) -> StatusChange:
    return StatusChange.objects.create(
        order=order,
        from_status=old[:255],
        to_status=new[:255],
        at=clock.now(),
        on=clock.today(),
        by=by,
        by_name=activity.name_of(by),
        unit_returned=unit_returned,
        standing=standing,
    )


def _tell_of_unit(order: RepairOrder, *, by: "User | None", returned: bool | None) -> OrderEvent | None:
    """An order that is away for good is on Returns once its unit is back; that it is not back says so already."""
    if returned is False and order.sheet == Sheet.RETURNS:
        told = f"{order.label} is on {Sheet.RETURNS}, since its unit came back. If it did not, put it on another sheet."
        raise Refusal(told, fields={"unit_returned": told})
    return _move(order, by=by, sheet=Sheet.RETURNS) if returned else None


def _move(order: RepairOrder, *, by: "User | None", sheet: Sheet) -> OrderEvent | None:
    changed = _write(order, {"sheet": sheet.value})
    if not changed:
        return None
    activity.record(order, verb=Activity.Verb.MOVED, by=by, changes=changed)
    return OrderEvent(created=False, fields=frozenset(changed))
