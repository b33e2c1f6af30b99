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
def running(*command: str, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A Python program of ours, with what it starts, until the end of the context."""
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
        yield
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


def peak_memory(*command: str, environment: Mapping[str, str]) -> tuple[str, float]:
    """Runs a command of manage.py; gives its output and the most memory that it held, in MB.

    The kernel's high-water mark of the process is read while it lives: the one that remains after its end
    includes the parent's memory at the fork.
    """
    process = subprocess.Popen(
        [*DIE_WITH_PARENT, sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _high_water(process.pid))
        time.sleep(0.01)
    assert process.stdout is not None
    output = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output}")
    return output, peak / 1024


def _high_water(pid: int) -> int:
    """VmHWM in kB; 0 when the process has just ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"^VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found.group(1)) if found else 0
    return 0
