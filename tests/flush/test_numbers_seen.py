"""Numbers that people typed into the workbook, seen on the way: no new order gets one of them."""

import pytest
from django.core.management import call_command

from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)


def by_hand(house: House, sheet: str, *cells: object) -> None:
    """A person adds rows with these cells in the column RO."""
    for cell in cells:
        house.person(sheet, {"insert_row": {"at": 2, "values": [cell, "", "Their Shop", "THEIRS"]}})


def test_a_number_that_a_flush_saw_is_not_handed_out(house: House) -> None:
    by_hand(house, "Returns", 38401)
    house.edit(38005, notes="on another sheet")
    house.drain()
    assert house.create().number == 38402
    assert house.drain()["needs_attention"] == []
    house.assert_at_rest()


def test_a_number_that_a_comparison_saw_is_not_handed_out(house: House) -> None:
    by_hand(house, "Active", "38401-B (was G38399)")
    call_command("check_workbook", json=True)
    assert house.create().number == 38402


def test_an_absurdly_large_number_is_not_followed(house: House) -> None:
    """It may be a telephone number, or a slip of the hand that all later numbers would have to bear."""
    by_hand(house, "Active", 999_999_999, 10_000_000, "call 3055550142")
    call_command("check_workbook", json=True)
    assert house.create().number == 38305
