"""Nothing is written by a reading that has grown old, and no row deleted, before a second look at what stands there."""

from typing import Any

import pytest

from sync import flush, layout, runs
from sync.models import Attention, RunStep
from tests.flush.house import House
from tests.flush.ledger import NUMBERS
from tests.flush.test_edits_between import AT_TOP, SORTED
from tests.flush.test_faults import LOOKING_AGAIN, READING, WRITE_STEP, WRITING

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 0.2  # seconds after which a reading counts as old here, so that nobody waits for it
APART = 300  # so many rows of 20 cells are all that one step writes
# A whole row is read before it is copied to, twice here, and before it is deleted.
WHOLE_ROW = {"method": "GET", "in_batch": True, "path_regex": r"'A([2-9]|1\d):[B-Z]\w*?\1'", "nth": 3}
SPREAD = (
    "Active",
    "Net",
    "Paid",
)  # with their 12 + 4 + 4 rows and the last sheet 21 steps, and 20 go into a batch


def spread_out(house: House) -> None:
    """A person pulls the rows of three sheets so far apart that no step reaches from one to the next."""
    for sheet in SPREAD:
        for row in range(len(NUMBERS[sheet]) + 1, 2, -1):
            house.person(sheet, *[{"insert_row": {"at": row}}] * APART)


def what_was_asked(house: House) -> list[str]:
    """The batches in their order, by what they were for."""
    methods = [{step["method"] for step in entry["steps"]} for entry in house.log() if entry["steps"]]
    return ["write" if asked & {"PATCH", "POST"} else "read" for asked in methods]


def shifts_told() -> list[str]:
    return list(RunStep.objects.filter(text__contains="had shifted").values_list("text", flat=True))


def test_what_a_person_moved_before_the_second_look_is_not_hit(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every reading counts as old, so that each writing is looked at again, and a delete is looked at always."""
    monkeypatch.setattr(flush, "FRESH", 0.0)
    house.edit(38009, notes="ours")
    house.status(38005, "SCRAP")
    house.fault("edit", match=READING | {"nth": 3}, sheet="Active", ops=[AT_TOP])  # before the first writing
    house.fault("edit", match=WHOLE_ROW, sheet="Active", ops=[SORTED])  # before the removal
    house.forget()
    house.drain()
    asked = what_was_asked(house)
    assert asked.count("write") == 2, "one for the copy with the changed cells, one for the old row"
    assert RunStep.objects.filter(text__startswith="Somebody changed what was about").count() == 2
    assert shifts_told() == []
    house.assert_at_rest()


def test_each_half_of_a_post_that_was_too_large_waits_for_a_second_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flush, "FRESH", 0.0)
    house.edit(38002, notes="on a sheet")
    house.edit(38102, notes="on another sheet")
    house.forget()
    house.fault("status", match=READING | {"nth": 4}, status=413)  # after the reading and a first look
    house.drain()
    asked = what_was_asked(house)
    assert asked.count("write") == 2, "the halves of the post that was refused"
    assert all(asked[place - 1] == "read" for place, what in enumerate(asked) if what == "write")
    house.assert_at_rest()


def test_each_later_batch_waits_for_a_second_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at what one batch writes to says nothing about the next."""
    monkeypatch.setattr(flush, "FRESH", SOON)
    monkeypatch.setattr(layout, "MAX_STEPS", 8)
    spread_out(house)
    for number in [number for numbers in NUMBERS.values() for number in numbers]:
        house.edit(number, date_made="2026-10-05", next_update="2026-12-24")
    house.forget()
    house.fault("delay", match=WRITE_STEP, seconds=SOON)
    house.drain()
    first, *later = [place for place, what in enumerate(what_was_asked(house)) if what == "write"]
    assert len(later) == 2
    assert first + 1 < later[0] < later[1] - 1
    house.assert_at_rest()


def test_a_row_that_a_person_begins_below_all_others_is_not_written_to(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they have typed only into cells that our new row leaves blank."""
    monkeypatch.setattr(flush, "FRESH", 0.0)
    order = house.create("NEW-1")
    row = len(house.rows("Active")) + 1
    typed = {f"F{row}": "typed by a person", f"W{row}": "their mark"}
    house.fault("edit", match=READING | {"nth": 3}, sheet="Active", ops=[{"set": typed}])
    house.drain()
    assert house.place(order.number) == ("Active", row + 1)
    assert house.rows("Active")[row - 1][5] == "typed by a person"
    house.assert_at_rest()


def test_a_row_that_a_person_deletes_after_a_failed_look_is_a_question(house: House) -> None:
    """The look is the first thing of a delete, so nothing was to be deleted yet."""
    house.status(38005, "SCRAP")
    house.fault("status", match=LOOKING_AGAIN, status=500)
    runs.sweep()
    assert len(house.places(38005)) == 2
    sheet, row = house.place(38002)
    house.person(sheet, {"delete_row": row})
    house.all_well()
    house.end_backoff()
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(38002, Attention.GONE)]
    assert house.places(38002) == []
    assert shifts_told() == []


@pytest.mark.parametrize("match", [WRITING, WRITE_STEP], ids=["the post", "a step in it"])
def test_what_was_never_sent_is_looked_for_nowhere(house: House, match: dict[str, Any]) -> None:
    """Excel refused our writing; then a person sorts the rows and says the same of two other orders."""
    house.edit(38005, terms="COD")
    house.fault("status", match=match, status=429, retry_after=1)
    runs.sweep()
    assert house.cell(38005, "terms") != "COD"
    house.person("Active", SORTED)
    house.types(38002, terms="COD")
    house.types(38011, terms="COD")
    house.all_well()
    house.end_backoff()
    house.drain()
    assert [house.cell(number, "terms") for number in (38002, 38005, 38011)] == ["COD"] * 3
    assert shifts_told() == []
    house.assert_at_rest(without=(38002, 38011))
