"""The program's own processes, as a deployment runs them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.support.server_processes import DIE_WITH_PARENT, free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds


@contextmanager
def running(*command: str, environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """A Python program of ours, with what it starts, until the end of the context; gives its process id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, *command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def workers(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """One worker process, and the scheduler."""
    log = folder / "workers.log"
    with (
        running("manage.py", "worker", environment=environment, log=log),
        running("manage.py", "scheduler", environment=environment, log=log),
    ):
        yield


@contextmanager
def web(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """A web process; gives its address."""
    port = str(free_port())
    with running("manage.py", "web", "--port", port, environment=environment, log=folder / "web.log"):
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(address), "the web server is up")
        yield address


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(holds: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> None:
    give_up = time.monotonic() + patience
    while not holds():
        if time.monotonic() > give_up:
            raise TimeoutError(f"After {patience:.0f} seconds it still was not so that {what}.")
        time.sleep(0.05)


def high_water(pid: int) -> float:
    """The most memory in MB that a process has held so far, by the kernel's own mark."""
    found = re.search(r"^VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found, "the process has ended"
    return int(found.group(1)) / 1024
