"""A large flush writes in several batches, and begins none on a reading that has grown old."""

import pytest

from sync import flush
from tests.flush.house import House
from tests.flush.ledger import NUMBERS
from tests.flush.test_faults import WRITE_STEP

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 0.2  # seconds after which a reading counts as old here, so that nobody waits for it
APART = 300  # so many rows of 20 cells are all that one step writes
SPREAD = (
    "Active",
    "Net",
    "Paid",
)  # with their 12 + 4 + 4 rows and the last sheet 21 steps, and 20 go into a batch


def spread_out(house: House) -> None:
    """A person pulls the rows of three sheets so far apart that no step reaches from one to the next."""
    for sheet in SPREAD:
        for row in range(len(NUMBERS[sheet]) + 1, 2, -1):
            house.person(sheet, *[{"insert_row": {"at": row}}] * APART)


def what_was_asked(house: House) -> list[str]:
    """The batches in their order, by what they were for."""
    methods = [{step["method"] for step in entry["steps"]} for entry in house.log() if entry["steps"]]
    return ["write" if "PATCH" in asked else "read" for asked in methods]


def test_the_second_batch_waits_for_a_fresh_reading(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flush, "FRESH", SOON)
    spread_out(house)
    for number in [number for numbers in NUMBERS.values() for number in numbers]:
        house.edit(number, date_made="2026-10-05", next_update="2026-12-24")
    house.forget()
    house.fault("delay", match=WRITE_STEP, seconds=SOON)
    house.drain()
    first, second = [place for place, what in enumerate(what_was_asked(house)) if what == "write"]
    assert second > first + 1
    house.assert_at_rest()
