"""Notes, and the old machine format that some of them hold."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from repairs.reading import notes_cell, read_notes

OLD = (
    'HISTORY:[{"status": "WAITING QUOTE", "date": "2026-10-07T12:00:00.000Z", "user": "office@example.com"},'
    ' {"status": "Shipped", "date": "10/21/2026", "user": "ann", "cost": 1250.5, "more": {"x": [1]}}]'
    "|NOTES:quote 2 of 3\nsee |NOTES: below "
)


def test_the_old_format_is_taken_apart() -> None:
    notes = read_notes(OLD).value
    assert notes.note == "quote 2 of 3\nsee |NOTES: below"
    first, second = notes.history
    assert (first.status, first.on, first.user, first.cost) == (
        "WAITING QUOTE", date(2026, 10, 7), "office@example.com", None,
    )  # fmt: skip
    assert first.at == datetime(2026, 10, 7, 12, tzinfo=UTC)
    assert (second.status, second.on, second.at, second.cost) == (
        "Shipped", date(2026, 10, 21), None, Decimal("1250.50"),
    )  # fmt: skip


@pytest.mark.parametrize("cell", ["HISTORY:[]|NOTES:", "HISTORY:[]", ' HISTORY:[{"status":""}]|NOTES:  '])
def test_a_history_without_a_note_leaves_an_empty_note(cell: str) -> None:
    assert (read_notes(cell).value.note, read_notes(cell).problem) == ("", None)


@pytest.mark.parametrize(
    "cell",
    ["HISTORY:[{]|NOTES:x", "HISTORY:", "HISTORY:{}|NOTES:x", "HISTORY:[1]|NOTES:x", 'HISTORY:[{"date":1}]|NOTES:x',
     "HISTORY:[] and so on", "HISTORY:" + "[" * 30_000],
)  # fmt: skip
def test_a_damaged_history_is_kept_whole_as_the_note_and_listed(cell: str) -> None:
    read = read_notes(cell)
    assert (read.value.note, read.value.history) == (cell, ())
    assert read.problem


def in_history(**entry: object) -> str:
    return f"HISTORY:[{json.dumps({'status': 'SHIPPED', **entry})}]|NOTES:core due"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"date": "sometime in May"}, "date “sometime in May”"),
        ({"date": "24/11/2025"}, "date “24/11/2025”"),
        ({"cost": "TBD"}, "cost “TBD”"),
        ({"cost": 12.345}, "cost “12.345”"),
        ({"cost": [5]}, "cost “['5']”"),
        ({"user": {"name": "ann"}}, "user “{'name': 'ann'}”"),
        ({"user": "a" * 151}, f"user “{'a' * 151}”"),
        ({"remark": "call Bob 305"}, "remark “call Bob 305”"),
    ],
)
def test_what_a_history_says_beyond_what_is_kept_is_listed(entry: dict[str, object], told: str) -> None:
    read = read_notes(in_history(**entry))
    assert (read.value.note, len(read.value.history), read.understood) == ("core due", 1, True)
    assert read.problem == f"In the history in front of this note, please look at {told}."


def test_everything_in_it_that_needs_a_look_is_in_one_sentence() -> None:
    read = read_notes(in_history(date="May", cost="TBD", remark="call Bob", next={}))
    assert read.problem == (
        "In the history in front of this note, please look at date “May”, cost “TBD”, remark “call Bob”."
    )


@pytest.mark.parametrize(
    "entry", [{}, {"date": "", "cost": None}, {"date": "5/1/2025", "user": "ann", "cost": "$5", "remark": ""}]
)
def test_a_plain_history_needs_no_look(entry: dict[str, object]) -> None:
    assert read_notes(in_history(**entry)).problem is None


def test_an_ordinary_note_is_itself() -> None:
    assert read_notes("see HISTORY:[]|NOTES:").value.note == "see HISTORY:[]|NOTES:"
    assert notes_cell("core due back") == "core due back"


def test_a_note_that_looks_like_the_old_format_is_written_so_that_it_reads_back() -> None:
    assert read_notes(notes_cell("HISTORY:[]|NOTES:x")).value.note == "HISTORY:[]|NOTES:x"
