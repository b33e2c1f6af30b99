"""Reading never raises, is stable under a second pass, and what was read is what is written."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repairs import reading
from sync.columns import BY_FIELD, COLUMNS, Column, Kind, Value, from_json, meaning, same, to_cell, to_json

TYPED = st.sampled_from(
    ["11/24/2025", "24/11/2025", "2025-11-15T05:00:00.000Z", "$1,500.00", "USD 1,500", "TBD", "0", "00123", "1E5",
     "3-4", "10/4", "12:30", "TRUE", "=1+1", "+1 305", "-hold-", "@x", "'quoted", "APPROVED >>>>", "G38573",
     'HISTORY:[{"status":"PAID"}]|NOTES:x', "HISTORY:[]|NOTES:HISTORY:[]|NOTES:y", "HISTORY:", "Nov 24, 2025"]
)  # fmt: skip
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
DATE_LIKE = st.from_regex(r"\A\s*\d{1,4}[-/ ]\d{1,2}[-/ ]\d{1,4}( \d{1,2}:\d{2})?\Z")
MONEY_LIKE = st.from_regex(r"\A(\$|USD )?\d{1,14}([.,]\d{0,3})?\Z")
CELLS = st.one_of(
    TYPED,
    ANY_TEXT,
    DATE_LIKE,
    MONEY_LIKE,
    st.integers(),
    st.integers(0, 100_000),
    st.floats(),
    st.booleans(),
    st.none(),
)
EVERY_COLUMN = pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.field)


def values(column: Column) -> st.SearchStrategy[Any]:
    """Every value that the column's field can hold."""
    text = st.one_of(TYPED, ANY_TEXT).map(lambda t: str(meaning(BY_FIELD["terms"], t).value))
    dates = st.none() | st.dates(date(1990, 1, 1), date(2100, 12, 31))
    money = st.none() | st.decimals(0, Decimal("999999999999.99"), places=2)
    kinds: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.NUMBER: st.integers(1, 999_999_999),
        Kind.DATE: dates,
        Kind.MONEY: money,
        Kind.SHOP: text.map(lambda t: meaning(BY_FIELD["shop"], t).value),
        Kind.STATUS: text.map(lambda t: meaning(BY_FIELD["status"], t).value),
    }
    return kinds.get(column.kind, text)


@EVERY_COLUMN
@given(cell=CELLS)
def test_reading_never_raises_and_a_value_or_a_problem_explains_every_cell(column: Column, cell: Any) -> None:
    read = meaning(column, cell)
    assert reading.is_blank(cell) or read.value not in ("", None) or read.problem or column.kind in TEXT_KINDS


# A text cell of white space that is no blank to Excel, and a history without a note, are empty without an issue.
TEXT_KINDS = (Kind.TEXT, Kind.NOTES, Kind.SHOP, Kind.STATUS)


@EVERY_COLUMN
@given(cell=CELLS)
def test_reading_is_stable_under_a_second_pass(column: Column, cell: Any) -> None:
    first = meaning(column, cell).value
    assert meaning(column, to_cell(column, first).value).value == first


@EVERY_COLUMN
@given(data=st.data())
def test_what_is_written_reads_as_what_was_meant(column: Column, data: st.DataObject) -> None:
    value: Value = data.draw(values(column))
    written = to_cell(column, value)
    assert isinstance(written.value, int | float | str)
    assert meaning(column, written.value).value == value
    assert same(column, value, value)
    assert from_json(column, to_json(value)) == value


@given(number=st.floats() | st.integers(), text=ANY_TEXT)
def test_everything_else_that_reads_is_total_too(number: float, text: str) -> None:
    for cell in (number, text):
        reading.numbers_mentioned(cell)
        reading.read_notes(cell)
    reading.net_days(text)


def test_a_number_of_any_size_is_read() -> None:
    for column in COLUMNS:
        meaning(column, 10**5000)
        meaning(column, "9" * 5000)


@pytest.mark.parametrize(
    ("field", "value", "cell", "number_format"),
    [("number", 38573, 38573, "0"), ("date_made", date(2025, 11, 24), 45985, "mm/dd/yyyy"),
     ("final_cost", Decimal("1500.50"), 1500.5, "#,##0.00"), ("final_cost", Decimal("1500.00"), 1500, "#,##0.00"),
     ("serial_number", "00123", "00123", "@"), ("notes", "=1+1", "=1+1", "@"), ("next_update", None, "", None),
     ("terms", "", "", None)],
)  # fmt: skip
def test_values_are_written_typed(field: str, value: Value, cell: object, number_format: str | None) -> None:
    written = to_cell(BY_FIELD[field], value)
    assert (written.value, written.number_format) == (cell, number_format)
    assert type(written.value) is type(cell)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [("shop", "HARBOR  point actuation", "Harbor Point Actuation"), ("status", "APPROVED >>>>", "APPROVED"),
     ("notes", "two\r\nlines ", "two\nlines"), ("final_cost", Decimal("5"), Decimal("5.00")), ("terms", "", None)],
)  # fmt: skip
def test_values_are_compared_by_meaning(field: str, one: Value, other: Value) -> None:
    assert same(BY_FIELD[field], one, other)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [("shop", "Año", "Ano"), ("serial_number", "00123", "123"), ("terms", "net30", "NET 30"), ("terms", "COD", ""),
     ("final_cost", Decimal("0.00"), None), ("status", "???", "??")],
)  # fmt: skip
def test_values_that_differ_in_meaning_differ(field: str, one: Value, other: Value) -> None:
    assert not same(BY_FIELD[field], one, other)
