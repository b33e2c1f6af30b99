"""Seeded weeks of work with the flush itself: people change orders and move rows about while the service fails."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from repairs.models import RepairOrder
from tests.flush.house import House, Row
from tests.flush.ledger import NUMBERS
from tests.flush.test_faults import READING

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(1, 9))]
PERSONS = ["", "", "", "a row of a person's"]
ROW_AT_TOP = {"insert_row": {"at": 2, "values": PERSONS}}
EDITS: list[dict[str, Any]] = [
    ROW_AT_TOP,
    {"sort": {"column": "A", "descending": True}},
    {"sort": {"column": "A", "descending": False}},
]
FAULTS: list[dict[str, Any]] = [
    {"kind": "status_after_apply", "status": 504},
    {"kind": "status", "status": 500, "inner_code": "internalServerErrorUncategorized"},
    {"kind": "status", "status": 429, "retry_after": 0},
    {"kind": "drop_after_apply"},
    {"kind": "drop"},
    {"kind": "expire_session"},
]


class Week:
    """What people and the service do, and how many rows people inserted on each sheet."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.house = house
        self.chance = chance
        self.inserted: Counter[str] = Counter()
        self.may_be_inserted: dict[int, str] = {}  # fault to sheet

    def something_fails(self) -> None:
        self.house.fault(match=self._a_request(1), **self.chance.choice(FAULTS))

    def somebody_moves_rows_now(self) -> None:
        sheet, edit = self._an_edit()
        self.house.person(sheet, edit)
        self.inserted[sheet] += edit is ROW_AT_TOP

    def somebody_moves_rows_meanwhile(self) -> None:
        """Between our reading and our writing, or between the writing and the read-back."""
        match = self._a_request(2)
        sheet, edit = self._an_edit()
        fault = self.house.fault("edit", match=match, sheet=sheet, ops=[edit])
        if edit is ROW_AT_TOP:
            self.may_be_inserted[fault] = sheet

    def one_changes_again(self) -> None:
        self.house.edit(self.chance.choice(numbers()), notes=f"again {self.chance.random()}")

    def ends(self) -> None:
        """What has not happened by now never does."""
        self.inserted.update(
            sheet for fault, sheet in self.may_be_inserted.items() if self.house.fired(fault)
        )
        self.house.all_well()

    def assert_rows_of_people_kept(self) -> None:
        """Each is there as often as it was inserted, and no other row without a number."""
        for sheet in NUMBERS:
            nobodys = [row for row in self.house.rows(sheet)[1:] if row[0] == "" and any(row)]
            assert [_without_blanks(row) for row in nobodys] == [PERSONS] * self.inserted[sheet], sheet

    def _a_request(self, first: int) -> dict[str, Any]:
        return READING | {"nth": self.chance.randint(first, 6)}

    def _an_edit(self) -> tuple[str, dict[str, Any]]:
        return self.chance.choice([*NUMBERS]), self.chance.choice(EDITS)


TURNS: list[Callable[[Week], None]] = [
    Week.something_fails,
    Week.something_fails,
    Week.somebody_moves_rows_now,
    Week.somebody_moves_rows_meanwhile,
    Week.one_changes_again,
]


def numbers() -> list[int]:
    return sorted(RepairOrder.objects.values_list("number", flat=True))


def _without_blanks(row: Row) -> Row:
    """A row up to its last cell that holds something."""
    return row[: max(place for place, cell in enumerate(row, start=1) if cell != "")]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_week_of_work_ends_with_workbook_and_database_the_same(house: House, seed: int) -> None:
    chance = random.Random(seed)
    week = Week(house, chance)
    for _ in range(ROUNDS):
        house.some_of_everything(chance)
        for turn in chance.sample(TURNS, 3):
            turn(week)
        house.drain()
    week.ends()
    house.drain()
    house.drain()
    house.assert_at_rest()
    week.assert_rows_of_people_kept()
    house.assert_well_behaved()
