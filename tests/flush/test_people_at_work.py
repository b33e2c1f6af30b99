"""People type into the workbook too. Whose value is in a cell?"""

import json

import pytest
from django.core.management import call_command

from repairs.models import Activity, RepairOrder
from sync.marks import mark_all
from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)


def excel_notes(number: int) -> list[tuple[str, str]]:
    """Field and text of a person's that gave way, as the order's activity tells it."""
    acts = Activity.objects.filter(order__number=number, verb=Activity.Verb.EXCEL)
    return [(change.field, change.old) for act in acts for change in act.changes.all()]


def check(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    call_command("check_workbook", json=True)
    found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_a_person_s_edit_in_another_cell_of_the_row_survives(house: House) -> None:
    house.types(38005, shop_status="waiting for parts")
    house.status(38005, "SHIPPED")
    house.drain()
    assert house.cell(38005, "shop_status") == "waiting for parts"
    assert house.cell(38005, "status") == "SHIPPED"
    assert house.replica(38005).seen == {"shop_status": "waiting for parts"}
    assert excel_notes(38005) == []


def test_when_both_changed_a_cell_the_database_wins_and_the_text_is_kept_once(house: House) -> None:
    house.types(38005, notes="typed by a person")
    house.edit(38005, notes="written by us")
    house.drain()
    house.drain()
    assert house.cell(38005, "notes") == "written by us"
    assert excel_notes(38005) == [("notes", "typed by a person")]
    house.assert_at_rest()


def test_a_person_s_edit_alone_is_seen_once_and_listed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.types(38005, notes="typed by a person")
    for _ in range(2):
        mark_all(RepairOrder.objects.all())
        house.drain()
        assert house.cell(38005, "notes") == "typed by a person"
        assert house.replica(38005).seen == {"notes": "typed by a person"}
    found = check(capsys)
    assert (found["agreeing"], found["compared"]) == (23, 24)
    assert found["differences"] == [
        {
            "order": 38005,
            "field": "notes",
            "excel": "typed by a person",
            "tracker": "note 38005",
            "kind": "theirs",
        }
    ]
    assert excel_notes(38005) == []


def test_a_person_s_edit_that_we_then_make_too_is_agreement(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.types(38005, notes="the same")
    house.edit(38005, notes="the same")
    house.forget()
    house.drain()
    assert house.stats()["writing_steps"] == 0
    assert check(capsys)["agreeing"] == 24
    house.assert_at_rest()


def test_other_spellings_are_left_alone(house: House) -> None:
    house.types(
        38005,
        status="in progress >>",
        date_made="'Nov 6, 2026",
        estimated_cost="'$1,500.50",
        shop="coral  bay AERO",
    )
    house.edit(38005, description="NEW WORDS")
    house.drain()
    assert house.cell(38005, "status") == "in progress >>"
    assert house.cell(38005, "estimated_cost") == "$1,500.50"
    assert house.cell(38005, "shop") == "coral  bay AERO"
    assert house.cell(38005, "description") == "NEW WORDS"


def test_a_formula_that_gives_way_is_kept_as_text(house: House) -> None:
    sheet, row = house.place(38005)
    house.person(sheet, {"set": {f"J{row}": f"=I{row}*2"}})
    house.edit(38005, final_cost="99.5")
    house.drain()
    assert house.cell(38005, "final_cost") == 99.5
    assert excel_notes(38005) == [("final_cost", f"=I{row}*2")]
    house.assert_at_rest()


def test_rows_sorted_by_a_person_are_found_by_their_number(house: House) -> None:
    house.person("Active", {"sort": {"column": "A", "descending": True}})
    house.edit(38001, notes="on its way")
    house.drain()
    assert house.place(38001) == ("Active", 13)
    house.assert_at_rest()


def test_a_row_that_a_person_moved_to_another_sheet_stays_there(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    _, row = house.place(38005)
    cells = house.row(38005)
    house.person("Active", {"delete_row": row})
    house.person("Paid", {"insert_row": {"at": 3, "values": cells}})
    house.edit(38005, internal_status="x")
    house.drain()
    assert house.place(38005) == ("Paid", 3)
    assert house.cell(38005, "internal_status") == "x"
    differences = check(capsys)["differences"]
    assert isinstance(differences, list)
    assert {
        "order": 38005,
        "field": "sheet",
        "excel": "Paid",
        "tracker": "Active",
        "kind": "theirs",
    } in differences


def test_the_check_counts_what_is_on_its_way_and_rows_nobody_knows(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.edit(38005, notes="on its way")
    house.person("Active", {"set": {"A20": 39999, "C20": "Somebody"}})
    found = check(capsys)
    assert found["differences"] == [
        {"order": 38005, "field": "notes", "excel": "note 38005", "tracker": "on its way", "kind": "pending"}
    ]
    assert found["unknown_rows"] == 1
    assert house.stats()["writing_steps"] == 0
    assert house.drain()["pending"] == 0
    house.assert_agreement()


def test_resync_compares_and_writes_whatever_the_row_says(house: House) -> None:
    house.types(38005, notes="typed by a person")
    call_command("resync", order="G38005")
    assert house.drain()["orders_synced"] == 1
    assert house.cell(38005, "notes") == "typed by a person", "a person's edit is no loss to be mended"
    call_command("resync", sheet="Net")
    assert house.drain()["orders_synced"] == 4
