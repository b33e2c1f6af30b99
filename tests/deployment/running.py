"""A process of a deployment, by its command in compose.yaml."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genthrust import probe
from tests.bench.processes import wait_until
from tests.deployment.composed import ROOT, command_of
from tests.support.server_processes import DIE_WITH_PARENT, free_port


@contextmanager
def started(
    service: str, environment: dict[str, str], folder: Path, tree: Path = ROOT
) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """The process of the code in that tree, on free ports; gives it, the port of its pages where it has any, and that
    of its metrics."""
    metrics, port = free_port(), free_port()
    words = [str(port) if word == "8000" else word for word in command_of(service)]
    with (folder / f"{service}.log").open("wb") as log:
        process = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, *words],
            cwd=tree,
            env={**environment, "METRICS_PORT": str(metrics)},
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: _is_up(metrics, process), f"{service} is up")
            yield process, port, metrics
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()


def _is_up(metrics: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "it ended at once"
    return probe.main(f"http://127.0.0.1:{metrics}/metrics") == ""
