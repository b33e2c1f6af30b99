"""The writing tools. Each says what its verb would do; nothing is done before a person confirms it (ai.proposals)."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from ai import research
from ai.models import Brief
from ai.tools.base import Given, Wish, order_of, shop_named
from notifications import followups, queue
from notifications.forms import RemindForm
from notifications.models import Notification
from people.abilities import Ability
from repairs import clock, orders
from repairs.errors import Refusal
from repairs.forms import NEW_FIELDS, NewOrderForm, NoteForm, OrderForm, SheetForm, StatusForm, shown_values
from repairs.models import RepairOrder
from repairs.orders import EDITABLE
from repairs.reading import read_date
from repairs.statuses import ASK_RETURN, STATUSES, Sheet, read_status, status_word
from repairs.templatetags.orders import field_label

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.forms import Form

NUMBER = {"number": "the RO number, such as G38573"}
RETURNED = ("yes", "no")


def _valid(form: "Form") -> dict[str, Any]:
    """What a form of the pages took. Raises Refusal with what it found."""
    if not form.is_valid():
        told = "; ".join(
            f"{field_label(name)}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()
        )
        raise Refusal(f"Please check what was given ({told}).")
    return form.cleaned_data


def _the(order: RepairOrder | None) -> RepairOrder:
    if order is None:
        raise Refusal("The order is gone.")
    return order


def _day(typed: str) -> date | None:
    """The day that a text names, read as on the pages; None where it names none."""
    read = read_date(typed)
    if read.problem:
        raise Refusal(read.problem)
    return read.value


def _pin_shop(given: Given) -> Given:
    """The whole name of the shop that a part of one means."""
    return given | ({"shop": shop_named(given["shop"]).name} if given.get("shop") else {})


def _create(given: Given, person: "User", _: RepairOrder | None) -> RepairOrder:
    data = {**given, "shop": shop_named(given["shop"]).pk}
    return orders.create(by=person, **_valid(NewOrderForm(data)))


def _edit(given: Given, person: "User", order: RepairOrder | None) -> RepairOrder:
    order = _the(order)
    changes = {name: value for name, value in given.items() if name != "number"}
    if not changes:
        raise Refusal("Nothing was named that should be changed.")
    if "shop" in changes:
        changes["shop"] = str(shop_named(changes["shop"]).pk)
    form = OrderForm(order, {**shown_values(order), **changes})
    _valid(form)
    return orders.edit(order, by=person, changes=form.changes(), expected_version=order.version)


def _set_status(given: Given, person: "User", order: RepairOrder | None) -> RepairOrder:
    order = _the(order)
    status = read_status(given["status"]) or given["status"]
    data: Mapping[str, Any] = {
        "status": status,
        "unit_returned": given.get("unit_returned", ""),
        "next_update": given.get("next_update", ""),
        "expected_version": order.version,
    }
    form = StatusForm(order, data)
    taken = _valid(form)
    return orders.change_status(
        order,
        by=person,
        to=taken["status"],
        unit_returned=taken["unit_returned"],
        next_update=_day(taken["next_update"]),
        expected_version=order.version,
    )


def _archive(given: Given, person: "User", order: RepairOrder | None) -> RepairOrder:
    taken = _valid(SheetForm({"sheet": given["sheet"]}))
    return orders.archive(_the(order), by=person, sheet=taken["sheet"])


def _note(given: Given, person: "User", order: RepairOrder | None) -> RepairOrder:
    return orders.add_note(_the(order), by=person, text=_valid(NoteForm({"text": given["text"]}))["text"])


def _draft(given: Given, person: "User", order: RepairOrder | None) -> Notification:
    draft = queue.draft_for(_the(order), cause=Notification.Cause.BY_HAND, by=person)
    if draft is None:
        raise Refusal("There is a draft about this order already, or its status has no template.")
    return draft


def _remind(given: Given, person: "User", order: RepairOrder | None) -> RepairOrder:
    taken = _valid(RemindForm({"day": given["day"], "text": given["text"]}))
    day = _day(taken["day"])
    if day is None:
        raise Refusal("Please name the day.")
    followups.remind(_the(order), by=person, day=day, text=taken["text"])
    return _the(order)


def _research(given: Given, person: "User", _: RepairOrder | None) -> Brief:
    if given.get("number"):
        return research.start(by=person, order=order_of(given["number"]))
    return research.start(by=person, part=given.get("part", ""))


def _labelled(order: RepairOrder | None) -> str:
    return order.label if order else ""


def _title_of_status(given: Given, order: RepairOrder | None) -> str:
    return f"Set {_labelled(order)} to “{status_word(read_status(given['status']) or given['status'])}”"


def _title_of_reminder(given: Given, order: RepairOrder | None) -> str:
    day = read_date(given["day"]).value
    return f"Remind you about {_labelled(order)} on {clock.written(day) if day else given['day'][:20]}"


def _of_order(
    name: str,
    description: str,
    *needed: str,
    act: Callable[[Given, "User", RepairOrder | None], Any],
    title: Callable[[Given, RepairOrder | None], str],
    needs: Ability = Ability.WORK_ON_ORDERS,
    inputs: Mapping[str, str] | None = None,
    **more: Any,
) -> Wish:
    """A wish about the order whose number it takes; `needed` are the other inputs that must be given."""
    taken = NUMBER | dict(inputs or {})
    return Wish(name, description, taken, ("number", *needed), needs=needs, act=act, title=title, **more)


WISHES = (
    Wish(
        "create_order",
        "Proposes a new repair order. The person sees it and confirms or discards it.",
        {name: field_label(name) for name in NEW_FIELDS} | {"shop": "the shop's name"},
        ("shop", "part_number"),
        needs=Ability.EDIT_ORDERS,
        act=_create,
        pin=_pin_shop,
        title=lambda given, _: f"Make an order for {given['part_number'][:80]} at {given['shop'][:80]}",
        of_order=False,
    ),
    _of_order(
        "edit_order",
        "Proposes to change fields of an order; name only those that change. Not for the status.",
        needs=Ability.EDIT_ORDERS,
        inputs={name: field_label(name) for name in EDITABLE if name != "status_date"}
        | {"shop": "the shop's name", "notes": "the whole notes; to add one use add_note"},
        act=_edit,
        pin=_pin_shop,
        title=lambda _, order: f"Change {_labelled(order)}",
        keeps_basis=True,
    ),
    _of_order(
        "change_status",
        "Proposes to set an order's status.",
        "status",
        inputs={
            "status": f"one of {', '.join(STATUSES)}",
            "unit_returned": f"for {ASK_RETURN}: whether the unit came back; leave out if not known",
            "next_update": "a day, only to override the office's rule",
        },
        choices={"unit_returned": RETURNED},
        act=_set_status,
        title=_title_of_status,
        keeps_basis=True,
    ),
    _of_order(
        "archive_order",
        "Proposes to put an order on a sheet of the workbook, whatever its status.",
        "sheet",
        needs=Ability.EDIT_ORDERS,
        inputs={"sheet": "the sheet"},
        choices={"sheet": tuple(sheet.value for sheet in Sheet)},
        act=_archive,
        title=lambda given, order: f"Put {_labelled(order)} on the sheet {given['sheet']}",
        keeps_basis=True,
    ),
    _of_order(
        "add_note",
        "Proposes to add a note to an order.",
        "text",
        inputs={"text": "the note"},
        act=_note,
        title=lambda _, order: f"Add a note to {_labelled(order)}",
    ),
    _of_order(
        "draft_email",
        "Proposes to put a draft to the order's shop into the queue. It is sent only after a person approves it there.",
        needs=Ability.DECIDE_MAIL,
        act=_draft,
        title=lambda _, order: f"Draft an email to the shop about {_labelled(order)}",
    ),
    Wish(
        "research_part",
        "Proposes to gather what the database knows of a part on one page: past repairs, shops, costs, stock.",
        {"part": "the part number", "number": "or the RO number of an order with that part"},
        act=_research,
        title=lambda given, _: f"Research {given.get('part') or given.get('number', '')}"[:200],
        of_order=False,
    ),
    _of_order(
        "remind_me",
        "Proposes a reminder about an order for the person who asks.",
        "day",
        "text",
        inputs={"day": "the day, such as 2026-03-24", "text": "what to be reminded of"},
        act=_remind,
        title=_title_of_reminder,
    ),
)


def subject_of(wish: Wish, given: Given) -> RepairOrder | None:
    """The order that a wish is about."""
    return order_of(given["number"]) if wish.of_order else None
