"""The last change of an order can be taken back, through the verbs: with history, and for everybody who listens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from people.roles import Role, give
from repairs import orders, shops
from repairs.errors import NotAllowed, Refusal
from repairs.models import Activity, RepairOrder, StatusChange
from tests.domain.asides import acts, kept, told

UNCOUNTED = ("version", "updated_at")


@pytest.fixture(autouse=True)
def _roles(amy: User, tom: User) -> None:
    give(amy, Role.OFFICE)
    give(tom, Role.TECHNICIAN)


def without_counting(order: RepairOrder) -> dict[str, Any]:
    return {name: value for name, value in kept(order).items() if name not in UNCOUNTED}


def take_back(order: RepairOrder, by: User) -> RepairOrder:
    last = orders.undoable(order)
    assert last
    return orders.undo(order, by=by, act=last.pk)


Change = Callable[[RepairOrder, User], object]


def edit_many(order: RepairOrder, by: User) -> None:
    other = shops.create(by=by, name="Coastal Avionics")
    changes = {
        "shop": other,
        "final_cost": "12.50",
        "next_update": "",
        "notes": "one\ntwo",
        "terms": "NET 30",
    }
    orders.edit(order, by=by, changes=changes)


def change_status(order: RepairOrder, by: User) -> None:
    orders.change_status(order, by=by, to="BER", unit_returned=True)


def add_tracking(order: RepairOrder, by: User) -> None:
    orders.edit(order, by=by, changes={"tracking_number": "1Z999AA10123456784"})


def move(order: RepairOrder, by: User) -> None:
    orders.archive(order, by=by, sheet="Paid")


@pytest.mark.parametrize("change", [edit_many, change_status, move])
def test_everything_is_as_before_and_the_history_tells_of_both(
    order: RepairOrder, amy: User, tom: User, change: Change
) -> None:
    before = without_counting(order)
    change(order, tom)
    assert without_counting(order) != before
    take_back(order, amy)
    assert without_counting(order) == before
    did, undid = acts(order)[-2:]
    assert (undid.by_name, undid.verb, undid.text) == ("amy", did.verb, "takes back what tom did")
    assert told(undid) == {field: (new, old) for field, (old, new) in told(did).items()}


def test_what_was_taken_back_can_be_done_again(order: RepairOrder, amy: User) -> None:
    change_status(order, amy)
    after = without_counting(order)
    take_back(order, amy)
    take_back(order, amy)
    assert without_counting(order) == after


@pytest.mark.parametrize(
    ("change", "who", "allowed"),
    [
        (change_status, "tom", True),
        (change_status, "amy", False),
        (edit_many, "tom", False),
        (add_tracking, "tom", True),
        (add_tracking, "amy", False),
        (move, "tom", False),
    ],
)
def test_a_technician_takes_back_their_own_change_of_a_status(
    order: RepairOrder, amy: User, tom: User, change: Change, who: str, allowed: bool
) -> None:
    before = without_counting(order)
    change(order, {"amy": amy, "tom": tom}[who])
    if allowed:
        take_back(order, tom)
        assert without_counting(order) == before
    else:
        with pytest.raises(NotAllowed, match="your own notes, tracking numbers and changes of a status"):
            take_back(order, tom)
        assert without_counting(order) != before
    give(tom, Role.VIEWER)
    with pytest.raises(NotAllowed):
        take_back(order, tom)


def test_a_status_taken_back_is_a_change_of_status(order: RepairOrder, amy: User) -> None:
    orders.change_status(order, by=amy, to="APPROVED")
    take_back(order, amy)
    change = StatusChange.objects.filter(order=order).last()
    assert change
    assert (change.from_status, change.to_status) == ("APPROVED", "TO SEND")


def test_only_the_last_change(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"terms": "COD"})
    shown = orders.undoable(order)
    assert shown
    orders.edit(order, by=amy, changes={"notes": "later"})
    with pytest.raises(Refusal, match="not the last change"):
        orders.undo(order, by=amy, act=shown.pk)
    assert RepairOrder.objects.get(pk=order.pk).terms == "COD"


def test_what_is_no_change_of_a_persons_is_not_taken_back(order: RepairOrder, amy: User) -> None:
    assert orders.undoable(order) is None  # it was created
    orders.edit(order, by=amy, changes={"terms": "COD"})
    orders.record_event(order, verb=Activity.Verb.EMAIL, by=None, text="a draft waits")
    assert orders.undoable(order)  # what changed no field stands in nobody's way
    orders.mail_sent(order, by=amy, text="sent it")
    assert orders.undoable(order) is None


@pytest.mark.parametrize("typed", ["ask Bob", "", "im\u202eported"])
def test_what_stood_in_place_of_a_status_stands_there_again(
    order: RepairOrder, amy: User, typed: str
) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(status="", status_text=typed)
    order.refresh_from_db()
    before = without_counting(order)
    orders.change_status(order, by=amy, to="COMPLETE")
    after = without_counting(order)
    take_back(order, amy)
    assert without_counting(order) == before
    change = StatusChange.objects.filter(order=order).last()
    assert change
    assert (change.from_status, change.to_status) == ("COMPLETE", typed)
    assert str(change) == f"Complete → {typed or '(none)'}"
    take_back(order, amy)
    assert without_counting(order) == after


def test_the_last_note_goes_from_the_notes_and_the_history_keeps_both(
    order: RepairOrder, amy: User, tom: User
) -> None:
    orders.edit(order, by=amy, changes={"notes": "typed in Excel"})
    orders.add_note(order, by=tom, text="called")
    before = without_counting(order)
    orders.add_note(order, by=tom, text="called")
    take_back(order, tom)
    assert without_counting(order) == before
    assert [note.text for note in order.added_notes.all()] == ["called"]
    did, undid = acts(order)[-2:]
    assert (did.verb, did.text) == ("note added", "called")
    assert (undid.verb, undid.text, undid.by_name) == ("note taken back", "takes back what tom did", "tom")
    assert told(undid) == {field: (new, old) for field, (old, new) in told(did).items()}
    assert orders.undoable(order) is None, "the list of notes would not get it back"
    orders.add_note(order, by=tom, text="by tom")
    take_back(order, amy)
    assert order.notes == "typed in Excel\ncalled"
    orders.add_note(order, by=amy, text="by amy")
    with pytest.raises(NotAllowed, match="your own notes"):
        take_back(order, tom)
    assert order.added_notes.count() == 2
