"""A worker dies, or freezes longer than its lease, at any point of a flush: the next one brings everything to rest.

Processes are killed from outside, when a named request reaches the service or after a random time.
"""

import random
import time
from pathlib import Path

import pytest

from tests.flush.house import House
from tests.flush.points import Point, catch_at
from tests.flush.workers import Nursery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

BATCH = {"method": "POST", "path_regex": r"\$batch", "in_batch": False}

POINTS = [
    Point("createSession arrives", {"path_regex": "createSession"}, fate="late"),
    Point("createSession is done, its answer lost", {"path_regex": "createSession"}, fate="done"),
    Point("the first reading arrives", BATCH | {"nth": 1}, fate="late"),
    Point("the writing arrives", BATCH | {"nth": 3}, fate="late"),
    Point("the writing is half done", {"method": "PATCH", "in_batch": True, "nth": 2}, fate="cut"),
    Point("the writing is done, its answer lost", BATCH | {"nth": 3}, fate="done"),
    Point("the read-back arrives", BATCH | {"nth": 4}, fate="late"),
    Point("the deleting arrives", BATCH | {"nth": 6}, fate="late"),
    Point("the deleting is half done", {"path_regex": "delete", "in_batch": True, "nth": 2}, fate="cut"),
    Point("the deleting is done, its answer lost", BATCH | {"nth": 6}, fate="done"),
    Point("the closing arrives", {"path_regex": "closeSession"}, fate="late"),
    Point("the closing is done, its answer lost", {"path_regex": "closeSession"}, fate="done"),
]


def changes(house: House) -> None:
    """Cells on two sheets, two moves out of one sheet, a new order."""
    house.edit(38002, notes=f"edit {time.monotonic()}", final_cost="77.25")
    house.edit(38102, tracking_number="00123")
    house.status(38004, "SCRAP")
    house.status(38007, "SCRAP")
    house.create("NEW-1", serial_number="3-4")


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_killed_at_a_named_point(house: House, nursery: Nursery, tmp_path: Path, point: Point) -> None:
    changes(house)
    worker = catch_at(house, lambda: nursery.start("drain", tmp_path), point)
    worker.kill()
    report = house.recover()
    assert report["needs_attention"] == []
    house.assert_at_rest()
    assert house.stats()["sessionless_writes"] == 0


@pytest.mark.parametrize(
    "point",
    [point for point in POINTS if point.name in ("the writing arrives", "the deleting arrives")],
    ids=lambda point: point.name,
)
def test_frozen_longer_than_its_lease_and_on(
    house: House, nursery: Nursery, tmp_path: Path, point: Point
) -> None:
    """The frozen worker wakes up when another has finished: nothing late of it is written."""
    changes(house)
    worker = catch_at(house, lambda: nursery.start("drain", tmp_path, lease=2), point)
    report = house.drain()  # waits for the lease to run out
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()
    house.edit(38002, notes="newer than what the frozen one knows")
    house.drain()
    worker.thaw()
    worker.join()
    house.drain()
    house.assert_at_rest()


def strike(house: House, nursery: Nursery, folder: Path, chance: random.Random) -> None:
    """One round: changes of every kind, a worker that dies or freezes at a random instant, and a fresh one."""
    house.some_of_everything(chance)
    length = 2 if (frozen := chance.random() < 0.2) else 30
    worker = nursery.start("drain", folder, lease=length)
    time.sleep(chance.uniform(0.0, 0.5))
    if frozen:
        worker.freeze()
        house.some_of_everything(chance)
        house.drain()
        worker.thaw()
        worker.join()
    else:
        worker.kill()
    if chance.random() < 0.5:
        house.some_of_everything(chance)
    report = house.recover()
    assert report["needs_attention"] == []
    house.assert_at_rest()


def rounds(house: House, nursery: Nursery, folder: Path, *, seed: int, count: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(count):
        print(f"round {number}")
        strike(house, nursery, folder, chance)


def test_killed_at_random_instants(house: House, nursery: Nursery, tmp_path: Path) -> None:
    rounds(house, nursery, tmp_path, seed=20261122, count=5)


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(6))
def test_killed_at_many_random_instants(house: House, nursery: Nursery, tmp_path: Path, part: int) -> None:
    del part
    rounds(house, nursery, tmp_path, seed=random.SystemRandom().randrange(1_000_000), count=10)


@pytest.mark.chaos
def test_killed_again_and_again_before_anybody_looks(house: House, nursery: Nursery, tmp_path: Path) -> None:
    """Deaths in a row, each in the middle of what the last one left; people go on working."""
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(10):
        for _ in range(chance.randint(2, 4)):
            house.some_of_everything(chance)
            worker = nursery.start("drain", tmp_path)
            time.sleep(chance.uniform(0.05, 0.4))
            worker.kill()
            house.let_leases_run_out()
        assert house.recover()["needs_attention"] == []
        house.assert_at_rest()
