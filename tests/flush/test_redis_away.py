"""Redis is emptied, and down, while people save: no save fails and none is lost. The row is the job."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Origin

from people.roles import Role, give
from sync.emulator.process import EmulatorProcess
from sync.models import Replica, Run
from tests.bench.processes import wait_until, web
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


class OpenPage:
    """What the script of a page does: it listens, and knocks again whenever its socket was closed."""

    def __init__(self, address: str, browser: Client) -> None:
        self.heard: list[dict[str, Any]] = []
        self._ended = threading.Event()
        self._address, self._origin = address.replace("http", "ws") + "/ws/runs/", address
        name = settings.SESSION_COOKIE_NAME
        self._headers = {"Cookie": f"{name}={browser.cookies[name].value}"}
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._hear()
            except (ConnectionClosed, InvalidHandshake):
                self._ended.wait(0.2)

    def _hear(self) -> None:
        with connect(
            self._address, origin=Origin(self._origin), additional_headers=self._headers, proxy=None
        ) as socket:
            while not self._ended.is_set():
                try:
                    self.heard.append(json.loads(socket.recv(timeout=0.2)))
                except TimeoutError:
                    continue

    def saw_a_run_end(self, *, after: int = 0) -> bool:
        """Was it told of the end of a flush that is newer than that run? Who knocks again is told of the last ones."""
        told = [run for message in list(self.heard) for run in message.get("runs", [message.get("run")])]
        return any(r["id"] > after and r["kind"] == "flush" and r["state"] == "succeeded" for r in told if r)


def restarted(server: Redis) -> None:
    server.kill()
    server.start()


def emptied(server: Redis) -> None:
    with redis.Redis(port=server.port) as client:
        client.flushall()


@pytest.mark.chaos
def test_an_open_page_hears_of_the_next_run_after_a_restart_and_after_an_emptying(
    house: House, own_redis: Redis, surroundings: dict[str, str], tmp_path: Path
) -> None:
    browser, viewer = Client(), User.objects.create_user("vera")
    give(viewer, Role.VIEWER)
    browser.force_login(viewer)
    with (
        running(["manage.py", "worker"], surroundings, tmp_path / "worker.log"),
        running(["manage.py", "scheduler"], surroundings, tmp_path / "scheduler.log"),
        web(surroundings, tmp_path) as address,
        OpenPage(address, browser) as page,
    ):
        wait_until(lambda: bool(page.heard), "the page hears how it stands")
        house.edit(38001, notes="before")
        wait_until(page.saw_a_run_end, "the page hears of the first run")
        for happens in (restarted, emptied):
            happens(own_redis)
            last = Run.objects.latest("pk").pk
            house.edit(38001, notes=happens.__name__)
            wait_until(
                lambda last=last: page.saw_a_run_end(after=last),  # type: ignore[misc]  # bound for the loop
                f"the page hears of the next run after Redis was {happens.__name__}",
            )
            assert house.cell(38001, "notes") == happens.__name__
        assert httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
