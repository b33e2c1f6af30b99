"""Finding the 21 columns by their headers."""

import pytest

from repairs.reading import Cell
from sync.columns import ALWAYS, COLUMNS, Column, ForeignHeaders, Kind, ledger_name, match_headers

HEADERS: list[Cell] = [column.header for column in COLUMNS]
IN_PLACE = list(range(21))


def with_header(index: int, header: Cell) -> list[Cell]:
    return [header if i == index else h for i, h in enumerate(HEADERS)]


def test_the_real_headers_are_found_in_their_places() -> None:
    assert match_headers(HEADERS) == IN_PLACE
    assert match_headers([*HEADERS, "OUR OWN", "RO"]) == IN_PLACE


def test_case_spaces_and_signs_do_not_matter() -> None:
    assert match_headers([f"  {str(h).title()}  " for h in HEADERS]) == IN_PLACE
    assert match_headers(with_header(3, "Part No.")) == IN_PLACE
    assert match_headers(with_header(13, "CURRENT STATUS")) == IN_PLACE


def test_columns_in_another_order_are_found_by_name() -> None:
    swapped = [*HEADERS]
    swapped[8], swapped[9] = swapped[9], swapped[8]
    assert match_headers(swapped)[8:10] == [9, 8]


@pytest.mark.parametrize("header", ["", None, "NOTE", "NOTEZ"])
def test_a_blank_header_or_a_near_spelling_is_taken_at_its_place(header: Cell) -> None:
    assert match_headers(with_header(18, header)) == IN_PLACE


@pytest.mark.parametrize("header", ["COLOR", "TERMS", "RO"])
def test_a_column_under_a_foreign_header_is_not_taken(header: str) -> None:
    assert match_headers(with_header(18, header))[18] is None


def test_the_status_is_not_taken_for_the_statuss_date() -> None:
    assert match_headers(with_header(14, "CURENT STATUS"))[13:15] == [13, None]


def test_a_place_that_another_column_has_by_name_is_not_taken_twice() -> None:
    row = with_header(8, "NOTES")
    row[18] = "COLOR"
    found = match_headers(row)
    assert (found[8], found[18]) == (None, 8)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("CUSTOMS REF #", 21),
        ("customs ref", 21),
        ("", None),
        (None, None),
        ("CUSTOMS REFS", None),
        ("PRICE OF MINE", None),
    ],
)
def test_to_the_right_of_u_a_column_is_found_by_its_name_alone(header: Cell, found: int | None) -> None:
    """What stands there without a header, or under another, is a person's."""
    later = (*COLUMNS[:ALWAYS], Column(21, "CUSTOMS REF #", "customs_reference", Kind.TEXT))
    assert match_headers([*HEADERS, header], later) == [*IN_PLACE, found]
    assert match_headers(HEADERS, later) == [*IN_PLACE, None], "a sheet that ends with U"
    assert match_headers([*with_header(20, ""), header], later)[20:] == [20, found]


def test_a_later_column_does_not_count_among_the_fifteen() -> None:
    later = (*COLUMNS[:ALWAYS], Column(21, "CUSTOMS REF #", "customs_reference", Kind.TEXT))
    with pytest.raises(ForeignHeaders, match="only 14 of the 21"):
        match_headers([*HEADERS[:14], *["x"] * 7, "CUSTOMS REF #"], later)


def test_fifteen_by_name_are_enough_and_fourteen_are_not() -> None:
    fifteen: list[Cell] = [*HEADERS[:15], *["x"] * 6]
    assert sum(index is not None for index in match_headers(fifteen)) == 15
    with pytest.raises(ForeignHeaders, match="only 14 of the 21"):
        match_headers([*HEADERS[:14], *["x"] * 7])


@pytest.mark.parametrize("row", [[], [""] * 21])
def test_a_sheet_without_headers_is_foreign(row: list[Cell]) -> None:
    with pytest.raises(ForeignHeaders, match="its first row is empty"):
        match_headers(row)


@pytest.mark.parametrize("row", [with_header(0, "ORDER"), with_header(0, "")])
def test_a_sheet_without_ro_is_foreign(row: list[Cell]) -> None:
    with pytest.raises(ForeignHeaders, match="no header “RO”"):
        match_headers(row)


def test_ledgers_are_known_by_their_names_in_any_case() -> None:
    assert [ledger_name(t) for t in ("ACTIVE", "net", " Paid ", "Returns")] == [
        "Active",
        "Net",
        "Paid",
        "Returns",
    ]
    assert ledger_name("Active 2024") is None
