"""People insert, sort and delete rows between our reading and our writing; the read-back finds it and mends it."""

import zlib
from pathlib import Path
from typing import Any

import pytest

from sync import attention
from sync.models import Attention, BeforeImage
from tests.flush.house import House
from tests.flush.ledger import NUMBERS
from tests.flush.points import Point, kill_at
from tests.flush.test_faults import DELETING, READ_BACK, THROTTLED, WRITE_STEP, WRITING
from tests.flush.test_gone_rows import copied, lose
from tests.flush.workers import Nursery

pytestmark = pytest.mark.django_db(transaction=True)

AT_TOP = {"insert_row": {"at": 2, "values": ["", "", "", "a row of a person's"]}}
SORTED = {"sort": {"column": "A", "descending": True}}
DELETED = {"delete_row": 2}
TYPED = {"set": {"Q3": "typed by a person"}}
EDITS = [
    pytest.param(edit, id=name) for name, edit in (("insert", AT_TOP), ("sort", SORTED), ("delete", DELETED))
]


def others(house: House, *ours: int) -> list[list[Any]]:
    """The rows of all orders but ours, as they stand, in any order."""
    return sorted(row for sheet in NUMBERS for row in house.rows(sheet)[1:] if row[0] and row[0] not in ours)


def gone(edit: dict[str, Any]) -> tuple[int, ...]:
    return (38001,) if edit is DELETED else ()


@pytest.mark.parametrize("edit", EDITS)
def test_between_reading_and_updating(house: House, edit: dict[str, Any]) -> None:
    before = others(house, 38001, 38005, 38009)
    house.edit(38005, notes="ours", final_cost="12.5")
    house.edit(38009, tracking_number="00123")
    house.fault("edit", match=WRITING, sheet="Active", ops=[edit, TYPED])
    house.drain()
    house.drain()
    (typed,) = [row[0] for row in house.rows("Active") if row[16] == "typed by a person"]
    house.assert_agreement(without=(*gone(edit), typed))
    assert {row[0] for row in others(house, 38001, 38005, 38009) if row not in before} <= {typed}
    assert house.cell(typed, "notes") == f"note {typed}"


@pytest.mark.parametrize("edit", EDITS)
def test_between_reading_and_adding(house: House, edit: dict[str, Any]) -> None:
    before = others(house, 38001)
    order = house.create("NEW-1", serial_number="00123")
    house.fault("edit", match=WRITING, sheet="Active", ops=[edit])
    house.drain()
    house.drain()
    house.assert_agreement(without=gone(edit))
    house.assert_not_ours_untouched()
    assert others(house, 38001, order.number) == before


@pytest.mark.parametrize("edit", EDITS)
def test_between_reading_and_copying_a_row(house: House, edit: dict[str, Any]) -> None:
    before = others(house, 38301, 38001, 38005)
    house.status(38005, "SCRAP")
    house.fault("edit", match=WRITING, sheet="Returns", ops=[edit])
    house.drain()
    house.drain()
    house.assert_agreement(without=(38301,) if edit is DELETED else ())
    house.assert_not_ours_untouched()
    assert others(house, 38301, 38001, 38005) == before


@pytest.mark.parametrize("edit", EDITS)
def test_between_the_read_back_and_the_removal_of_the_old_row(house: House, edit: dict[str, Any]) -> None:
    before = others(house, 38001, 38005, 38008)
    house.status(38005, "SCRAP")
    house.status(38008, "SCRAP")
    house.fault("edit", match=DELETING, sheet="Active", ops=[edit])
    house.drain()
    house.drain()
    house.assert_agreement(without=gone(edit))
    house.assert_not_ours_untouched()
    assert others(house, 38001, 38005, 38008) == before


@pytest.mark.parametrize(
    "written_by",
    [
        "this version",
        *(
            pytest.param(other, marks=pytest.mark.chaos)
            for other in ("an older one", "an older one after this")
        ),
    ],
)
def test_after_a_death(house: House, nursery: Nursery, tmp_path: Path, written_by: str) -> None:
    """What an older version wrote is not repaired, since it did not keep what it sent; all else goes on."""
    before = others(house, 38001, 38005)
    house.edit(38005, notes="ours")
    house.fault("edit", match=WRITING, sheet="Active", ops=[AT_TOP])
    kill_at(house, lambda: nursery.start("drain", tmp_path), Point("the read-back", READ_BACK, fate="late"))
    image = BeforeImage.objects.get()
    if written_by == "an older one":
        image.sent = None
    elif written_by == "an older one after this":
        image.data = zlib.compress(zlib.decompress(image.data), level=9)
    image.save()
    house.let_leases_run_out()
    house.drain()
    house.drain()
    assert house.cell(38005, "notes") == "ours"
    assert (others(house, 38001, 38005) == before) is (written_by == "this version")


def hit_a_row_for_good(house: House) -> None:
    """Our writing hits the row of 38004, and Excel does not let us put it back."""
    house.edit(38005, notes="ours")
    house.edit(38006, notes="ours too")
    house.fault("edit", match=WRITING, sheet="Active", ops=[AT_TOP])
    refused = {"method": "PATCH", "in_batch": True, "path_regex": r"S6\b|S6:|:S6"}
    house.fault("status", match=refused | {"nth": 2}, times=None, status=400)
    house.drain()


def test_a_row_that_excel_does_not_let_us_put_back_stops_only_its_order(house: House) -> None:
    hit_a_row_for_good(house)
    house.edit(38102, notes="another sheet")
    report = house.drain()
    (asked,) = report["needs_attention"]
    assert (asked["order"], asked["code"]) == (38004, Attention.REFUSED)
    assert "“note 38004” belongs there" in asked["reason"]
    assert [house.cell(n, "notes") for n in (38005, 38006, 38102)] == ["ours", "ours too", "another sheet"]


def test_nobody_is_asked_about_an_order_that_was_left_out(house: House) -> None:
    row = copied(house.row(38004))
    lose(house, 38004)
    house.edit(38012, notes="x")
    house.drain()
    attention.leave_out(house.replica(38004), by=None)
    house.person("Active", {"insert_row": {"at": 5, "values": row}})
    hit_a_row_for_good(house)
    assert house.cell(38004, "notes") == "ours"
    assert house.replica(38004).attention == ""

    house.all_well()
    attention.put_back(house.replica(38004), by=None)
    house.drain()
    house.assert_at_rest()


LOST = [
    pytest.param({"kind": "status_after_apply", "match": WRITE_STEP, "status": 504}, id="of a step"),
    pytest.param({"kind": "drop_after_apply", "match": WRITING}, id="of the post"),
]


@pytest.mark.parametrize("fault", LOST)
def test_what_a_writing_hit_is_put_back_although_its_answer_was_lost(
    house: House, fault: dict[str, Any]
) -> None:
    house.edit(38005, notes="ours")
    house.fault("edit", match=WRITING, sheet="Active", ops=[AT_TOP])
    house.fault(**fault)
    house.drain()
    assert [house.cell(number, "notes") for number in (38004, 38005)] == ["note 38004", "ours"]
    house.assert_at_rest()


REPAIRING, REPAIRING_AGAIN = WRITE_STEP | {"nth": 2}, WRITE_STEP | {"nth": 3}


@pytest.mark.parametrize("match", [REPAIRING, REPAIRING_AGAIN], ids=["of the writing", "of the repair"])
def test_a_repair_that_has_to_wait_is_made_after_the_wait(house: House, match: dict[str, Any]) -> None:
    before = others(house, 38005)
    house.edit(38005, notes="ours")
    house.fault("edit", match=WRITING, sheet="Active", ops=[AT_TOP])
    if match is REPAIRING_AGAIN:
        house.fault("edit", match=REPAIRING, sheet="Active", ops=[AT_TOP])
    fault = house.fault("status", match=match, **THROTTLED)
    report = house.drain()
    assert house.fired(fault)
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert others(house, 38005) == before
    house.assert_at_rest()
    house.assert_well_behaved()
