"""Rows that go to another sheet, with what people keep in them, in the emulator's Excel."""

from typing import Any

import pytest

from repairs import orders
from sync.models import Attention
from tests.flush.house import House

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
