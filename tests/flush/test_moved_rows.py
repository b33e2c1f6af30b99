"""Rows that go to another sheet, with what people keep in them, in the emulator's Excel."""

from typing import Any

import pytest

from repairs import orders
from sync.models import Attention
from tests.flush.house import House
from tests.flush.test_faults import LOOKING_AGAIN, READ_BACK

pytestmark = pytest.mark.django_db(transaction=True)

COLOR = {"insert_column": {"at": "D", "header": "COLOR"}}


def archive(house: House, number: int) -> None:
    orders.archive(house.order(number), by=None, sheet="Returns")


def formula_at(house: House, sheet: str, address: str) -> Any:
    return house.saved()[sheet][address].value


def test_a_formula_reckons_with_the_new_row(house: House) -> None:
    house.person("Active", {"set": {"X9": "=I9*2", "Y9": "=Prices!B1*I9"}})
    archive(house, 38008)
    house.drain()
    assert house.place(38008) == ("Returns", 6)
    assert [formula_at(house, "Returns", f"{letter}6") for letter in "XY"] == ["=I6*2", "=Prices!B1*I6"]
    assert house.row(38008)[23:25] == [3001, 1500.5]
    house.assert_at_rest()


def test_a_formula_waits_until_the_sheets_have_the_same_columns(house: House) -> None:
    house.person("Active", {"set": {"W9": "", "X9": "=I9*2"}})
    house.person("Active", COLOR)
    archive(house, 38008)
    (asked,) = house.drain()["needs_attention"]
    assert asked["code"] == Attention.SHEET
    assert "the formula in column Y would reckon with other columns on Returns of G38008" in asked["reason"]
    assert house.place(38008) == ("Active", 9)

    house.person("Returns", COLOR)
    house.edit(38102, notes="on its way")
    assert house.drain()["needs_attention"] == []
    assert house.place(38008) == ("Returns", 6)
    assert formula_at(house, "Returns", "Y6") == "=J6*2"
    assert formula_at(house, "Active", "Y9") is None


BETWEEN = [
    pytest.param(READ_BACK, id="before the read-back"),
    pytest.param(LOOKING_AGAIN, id="before the second look"),
]
TYPED = {"set": {"T9": "typed by a person", "F9": "typed too"}}


def stays_apart(house: House, match: dict[str, Any]) -> None:
    """A person inserts a column on the old sheet while a row moves, and types into the row: both rows stay."""
    archive(house, 38008)
    fault = house.fault("edit", match=match, sheet="Active", ops=[COLOR, TYPED])
    (asked,) = house.drain()["needs_attention"]
    assert house.fired(fault)
    assert asked["code"] == Attention.SHEET
    assert house.places(38008) == [("Active", 9), ("Returns", 6)]
    assert house.rows("Active")[8][19] == "typed by a person"


@pytest.mark.parametrize("match", BETWEEN)
def test_a_column_that_comes_while_a_row_moves_costs_nothing_that_was_typed(
    house: House, match: dict[str, Any]
) -> None:
    stays_apart(house, match)
    house.person("Returns", {"delete_row": 6}, COLOR)
    house.edit(38102, notes="on its way")
    assert house.drain()["needs_attention"] == []
    assert house.place(38008) == ("Returns", 6)
    assert [house.row(38008)[column] for column in (5, 19)] == ["typed too", "typed by a person"]


def test_a_column_that_comes_on_both_sheets_while_a_row_moves_is_no_hindrance(house: House) -> None:
    archive(house, 38008)
    for sheet in ("Active", "Returns"):
        house.fault("edit", match=READ_BACK, sheet=sheet, ops=[COLOR])
    assert house.drain()["needs_attention"] == []
    assert house.place(38008) == ("Returns", 6)
    assert house.row(38008)[23] == "mine 38008"


def test_a_row_whose_columns_were_changed_goes_on_once_its_copy_says_the_same(house: House) -> None:
    stays_apart(house, READ_BACK)
    house.person("Returns", COLOR, {"set": {"T6": "typed by a person", "F6": "typed too"}})
    house.edit(38102, notes="on its way")
    assert house.drain()["needs_attention"] == []
    assert house.place(38008) == ("Returns", 6)
