"""Adding a note: at the end of the notes that Excel shows, and with its author and time in the list."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import User

from repairs import orders
from repairs.errors import Refusal
from repairs.models import OrderNote, RepairOrder
from tests.domain.asides import acts, kept, told

NOON = dt.datetime(2026, 2, 10, 17, tzinfo=dt.UTC)


@time_machine.travel(NOON, tick=False)
def test_notes_stand_one_below_the_other_and_each_has_its_author(
    order: RepairOrder, amy: User, tom: User
) -> None:
    orders.add_note(order, by=amy, text=" left a message ")
    orders.add_note(order, by=tom, text="unit on bench 4\r\nno tags")
    assert order.notes == "left a message\nunit on bench 4\nno tags"
    assert order.version == 3
    listed = list(order.added_notes.values_list("text", "by__username", "by_name", "at"))
    assert listed == [
        ("left a message", "amy", "amy", NOON),
        ("unit on bench 4\nno tags", "tom", "tom", NOON),
    ]


def test_the_activity_tells_the_note(order: RepairOrder, tom: User) -> None:
    orders.edit(order, by=tom, changes={"notes": "typed in Excel"})
    orders.add_note(order, by=tom, text="called")
    act = acts(order)[-1]
    assert (act.verb, act.text, act.by_name) == ("note added", "called", "tom")
    assert told(act) == {"notes": ("typed in Excel", "typed in Excel\ncalled")}


def test_the_same_note_again_is_a_second_note(order: RepairOrder, tom: User) -> None:
    orders.add_note(order, by=tom, text="called")
    orders.add_note(order, by=tom, text="called")
    assert order.notes == "called\ncalled"
    assert order.added_notes.count() == 2


def test_marks_that_were_imported_keep_no_note_out(order: RepairOrder, tom: User) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(notes="im\u202eported", version=order.version)
    orders.add_note(order, by=tom, text="called")
    assert order.notes == "im\u202eported\ncalled"


@pytest.mark.parametrize("text", ["", " \n ", "bell \x07", "turned \u202e", "n" * 32_768])
def test_what_is_no_note_is_refused(order: RepairOrder, tom: User, text: str) -> None:
    before = kept(order)
    with pytest.raises(Refusal) as refusal:
        orders.add_note(order, by=tom, text=text)
    assert list(refusal.value.fields) == ["text"]
    assert (kept(order), OrderNote.objects.count()) == (before, 0)


def test_a_note_that_no_longer_fits_into_the_cell_is_refused(order: RepairOrder, tom: User) -> None:
    orders.add_note(order, by=tom, text="n" * 32_000)
    before = kept(order)
    with pytest.raises(Refusal, match="32,767 characters"):
        orders.add_note(order, by=tom, text="m" * 767)
    assert (kept(order), OrderNote.objects.count()) == (before, 1)
