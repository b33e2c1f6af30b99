"""Seeded weeks of work with the flush itself: people change orders and move rows about while the service fails."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from repairs.models import RepairOrder
from tests.flush.house import House
from tests.flush.ledger import NUMBERS
from tests.flush.test_faults import READING

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(1, 9))]
ROW_AT_TOP = {"insert_row": {"at": 2, "values": ["", "", "", "a row of a person's"]}}
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


def something_fails(house: House, chance: random.Random) -> None:
    house.fault(match=READING | {"nth": chance.randint(1, 6)}, **chance.choice(FAULTS))


def somebody_moves_rows_now(house: House, chance: random.Random) -> None:
    house.person(chance.choice([*NUMBERS]), chance.choice(EDITS))


def somebody_moves_rows_meanwhile(house: House, chance: random.Random) -> None:
    """Between our reading and our writing, or between the writing and the read-back."""
    match = READING | {"nth": chance.randint(2, 6)}
    house.fault("edit", match=match, sheet=chance.choice([*NUMBERS]), ops=[chance.choice(EDITS)])


def one_changes_again(house: House, chance: random.Random) -> None:
    house.edit(chance.choice(numbers()), notes=f"again {chance.random()}")


TURNS: list[Callable[[House, random.Random], None]] = [
    something_fails,
    something_fails,
    somebody_moves_rows_now,
    somebody_moves_rows_meanwhile,
    one_changes_again,
]


def numbers() -> list[int]:
    return sorted(RepairOrder.objects.values_list("number", flat=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_week_of_work_ends_with_workbook_and_database_the_same(house: House, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        house.some_of_everything(chance)
        for turn in chance.sample(TURNS, 3):
            turn(house, chance)
        house.drain()
    house.all_well()
    house.drain()
    house.drain()
    house.assert_agreement()
    house.assert_nothing_open()
    house.assert_well_behaved()
