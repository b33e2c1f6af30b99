"""A worker dies, or freezes longer than its lease, at any point of a flush: the next one brings everything to rest.

Processes are killed from outside, when a named request reaches the service or after a random time. Some are commands,
and the next command goes on at once; others sweep as workers do, and sweeps alone go on once their leases are over.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from sync import wanted as wanted_orders
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
from tests.flush.workers import Nursery, Worker, wait_for_one_that_waits, wait_for_the_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

COMMAND, WORKER = "drain", "sweep"  # of nursery.WORK
LEASE = {COMMAND: 30, WORKER: 2}  # seconds; that of a command is ended by hand, that of a worker by time
MOST_ROUNDS = 5  # for each that is to strike
LAST_READING = READING | {"nth": 7}

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
# Where it is a worker that dies, in the background.
OF_WORKERS = {
    "the first reading arrives",
    "the writing is half done",
    "the writing is done, its answer lost",
    "the deleting is half done",
    "the closing arrives",
}


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


def begin(nursery: Nursery, folder: Path, work: str, *, lease: int = 0) -> Worker:
    return nursery.start(work, folder, lease=lease or LEASE[work])


def recovered(house: House, work: str) -> list[dict[str, Any]]:
    """The next command, or the sweeps, have gone on; what they leave to people."""
    if work == WORKER:
        return house.recover_in_background()
    questions: list[dict[str, Any]] = house.recover()["needs_attention"]
    return questions


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_killed_at_a_named_point(house: House, nursery: Nursery, tmp_path: Path, point: Point) -> None:
    work = WORKER if point.name in OF_WORKERS else COMMAND
    changes(house)
    kill_at(house, lambda: begin(nursery, tmp_path, work), point)
    caught = house.log()[-1]["number"]
    assert recovered(house, work) == []
    assert_named_rightly(house, point, caught)
    house.assert_at_rest()
    assert house.stats()["sessionless_writes"] == 0


@pytest.mark.parametrize(
    ("name", "work"), [("the writing arrives", COMMAND), ("the deleting arrives", WORKER)], ids=str
)
def test_frozen_longer_than_its_lease_and_on(
    house: House, nursery: Nursery, tmp_path: Path, name: str, work: str
) -> None:
    """It wakes up when another has finished: nothing late of it is written. A worker then goes on as one."""
    (point,) = (point for point in POINTS if point.name == name)
    changes(house)
    frozen = catch_at(house, lambda: begin(nursery, tmp_path, work, lease=2), point)
    caught = house.log()[-1]["number"]
    others = house.recover_in_background if work == WORKER else house.drain
    others()  # they wait for the lease to run out
    assert_named_rightly(house, point, caught)
    house.assert_at_rest()
    house.edit(38002, notes="newer than what the frozen one knows")
    others()
    frozen.thaw()
    if work == WORKER:
        house.edit(38102, tracking_number="carried over by the one that was frozen")
        eventually(lambda: not wanted_orders.pending(house.workbook).exists(), "it works again")
        frozen.kill()
    else:
        frozen.join()
    assert "Traceback" not in frozen.log.read_text()
    assert recovered(house, work) == []
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


def strike(house: House, nursery: Nursery, folder: Path, chance: random.Random, work: str) -> bool:
    """One round: changes of every kind, one that dies or freezes at a random instant, and what goes on after it.

    It dies wherever it stands, also between a statement and the commit; one that is to go on holds no locks meanwhile.
    Whether it was struck while it wrote to the workbook.
    """
    house.some_of_everything(chance)
    frozen = chance.random() < 0.2
    worker = begin(nursery, folder, work, lease=2 if frozen else 0)
    if chance.random() < 0.9:
        eventually(lambda: holds_the_lease(house) or is_over(house, worker), "it begins")
    time.sleep(chance.uniform(0.0, 0.25))
    if frozen:
        worker.freeze()
    else:
        worker.kill()
        wait_for_the_database()
    struck = holds_the_lease(house)
    if frozen:
        house.some_of_everything(chance)
        recovered(house, work)
        worker.thaw()
        go_on(house, worker, work)
    if chance.random() < 0.5:
        house.some_of_everything(chance)
    assert recovered(house, work) == []
    house.assert_at_rest()
    return struck


def is_over(house: House, worker: Worker) -> bool:
    """Nothing is left to strike: the command has ended, or the worker has nothing to do."""
    return not worker.is_alive() or not wanted_orders.pending(house.workbook).exists()


def go_on(house: House, thawed: Worker, work: str) -> None:
    """A command ends by itself. A worker has to show that it goes on, and then dies."""
    if work == COMMAND:
        thawed.join()
        return
    house.some_of_everything(random.Random(1))
    eventually(lambda: is_over(house, thawed), "it works again")
    thawed.kill()
    wait_for_the_database()


def holds_the_lease(house: House) -> bool:
    return house.workbook.lease_until is not None


def rounds(house: House, nursery: Nursery, folder: Path, *, seed: int, wanted: int) -> None:
    """Until so many rounds struck one that wrote; a fast machine may need more rounds for it. Each second one strikes
    a worker, the others a command.
    """
    print(f"seed {seed}")
    chance = random.Random(seed)
    struck = 0
    for number in range(MOST_ROUNDS * wanted):
        print(f"round {number}")
        struck += strike(house, nursery, folder, chance, (COMMAND, WORKER)[number % 2])
        if struck == wanted:
            return
    raise AssertionError(f"only {struck} of {MOST_ROUNDS * wanted} rounds struck a worker that wrote")


def test_killed_at_random_instants(house: House, nursery: Nursery, tmp_path: Path) -> None:
    rounds(house, nursery, tmp_path, seed=20261122, wanted=5)


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(6))
def test_killed_at_many_random_instants(house: House, nursery: Nursery, tmp_path: Path, part: int) -> None:
    del part
    rounds(house, nursery, tmp_path, seed=random.SystemRandom().randrange(1_000_000), wanted=9)


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
