"""The processes of a deployment, started by the commands of compose.yaml: they start, answer, and end when told."""

import signal
from pathlib import Path

import httpx
import pytest

from genthrust import probe
from tests.deployment.composed import PROCESSES, STOP_SECONDS
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


def test_a_probe_tells_what_is_wrong() -> None:
    address = f"http://127.0.0.1:{free_port()}/healthz"
    assert "Connection refused" in probe.main(address)
