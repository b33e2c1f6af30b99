"""A real `manage.py serve` with a data folder of its own, as a person would start it."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx
import openpyxl

from tests.servers import SHARED_FOLDER

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"is ready: (http://\S+?)/\s")
ACCOUNT = re.compile(r"user name (\S+), password (\S+)")
START_SECONDS = 90
NOT_EMBEDDED = ("DATABASE_URL", "REDIS_URL")


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_EMBEDDED}
    return {**kept, "DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"}


@dataclass
class Serving:
    """A running server, and what it said."""

    data: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    url: str = ""

    def text(self) -> str:
        return "".join(self.said)

    def account(self) -> tuple[str, str]:
        found = ACCOUNT.search(self.text())
        assert found, self.text()
        return found[1], found[2]

    def emulator_address(self) -> str:
        """Where its emulator listens."""
        found = json.loads((self.data / "emulator.json").read_text())
        return str(found["base_url"]).removesuffix("/v1.0")

    def cell(self, number: int, header: str) -> Any:
        """What the .xlsx file holds of an order, whatever sheet it stands on."""
        book = openpyxl.load_workbook(
            self.data / "workbook" / "repair_orders.xlsx", read_only=True, data_only=True
        )
        try:
            for sheet in book.worksheets:
                rows = sheet.iter_rows(values_only=True)
                names = [str(name).strip() for name in next(rows, ())]
                if "RO" not in names:
                    continue
                for row in rows:
                    if str(row[names.index("RO")]).removeprefix("G") == str(number):
                        return row[names.index(header)]
        finally:
            book.close()
        return None

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def served(data: Path, *more: str, **settings: str) -> Iterator[Serving]:
    """Starts the server on a free port and ends it; yields once it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", "0", *more],
        cwd=ROOT,
        env={**environment(data), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    serving = Serving(data, process)
    lines: Queue[str | None] = Queue()
    reader = threading.Thread(target=_read, args=(serving, lines), daemon=True)
    reader.start()
    try:
        _wait_until_ready(serving, lines)
        yield serving
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
        reader.join()


@contextmanager
def demo_served(data: Path, **settings: str) -> Iterator[Serving]:
    """The server on a copy of what its first start makes, which takes long: the demo's accounts, orders and parts."""
    shutil.copytree(first_start().data, data, dirs_exist_ok=True)
    with served(data, **settings) as serving:
        yield serving


def emulator(serving: Serving, method: str, path: str, **told: Any) -> Any:
    """What the emulator says to somebody who stands beside it."""
    url = f"{serving.emulator_address()}/_emulator/{path}"
    with httpx.Client(trust_env=False) as client:
        return client.request(method, url, json=told or None).raise_for_status().json()


@dataclass(frozen=True)
class FirstStart:
    """What a server that began with nothing left behind, and what it said."""

    data: Path
    said: str
    exit_code: int


@cache
def first_start() -> FirstStart:
    """One first start for all processes of a run; whoever comes first makes it."""
    folder = Path(os.environ[SHARED_FOLDER]) / "first-start"
    folder.mkdir(exist_ok=True)
    data, account = folder / "data", folder / "account.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not account.exists():
            shutil.rmtree(data, ignore_errors=True)  # of one that did not come to its end
            with served(data) as server:
                exit_code = server.stop()
            account.write_text(json.dumps({"said": server.text(), "exit_code": exit_code}))
    return FirstStart(data, **json.loads(account.read_text()))


def _wait_until_ready(serving: Serving, lines: "Queue[str | None]") -> None:
    while not serving.url:
        try:
            line = lines.get(timeout=START_SECONDS)
        except Empty:
            line = None
        assert line is not None, f"it did not start:\n{serving.text()}"
        if found := READY.search(line):
            serving.url = found[1]
    while "Stop it" not in serving.text():
        lines.get(timeout=START_SECONDS)


def _read(serving: Serving, lines: "Queue[str | None]") -> None:
    assert serving.process.stdout
    with serving.process.stdout as output:
        for line in output:
            serving.said.append(line)
            lines.put(line)
    lines.put(None)
