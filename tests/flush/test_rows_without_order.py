"""Rows of the workbook that are no order's: found by a comparison, decided about by a person, left as they are."""

import pytest
from django.core.management import call_command

from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder
from sync import odd_rows
from sync.models import OddRow, Replica
from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)
Why, Decision = OddRow.Why, OddRow.Decision


def compared(house: House) -> dict[tuple[str, int], OddRow]:
    """The rows that a comparison finds, by where they stand."""
    call_command("check_workbook")
    return {(row.sheet, row.row): row for row in OddRow.objects.all()}


@pytest.fixture
def found(house: House) -> dict[tuple[str, int], OddRow]:
    """An unknown number, rows without one, a second row of an order, and rows that are blank in A to U."""
    house.person(
        "Active",
        {"set": {"A20": "G39,001"}},  # no number that can be read
        {"set": {"A21": 39001, "B21": 46000, "C21": "Somebody New", "D21": "P-1", "N21": "shipped >>>"}},
        {"set": {"C22": "Coral Bay Aero", "D22": "P-2", "N22": "APPROVED", "I22": "TBD"}},
        {"set": {"A23": 38005, "D23": "OTHER-PART"}},
        {"set": {"W24": "a person's, in a column that is not ours"}},
    )
    return compared(house)


def test_each_is_told_with_its_reason_and_read_as_people_do(
    house: House, found: dict[tuple[str, int], OddRow]
) -> None:
    reasons = {place: (row.why, row.number) for place, row in found.items()}
    assert reasons == {
        ("Active", 20): (Why.NO_NUMBER, None),
        ("Active", 21): (Why.UNKNOWN, 39001),
        ("Active", 22): (Why.NO_NUMBER, None),
        ("Active", 23): (Why.SURPLUS, 38005),
    }
    assert found["Active", 21].text == "2025-12-09, Somebody New, P-1, shipped >>>"


def test_a_row_with_a_number_becomes_that_order_and_is_its_row(
    house: House, found: dict[tuple[str, int], OddRow]
) -> None:
    before = house.rows("Active")
    order = odd_rows.take(found["Active", 21], by=None)
    assert (order.number, order.status, order.part_number, order.sheet) == (39001, "SHIPPED", "P-1", "Active")
    assert order.shop is not None
    assert order.shop.name == "Somebody New"
    told = list(Activity.objects.filter(order=order).values_list("verb", flat=True))
    assert told == ["Excel", "imported"]
    with pytest.raises(Refusal, match="decided about meanwhile"):
        odd_rows.take(found["Active", 21], by=None)
    house.edit(39001, notes="ours now")
    house.drain()
    assert house.cell(39001, "notes") == "ours now"
    assert house.place(39001) == ("Active", 21)
    assert house.rows("Active")[:20] == before[:20]
    assert ("Active", 21) not in compared(house)


def test_a_row_without_a_number_becomes_an_order_on_a_new_row(
    house: House, found: dict[tuple[str, int], OddRow]
) -> None:
    before = house.rows("Active")
    order = odd_rows.take(found["Active", 22], by=None)
    assert order.number > 39001
    assert (order.status, order.estimated_cost) == ("APPROVED", None)
    assert "1 cell could not be read" in Activity.objects.get(order=order, verb="Excel").text
    report = house.drain()
    assert (report["needs_attention"], report["rows_added"]) == ([], 1)
    assert house.cell(order.number, "part_number") == "P-2"
    assert house.rows("Active")[: len(before)] == before, "the row itself stays as it is"
    assert compared(house)["Active", 22].decision == Decision.ORDERED
    house.assert_nothing_open()


def test_a_row_that_got_its_number_typed_becomes_its_order_by_itself(
    house: House, found: dict[tuple[str, int], OddRow]
) -> None:
    number = odd_rows.give_number(found["Active", 22], by=None)
    assert compared(house)["Active", 22].decision == Decision.NUMBERED, "nothing is typed yet"
    house.person("Active", {"insert_row": {"at": 2, "values": []}}, {"set": {"A23": number, "D23": "P-2b"}})
    assert {row.number for row in compared(house).values()} == {None, 39001, 38005}
    order = house.order(number)
    assert (order.part_number, order.status) == ("P-2b", "APPROVED")
    assert Replica.objects.get(order=order).pending_since is None
    house.edit(number, notes="known now")
    house.drain()
    assert house.place(number) == ("Active", 23)


def test_an_ignored_row_stays_ignored_until_its_cells_change(
    house: House, found: dict[tuple[str, int], OddRow]
) -> None:
    for row in found.values():
        odd_rows.ignore(row, by=None)
    house.person("Active", {"insert_row": {"at": 5, "values": []}})
    again = compared(house)
    assert {(place, row.decision) for place, row in again.items()} == {
        (("Active", row + 1), Decision.IGNORED) for row in (20, 21, 22, 23)
    }
    house.person("Active", {"set": {"D23": "P-3"}})
    changed = compared(house)["Active", 23]
    assert changed.decision == Decision.NONE
    odd_rows.look_again(again["Active", 22], by=None)
    assert OddRow.objects.get(row=22).decision == Decision.NONE
    house.person("Active", {"set": {"A22": "", "B22": "", "C22": "", "D22": "", "N22": ""}})
    assert ("Active", 22) not in compared(house), "a row that is gone is no question any more"


def test_what_makes_no_sense_is_refused_and_changes_nothing(
    house: House, found: dict[tuple[str, int], OddRow]
) -> None:
    count = RepairOrder.objects.count()
    for act, place, told in (
        (odd_rows.take, 23, "delete this one in Excel"),
        (odd_rows.give_number, 21, "has a number"),
        (odd_rows.look_again, 21, "decided about meanwhile"),
    ):
        with pytest.raises(Refusal, match=told):
            act(found["Active", place], by=None)
    assert RepairOrder.objects.count() == count
    assert set(OddRow.objects.values_list("decision", flat=True)) == {""}
