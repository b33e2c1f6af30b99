"""Text cells: trimmed, and otherwise as typed."""

import pytest

from repairs.models import RepairOrder
from repairs.reading import Cell, read_text
from sync.columns import BY_FIELD, COLUMNS, Kind, meaning


@pytest.mark.parametrize(
    ("cell", "text"),
    [(" 00123 ", "00123"), ("net30", "net30"), (4218796, "4218796"), (4218796.0, "4218796"), (1500.5, "1500.5"),
     (1e22, "10000000000000000000000"), (0.0000001, "0.0000001"), (-0.0, "0"), (True, "TRUE"), (False, "FALSE"),
     ("", ""), (None, ""), ("two\nlines", "two\nlines"), ("a  b", "a  b"), ("=1+1", "=1+1"), ("'quoted", "'quoted")],
)  # fmt: skip
def test_text_is_kept_and_a_number_reads_as_its_digits(cell: Cell, text: str) -> None:
    assert (read_text(cell).value, read_text(cell).problem) == (text, None)


def test_half_a_surrogate_pair_becomes_something_that_a_database_can_hold() -> None:
    read_text("\ud800x").value.encode()


def test_a_text_too_long_for_its_field_is_left_in_the_sheet_and_listed() -> None:
    read = meaning(BY_FIELD["serial_number"], "9" * 256)
    assert (read.value, read.problem) == ("", "This is longer than 255 characters.")
    assert not read.understood


@pytest.mark.parametrize("name", [column.field for column in COLUMNS if column.kind is Kind.TEXT])
def test_what_is_read_of_a_very_long_text_is_what_its_field_holds(name: str) -> None:
    order = RepairOrder(**{name: meaning(BY_FIELD[name], "9" * 10_000).value})
    order.clean_fields({field.name for field in RepairOrder._meta.fields} - {name})


def test_a_shops_name_loses_only_its_extra_spaces() -> None:
    assert meaning(BY_FIELD["shop"], "  O'FARRELL   Aero, Inc. ").value == "O'FARRELL Aero, Inc."
