"""Redis is emptied, and down, while people save: no save fails and none is lost. The row is the job."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from sync.emulator.process import EmulatorProcess
from sync.models import Replica
from tests.flush.house import House, eventually
from tests.flush.ledger import NUMBERS
from tests.flush.workers import ROOT, environment
from tests.support.server_processes import DIE_WITH_PARENT, Redis

pytestmark = pytest.mark.django_db(transaction=True)

SAVES = 60
SAVER = f"""
import time
import django
django.setup()
from repairs import orders
from repairs.models import RepairOrder
numbers = {[*NUMBERS["Active"]]}
for count in range({SAVES}):
    order = RepairOrder.objects.get(number=numbers[count % len(numbers)])
    orders.edit(order, by=None, changes={{"notes": f"save {{count}}"}})
    print(count, flush=True)
    time.sleep(0.02)
"""


@contextmanager
def running(command: list[str], surroundings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """A program of ours with its children in a group of its own, ended with the block."""
    with log.open("w") as words:
        process = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, *command],
            cwd=ROOT,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            with process.stdout:
                yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def surroundings(emulator: EmulatorProcess, database_url: str, own_redis: Redis) -> dict[str, str]:
    there = environment(emulator, database_url)
    return {**there, "REDIS_URL": own_redis.url, "DJANGO_SETTINGS_MODULE": "genthrust.settings"}


def saved(saver: subprocess.Popen[str], count: int) -> None:
    """Waits until the saver has saved for the so-and-so-many-th time."""
    assert saver.stdout is not None
    for line in saver.stdout:
        if int(line) >= count:
            return
    raise AssertionError(f"the saver ended before save {count}")


def test_no_save_fails_and_none_is_lost(
    house: House, own_redis: Redis, surroundings: dict[str, str], tmp_path: Path
) -> None:
    with (
        running(["manage.py", "worker"], surroundings, tmp_path / "worker.log"),
        running(["manage.py", "scheduler"], surroundings, tmp_path / "scheduler.log"),
        running(["-c", SAVER], surroundings, tmp_path / "saver.log") as saver,
    ):
        saved(saver, 10)
        for _ in range(5):
            with redis.Redis(port=own_redis.port) as client:
                client.flushall()
        saved(saver, 20)
        own_redis.kill()
        saved(saver, 40)
        own_redis.start()
        saved(saver, SAVES - 1)
        assert saver.wait() == 0, (tmp_path / "saver.log").read_text()
        eventually(
            lambda: not Replica.objects.filter(pending_since__isnull=False).exists(), "everything arrives"
        )
    house.recover()
    house.assert_at_rest()
    house.assert_well_behaved()
    assert {house.cell(number, "notes") for number in NUMBERS["Active"]} == {
        f"save {count}" for count in range(SAVES - 12, SAVES)
    }


CHANGE = """
import json, sys
connected = []

def note(event, arguments):
    if event == "socket.connect":
        connected.append(arguments[1])

sys.addaudithook(note)
import django
django.setup()
from repairs import orders
from repairs.models import RepairOrder
for status in ("SHIPPED", "RECEIVED"):
    orders.change_status(RepairOrder.objects.get(number=38005), by=None, to=status)
print(json.dumps(connected))
"""


@pytest.mark.parametrize("redis_is", ["up", "down"])
def test_a_save_connects_to_nothing_but_the_database_and_the_bell(
    house: House, own_redis: Redis, surroundings: dict[str, str], redis_is: str
) -> None:
    house.fault("hang", times=None, seconds=30)
    if redis_is == "down":
        own_redis.kill()
    done = subprocess.run(
        [sys.executable, "-c", CHANGE],
        cwd=ROOT,
        env=surroundings,
        check=True,
        capture_output=True,
        text=True,
    )
    connected = json.loads(done.stdout)
    assert connected == [["127.0.0.1", own_redis.port]], (
        "one ring; a bell that fails is left alone for a while"
    )
    assert house.stats()["http_requests"] == 0
    assert house.order(38005).status == "RECEIVED"
    house.all_well()
    house.drain()
    house.assert_at_rest()
