"""A worker dies, or freezes longer than its lease, at any point of a flush: the next one brings everything to rest.

Processes are killed from outside, when a named request reaches the service or after a random time.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction

from sync.models import BeforeImage, Replica
from tests.flush.house import House, eventually
from tests.flush.points import Point, catch_at, kill_at, wait_for_the_service
from tests.flush.test_faults import (
    CLOSING,
    DELETING,
    OPENING,
    READ_BACK,
    READING,
    SECOND_DELETE_STEP,
    SECOND_WRITE_STEP,
    WRITING,
)
from tests.flush.workers import Nursery, wait_for_one_that_waits, wait_for_the_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

MOST_ROUNDS = 5  # for each that is to strike
LAST_READING = READING | {"nth": 6}

POINTS = [
    Point("createSession arrives", OPENING, fate="late"),
    Point("createSession is done, its answer lost", OPENING, fate="done"),
    Point("the first reading arrives", READING | {"nth": 1}, fate="late"),
    Point("the writing arrives", WRITING, fate="late"),
    Point("the writing is half done", SECOND_WRITE_STEP, fate="cut"),
    Point("the writing is done, its answer lost", WRITING, fate="done"),
    Point("the read-back arrives", READ_BACK, fate="late"),
    Point("the deleting arrives", DELETING, fate="late"),
    Point("the deleting is half done", SECOND_DELETE_STEP, fate="cut"),
    Point("the deleting is done, its answer lost", DELETING, fate="done"),
    Point("the last reading arrives", LAST_READING, fate="late"),
    Point("the closing arrives", CLOSING, fate="late"),
    Point("the closing is done, its answer lost", CLOSING, fate="done"),
]


ASKED = {
    "createSession": "createSession",
    "reading arrives": "GET ",
    "writing": "PATCH ",
    "read-back": "GET ",
    "deleting": "/delete",
    "closing": "closeSession",
}


def changes(house: House) -> None:
    """Cells on two sheets, two moves out of one sheet, a new order."""
    house.edit(38002, notes=f"edit {time.monotonic()}", final_cost="77.25")
    house.edit(38102, tracking_number="00123")
    house.status(38004, "SCRAP")
    house.status(38007, "SCRAP")
    house.create("NEW-1", serial_number="3-4")


def assert_named_rightly(house: House, point: Point, number: int) -> None:
    """The request at which the worker was caught is the one that the point's name tells, once it was carried out."""
    wait_for_the_service(house)
    (entry,) = (entry for entry in house.log() if entry["number"] == number)
    asked = " ".join([entry["path"], *(f"{step['method']} {step['url']}" for step in entry["steps"])])
    (words,) = (said for part, said in ASKED.items() if part in point.name)
    assert words in asked, f"{point.name}: {asked}"
    assert ("/delete" in asked) == ("deleting" in point.name), f"{point.name}: {asked}"


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_killed_at_a_named_point(house: House, nursery: Nursery, tmp_path: Path, point: Point) -> None:
    changes(house)
    kill_at(house, lambda: nursery.start("drain", tmp_path), point)
    caught = house.log()[-1]["number"]
    report = house.recover()
    assert_named_rightly(house, point, caught)
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
    caught = house.log()[-1]["number"]
    report = house.drain()  # waits for the lease to run out
    assert_named_rightly(house, point, caught)
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()
    house.edit(38002, notes="newer than what the frozen one knows")
    house.drain()
    worker.thaw()
    worker.join()
    house.drain()
    house.assert_at_rest()


def test_killed_between_a_statement_and_the_commit(house: House, nursery: Nursery, tmp_path: Path) -> None:
    """Its transaction has written, and waits for a row that is held here, once for what it is about to write to the
    workbook and once for what has arrived there. Random instants hardly ever meet one: they are short.
    """
    if connection.vendor != "mysql":
        pytest.skip("SQLite locks no rows: a second writer waits before its transaction, never within it.")
    changes(house)
    with held_row(38102):
        worker = nursery.start("drain", tmp_path)
        wait_for_one_that_waits()
        worker.kill()
    wait_for_the_database()
    assert not BeforeImage.objects.exists()
    house.let_leases_run_out()
    fault = house.fault("delay", match=READ_BACK, seconds=1.0)
    worker = nursery.start("drain", tmp_path)
    eventually(lambda: house.fired(fault), "the read-back")
    with held_row(38102):
        wait_for_one_that_waits()
        worker.kill()
    wait_for_the_database()
    assert Replica.objects.filter(intent__isnull=False).count() > 1
    assert house.recover()["needs_attention"] == []
    house.assert_at_rest()


@contextmanager
def held_row(number: int) -> Iterator[None]:
    """Nobody else can write how this order stands with the workbook."""
    with transaction.atomic():
        Replica.objects.select_for_update().get(order__number=number)
        yield


def strike(house: House, nursery: Nursery, folder: Path, chance: random.Random) -> bool:
    """One round: changes of every kind, a worker that dies or freezes at a random instant, and a fresh one.

    It dies wherever it stands, also between a statement and the commit; one that is to go on holds no locks meanwhile.
    Whether it was struck while it wrote to the workbook.
    """
    house.some_of_everything(chance)
    length = 2 if (frozen := chance.random() < 0.2) else 30
    worker = nursery.start("drain", folder, lease=length)
    if chance.random() < 0.9:
        eventually(lambda: holds_the_lease(house) or not worker.is_alive(), "it begins")
    time.sleep(chance.uniform(0.0, 0.25))
    if frozen:
        worker.freeze()
    else:
        worker.kill()
        wait_for_the_database()
    struck = holds_the_lease(house)
    if frozen:
        house.some_of_everything(chance)
        house.drain()
        worker.thaw()
        worker.join()
    if chance.random() < 0.5:
        house.some_of_everything(chance)
    report = house.recover()
    assert report["needs_attention"] == []
    house.assert_at_rest()
    return struck


def holds_the_lease(house: House) -> bool:
    return house.workbook.lease_until is not None


def rounds(house: House, nursery: Nursery, folder: Path, *, seed: int, wanted: int) -> None:
    """Until so many rounds struck a worker that wrote; a fast machine may need more rounds for it."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    struck = 0
    for number in range(MOST_ROUNDS * wanted):
        print(f"round {number}")
        struck += strike(house, nursery, folder, chance)
        if struck == wanted:
            return
    raise AssertionError(f"only {struck} of {MOST_ROUNDS * wanted} rounds struck a worker that wrote")


def test_killed_at_random_instants(house: House, nursery: Nursery, tmp_path: Path) -> None:
    rounds(house, nursery, tmp_path, seed=20261122, wanted=5)


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(6))
def test_killed_at_many_random_instants(house: House, nursery: Nursery, tmp_path: Path, part: int) -> None:
    del part
    rounds(house, nursery, tmp_path, seed=random.SystemRandom().randrange(1_000_000), wanted=8)


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
            wait_for_the_database()
            house.let_leases_run_out()
        assert house.recover()["needs_attention"] == []
        house.assert_at_rest()
