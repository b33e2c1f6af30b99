"""The processes of a deployment, started by the commands of compose.yaml: they start, answer, and end when told."""

import re
import signal
import threading
from pathlib import Path
from typing import Any

import dramatiq
import httpx
import pytest
from dramatiq.brokers.stub import StubBroker

from genthrust import probe
from sync.management.processes import stop_together
from tests.deployment.composed import PROCESSES, ROOT, STOP_SECONDS, example
from tests.deployment.running import started
from tests.support.server_processes import free_port


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "service", [name for name in PROCESSES if name != "web"]
)  # that one: test_slow_clients.py
def test_it_starts_tells_its_health_and_ends(
    service: str, deployment: dict[str, str], tmp_path: Path
) -> None:
    with started(service, deployment, tmp_path) as (process, _, metrics):
        shown = httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False)
        if service == "scheduler":
            names = (
                "changes_pending",
                "change_oldest_seconds",
                "runs_due",
                "drafts_waiting",
                "sends_unknown",
            )
            assert [name for name in names if f"genthrust_{name} 0.0" not in shown.text] == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) in (0, 143)


@pytest.mark.django_db(transaction=True)
def test_a_trial_without_a_proxy_is_reached_on_this_machine(
    deployment: dict[str, str], tmp_path: Path
) -> None:
    """With the lines of the example that docs/operations.md says to change."""
    told = (ROOT / "docs" / "operations.md").read_text().partition("For a trial without a proxy")[2]
    changed = dict(re.findall(r"`(\w+)=(\w*)`", told.partition("\n\n")[0]))
    assert changed["HTTPS"] == "false"
    trial = {**deployment, "ALLOWED_HOSTS": example()["ALLOWED_HOSTS"], **changed}
    with started("web", trial, tmp_path) as (_, port, _):
        page = httpx.get(f"http://127.0.0.1:{port}/accounts/login/", trust_env=False)
        assert (page.status_code, "csrftoken" in page.cookies) == (200, True)


class _Stops(dramatiq.Middleware):
    """Notes how many workers were told to stop, and what of the long job was over when its own had stopped."""

    def __init__(self) -> None:
        self.told: list[dramatiq.Worker] = []
        self.both_told, self.over = threading.Event(), threading.Event()
        self.left: dict[int, bool] = {}

    def before_worker_shutdown(self, broker: Any, worker: dramatiq.Worker) -> None:
        self.told.append(worker)
        if len(self.told) == 2:
            self.both_told.set()

    def after_worker_shutdown(self, broker: Any, worker: dramatiq.Worker) -> None:
        self.left[id(worker)] = not self.over.is_set()


def test_the_workers_of_all_lanes_are_told_to_stop_at_once() -> None:
    """The first one's job lasts until the other worker is told: one after the other, it would be left."""
    stops, begun = _Stops(), threading.Event()
    broker = StubBroker(middleware=[stops])
    broker.declare_queue("other")

    @dramatiq.actor(broker=broker, queue_name="first")
    def long() -> None:
        begun.set()
        stops.both_told.wait()
        stops.over.set()

    first, other = (dramatiq.Worker(broker, queues={queue}, worker_threads=1) for queue in ("first", "other"))
    for worker in (first, other):
        worker.start()
    long.send()
    assert begun.wait(STOP_SECONDS)
    stop_together([first, other])
    assert stops.left[id(first)] is False


def test_a_probe_tells_what_is_wrong() -> None:
    address = f"http://127.0.0.1:{free_port()}/healthz"
    assert "Connection refused" in probe.main(address)
