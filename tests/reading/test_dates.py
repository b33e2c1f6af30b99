"""Dates as people type them. They are calendar days: nothing moves them."""

from datetime import date

import pytest

from repairs.reading import Cell, read_date

NOV_24 = date(2025, 11, 24)


@pytest.mark.parametrize(
    "cell",
    [45985, 45985.0, 45985.999, "45985", "45985.25", "11/24/2025", "11/24/25", " 11 / 24 / 2025 ", "11-24-2025",
     "2025-11-24", "2025-11-24T05:00:00.000Z", "2025-11-24T23:59:59+02:00", "2025-11-24 00:00:00", "Nov 24, 2025",
     "nov 24 2025", "Nov. 24, 2025", "November 24, 2025", "11/24/2025 5:00 PM", "Nov 24, 2025 14:30",
     "11/24/25 9:05 a.m.", "11/24/2025 5PM", "11/24/2025 11 a.m.", "Nov 24, 2025, 12 pm", "2025-11-24 05AM"],
)  # fmt: skip
def test_every_spelling_of_a_day_is_the_same_day_and_no_issue(cell: Cell) -> None:
    assert (read_date(cell).value, read_date(cell).problem) == (NOV_24, None)


@pytest.mark.parametrize(
    ("cell", "day"),
    [("1/5/2026", date(2026, 1, 5)), ("1/5/49", date(2049, 1, 5)), ("12/31/90", date(1990, 12, 31)),
     (32874, date(1990, 1, 1)), (73415, date(2100, 12, 31)), (73415.99, date(2100, 12, 31)),
     ("2/29/2024", date(2024, 2, 29)), ("Sept 3, 2025", date(2025, 9, 3)), ("May 3, 2025", date(2025, 5, 3))],
)  # fmt: skip
def test_us_order_two_digit_years_and_the_edges_of_the_range(cell: Cell, day: date) -> None:
    assert (read_date(cell).value, read_date(cell).problem) == (day, None)


@pytest.mark.parametrize("cell", ["24/11/2025", "24-11-2025", "24/11/25", "24/11/2025 10:00"])
def test_day_first_is_read_where_us_order_is_impossible_and_told(cell: str) -> None:
    read = read_date(cell)
    assert read.value == NOV_24
    assert read.problem is not None
    assert "Nov 24, 2025" in read.problem


@pytest.mark.parametrize(
    "cell", ["TBD", "tbd", "T.B.D.", "N/A", "n/a", "-", "ASAP", " asap ", "0", 0, 0.0, "00"]
)
def test_a_placeholder_is_an_empty_date_that_is_listed(cell: Cell) -> None:
    read = read_date(cell)
    assert (read.value, read.understood) == (None, True)
    assert read.problem


@pytest.mark.parametrize("cell", ["", " ", None, "\u00a0"])
def test_a_blank_cell_is_just_empty(cell: Cell) -> None:
    assert (read_date(cell).value, read_date(cell).problem) == (None, None)


@pytest.mark.parametrize(
    "cell",
    [89423, "89423", 32873, 73416, 1, -1, 0.5, "12/31/1989", "1/1/2101", "1/1/50", "2025", "2-3 WEEKS", "2/30/2025",
     "13/13/2025", "11/24-2025", "11/24", "Nov 2025", "Smarch 3, 2025", "11/24/2025 25:00", "11/24/2025 tomorrow",
     "11/24/2025 5", "11/24/2025 13PM", "11/24/2025 0 AM",
     "about 11/24/2025", "11/24/025", "01-02-03-04", True, float("nan"), float("inf"), "#REF!", "١١/٢٤/٢٠٢٥"],
)  # fmt: skip
def test_what_is_no_day_between_1990_and_2100_is_unknown_and_listed(cell: Cell) -> None:
    read = read_date(cell)
    assert (read.value, read.understood) == (None, False)
    assert read.problem
