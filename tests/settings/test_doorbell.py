"""Ringing a worker: after the commit, best effort, and never in the way of a save."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dramatiq
import pytest
import redis
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from dramatiq.brokers.stub import StubBroker

from genthrust.broker import QUEUE, DoorbellBroker
from repairs import orders, shops
from repairs.models import RepairOrder
from sync.doorbell import SWEEP_ACTOR
from tests.support.server_processes import Redis, free_port

ROOT = Path(__file__).resolve().parents[2]
SAVES = 5
SAVING = """
import sys
import django
django.setup()
from repairs import orders
from repairs.models import Shop
for n in range(int(sys.argv[1])):
    orders.create(by=None, shop=Shop.objects.get(), part_number=f"P-{n}")
"""
NOT_RUNG = r"The doorbell for sync_sweep did not ring \(.*\); the next sweep will find the work\."


def save(environment: dict[str, str], redis_url: str) -> str:
    """Saves some orders in a process of its own; gives what it logged."""
    shops.create(by=None, name="Aero Avionics")
    done = subprocess.run(
        [sys.executable, "-c", SAVING, str(SAVES)],
        cwd=ROOT,
        env={**environment, "REDIS_URL": redis_url, "DJANGO_SETTINGS_MODULE": "genthrust.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert RepairOrder.objects.count() == SAVES
    return done.stderr


@pytest.fixture
def black_hole() -> Iterator[socket.socket]:
    """Takes connections and never says a word."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(64)
        yield hole


def connections_to(hole: socket.socket) -> int:
    hole.setblocking(False)
    taken = 0
    while True:
        try:
            hole.accept()[0].close()
        except BlockingIOError:
            return taken
        taken += 1


@pytest.mark.django_db(transaction=True)
def test_saves_with_redis_down_are_saved_and_it_is_said_once(child_environment: dict[str, str]) -> None:
    log = save(child_environment, f"redis://127.0.0.1:{free_port()}/0")
    assert len(re.findall(NOT_RUNG, log)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_beside_the_embedded_server_has_no_doorbell_and_nothing_to_say(
    child_environment: dict[str, str],
) -> None:
    assert save(child_environment, "") == ""


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_never_answers_is_asked_once_and_then_left_alone(
    child_environment: dict[str, str], black_hole: socket.socket
) -> None:
    log = save(child_environment, f"redis://127.0.0.1:{black_hole.getsockname()[1]}/0")
    assert len(re.findall(NOT_RUNG, log)) == 1
    assert connections_to(black_hole) == 1


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_is_frozen_in_mid_work_holds_up_no_save(
    child_environment: dict[str, str], own_redis: Redis
) -> None:
    own_redis.freeze()
    try:
        log = save(child_environment, own_redis.url)
    finally:
        own_redis.thaw()
    assert len(re.findall(NOT_RUNG, log)) == 1


@pytest.mark.django_db(transaction=True)
def test_it_rings_after_the_commit_and_not_after_a_rollback(redis_url: str) -> None:
    assert redis_url == settings.REDIS_URL

    def waiting() -> int:
        with redis.Redis.from_url(redis_url) as client:
            return int(client.llen(f"dramatiq:{QUEUE}"))

    shop = shops.create(by=None, name="Aero Avionics")
    with transaction.atomic():
        orders.create(by=None, shop=shop, part_number="P")
        assert waiting() == 0
        transaction.set_rollback(True)
    assert waiting() == 0
    with transaction.atomic():
        orders.create(by=None, shop=shop, part_number="P")
        assert waiting() == 0
    assert waiting() == 1


def test_a_message_whose_work_failed_is_done_with() -> None:
    """The broker of the embedded mode lives as long as the server and would keep failed messages for ever."""
    middleware = [import_string(name)() for name in settings.DRAMATIQ_BROKER["MIDDLEWARE"]]
    broker, tries = StubBroker(middleware=middleware), []

    def fail(number: int) -> None:
        tries.append(number)
        raise KeyError(number)

    actor = dramatiq.Actor(fail, broker=broker, actor_name="fail", queue_name=QUEUE, priority=0, options={})
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=10)
    worker.start()
    try:
        for number in range(3):
            actor.send(number)
        broker.join(QUEUE, timeout=20_000)
    finally:
        worker.stop()
    assert tries == [0, 1, 2]
    assert broker.dead_letters == []


def test_a_bell_that_only_a_newer_version_knows_keeps_nothing_from_being_done(redis_url: str) -> None:
    """What it rang for stands in the database, and the next sweep of a process that knows it finds it there."""
    broker, heard = DoorbellBroker(url=redis_url, middleware=[]), threading.Event()
    dramatiq.Actor(heard.set, broker=broker, actor_name=SWEEP_ACTOR, queue_name=QUEUE, priority=0, options={})
    for name in ("of_a_newer_version", SWEEP_ACTOR):
        broker.enqueue(dramatiq.Message(queue_name=QUEUE, actor_name=name, args=(), kwargs={}, options={}))
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=10)
    worker.start()
    try:
        assert heard.wait(20)
    finally:
        worker.stop()
        broker.client.close()
