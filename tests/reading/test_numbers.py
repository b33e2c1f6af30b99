"""RO numbers as people write them."""

import pytest

from repairs.reading import Cell, numbers_mentioned, read_number


@pytest.mark.parametrize(
    "cell",
    [38573, 38573.0, "38573", "G38573", "g38573", "RO-38573", "ro 38573", "RO# 38573", "RO G38573", "R.O. 38573",
     " G 38573 ", "\u00a038573\u200b", "38573.0", "0038573"],
)  # fmt: skip
def test_every_spelling_of_a_number_is_the_same_number(cell: Cell) -> None:
    assert read_number(cell) == 38573


@pytest.mark.parametrize(
    "cell",
    ["", None, "   ", "N/A", "TBD", "G", "RO", 0, -5, "-38573", 38573.5, "38573.5", "38573-2", "38573 / 38574",
     "38 573", "X38573", "38573A", True, False, float("nan"), float("inf"), 1e300, "1" * 400, "٣٨٥٧٣"],
)  # fmt: skip
def test_what_is_no_usable_number_is_none(cell: Cell) -> None:
    assert read_number(cell) is None


def test_numbers_inside_an_unusable_cell_are_seen_but_telephone_numbers_are_not() -> None:
    assert numbers_mentioned("38990-B (was G38989), call 3055550142") == [38990, 38989]
