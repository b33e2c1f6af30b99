"""The processes of a deployment, started by the commands of compose.yaml: they start, answer, and end when told."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from genthrust import probe
from tests.bench.processes import wait_until
from tests.deployment.composed import PROCESSES, ROOT, clean_environment, command_of
from tests.support.server_processes import DIE_WITH_PARENT, free_port

STOP_SECONDS = 30  # the stop_grace_period of compose.yaml


@pytest.fixture
def deployment(child_environment: dict[str, str], redis_url: str) -> dict[str, str]:
    kept = {name: child_environment[name] for name in ("SECRET_KEY", "DATABASE_URL")}
    return clean_environment(
        **kept, REDIS_URL=redis_url, LOG_FORMAT="json", ALLOWED_HOSTS="tracker.example.com"
    )


@contextmanager
def started(
    service: str, environment: dict[str, str], folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process by its command in compose.yaml, on free ports; gives it and the port of its metrics."""
    metrics, port = free_port(), free_port()
    words = [str(port) if word == "8000" else word for word in command_of(service)]
    with (folder / f"{service}.log").open("wb") as log:
        process = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, *words],
            cwd=ROOT,
            env={**environment, "METRICS_PORT": str(metrics)},
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: _is_up(metrics, process), f"{service} is up")
            yield process, port if service == "web" else metrics
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()


def _is_up(metrics: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "it ended at once"
    return probe.main(f"http://127.0.0.1:{metrics}/metrics") == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", PROCESSES)
def test_it_starts_tells_its_health_and_ends(
    service: str, deployment: dict[str, str], tmp_path: Path
) -> None:
    with started(service, deployment, tmp_path) as (process, port):
        shown = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False) if service != "web" else None
        if service == "web":
            told = {"Host": "tracker.example.com"}
            assert (
                httpx.get(f"http://127.0.0.1:{port}/readyz", headers=told, trust_env=False).status_code == 200
            )
        elif service == "scheduler":
            assert shown is not None
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


def test_a_probe_tells_what_is_wrong() -> None:
    address = f"http://127.0.0.1:{free_port()}/healthz"
    assert "Connection refused" in probe.main(address)
