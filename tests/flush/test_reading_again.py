"""From its second round on a flush asks for the size of the sheets, their headers and their cells in one post."""

import pytest

from tests.flush.house import House
from tests.flush.test_faults import READ_BACK

pytestmark = pytest.mark.django_db(transaction=True)


def posts(house: House) -> int:
    return sum("$batch" in entry["path"] for entry in house.log())


def test_a_change_takes_two_posts_to_read_one_to_write_and_one_to_read_back(house: House) -> None:
    house.edit(38005, notes="one cell")
    house.forget()
    house.drain()
    assert posts(house) == 4
    house.assert_at_rest()


def test_new_rows_are_seen_where_they_were_added(house: House) -> None:
    made = [house.create(f"NEW-{n}") for n in range(3)]
    house.forget()
    house.drain()
    assert posts(house) == 4
    assert [house.place(order.number)[0] for order in made] == ["Active"] * 3
    house.assert_at_rest()


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"insert_row": {"at": 2, "values": ["", "", "", "a person's"]}}, id="rows"),
        pytest.param({"set": {"AH2": "far to the right"}}, id="a column"),
    ],
)
def test_a_sheet_that_has_grown_since_is_read_once_more(house: House, edit: dict[str, object]) -> None:
    house.edit(38005, notes="one cell")
    house.forget()
    house.fault("edit", match=READ_BACK, sheet="Active", ops=[edit])
    house.drain()
    assert posts(house) == 5
    house.assert_agreement()
    house.assert_nothing_open()


def test_headers_that_changed_places_since_are_found_again(house: House) -> None:
    house.edit(38005, notes="one cell")
    house.forget()
    swapped = {"set": {"T1": "NEXT DATE TO UPDATE", "U1": "LAST DATE UPDATED"}}
    house.fault("edit", match=READ_BACK, sheet="Active", ops=[swapped])
    house.drain()
    assert posts(house) > 4
