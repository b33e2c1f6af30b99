"""Texts that Excel would like to make something else of, in every kind of cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planning.excel import FIELDS, Cell
from tests.planning.office import Office

TEXTS = [
    "00123",
    "1E5",
    "3-4",
    "10/4",
    "12:30",
    "TRUE",
    "=1+1",
    "+1 305 555 0100",
    "-hold-",
    "@x",
    "'quoted",
    "''",
]
CELLS = [
    Cell("old"),
    Cell("old", "@"),
    Cell("old", "mm/dd/yyyy"),
    Cell(45000, "m/d/yy"),
    Cell("'old", "@"),
    Cell(5, "@"),
]


def write_over(cell: Cell, text: str, *, keeps: bool) -> Office:
    office = Office()
    office.excel.keeps_apostrophes = keeps
    office.has(1, agreed={}, serial_number=text)
    office.excel.papers["Active"].add({1: Cell(1), FIELDS["serial_number"]: cell})
    office.orders[1] = office.orders[1].__class__(**{**vars(office.orders[1]), "agreed": None})
    office.flush()
    return office


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("text", TEXTS)
def test_in_a_cell_that_is_there(text: str, cell: Cell, keeps: bool) -> None:
    office = write_over(cell, text, keeps=keeps)
    assert office.cell(1, "serial_number").value == text
    assert office.attention == {}
    assert len(office.activity[1]) == 1  # what stood there, and no text of our own


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_in_a_new_row(text: str, keeps: bool) -> None:
    office = Office()
    office.excel.keeps_apostrophes = keeps
    office.makes(1, serial_number=text, notes=text)
    office.flush()
    assert office.cell(1, "serial_number").value == text
    assert office.cell(1, "notes").value == text
    assert (office.attention, office.activity) == ({}, {})


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12)
)
def test_any_text(text: str) -> None:
    text = text.strip()
    office = write_over(Cell("old"), text, keeps=False)
    assert office.says(1, "serial_number") == text
    assert office.attention == {}


@given(text=st.text(st.sampled_from("0123456789-/:.,+=@'% eEaAmMpPrRuUtT$()"), min_size=1, max_size=8))
def test_text_of_letters_that_excel_reads_much_into_is_copied_as_it_is(text: str) -> None:
    for number_format in ("General", "@", "mm/dd/yyyy"):
        office = Office()
        office.excel.papers["Active"].add({1: Cell(1), 26: Cell(text, number_format)})
        office.has(1, agreed={})
        office.change(1, sheet="Net")
        office.flush()
        assert office.excel.papers["Net"].at(2, 26) == Cell(text, number_format)


def test_text_lands_as_text_even_where_rows_shifted_under_it(office: Office) -> None:
    active = office.excel.papers["Active"]
    active.add({1: Cell(1), FIELDS["notes"]: Cell("old", "@"), 23: Cell("b")})
    active.add({1: Cell(2), FIELDS["notes"]: Cell(""), 23: Cell("a")})
    office.has(1, agreed={"notes": "old"}, notes="10/4")
    office.before_writing = [lambda excel: excel.papers["Active"].sort(23)]
    office.flush()
    assert [row[FIELDS["notes"]].value for row in active.rows[1:]] == ["", "10/4"]
