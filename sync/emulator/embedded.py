"""The emulator beside an installation that has no tenant: found when it lives, started when it doesn't.

One emulator per data folder. Whoever starts it holds a lock on the folder while living, and the emulator ends with
it; everybody else finds it through its address file. The folder and the ids come from the environment, as the
settings take them (DATA_DIR, GRAPH_DRIVE_ID, EXCEL_WORKBOOK_ID).
"""

from __future__ import annotations

import atexit
import fcntl
import http.client
import json
import os
import shutil
import threading
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from sync.emulator.process import EmulatorProcess, start_emulator

_ROOT = Path(__file__).resolve().parents[2]
DEMO_WORKBOOK = _ROOT / "repairs" / "demo" / "repair_orders.xlsx"
_ASK_SECONDS = 5.0
_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.1
# How long an answer "it lives" of another process's emulator is believed, in seconds.
_BELIEVED_SECONDS = 2.0
ELSEWHERE = (
    "Another program of this data folder runs the emulator, but it can't be reached from here. Where it runs in "
    "another container, run the command there: docker compose exec worker python manage.py …"
)


class NoEmulator(ConnectionError):
    """Another process says that it runs the emulator, but it cannot be found."""


def data_folder() -> Path:
    return Path(os.environ.get("DATA_DIR", "").strip() or _ROOT / "data")


def workbook_path() -> Path:
    """The file that the emulator serves and saves."""
    return data_folder() / "workbook" / "repair_orders.xlsx"


def address() -> tuple[str, str]:
    """Base URL and token of the living emulator of this data folder; starts one when there is none.

    Called before every use of Graph, so it is quick while all is well. Raises NoEmulator or EmulatorDidNotStart.
    """
    return _house.address()


def stop() -> None:
    """Ends the emulator that this process started, if it did; its workbook is saved."""
    _house.stop()


class _House:
    """What this process knows of the emulator: its own child, or where somebody else's is."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._own: EmulatorProcess | None = None
        self._lock: IO[bytes] | None = None
        self._found: tuple[str, str] = ("", "")
        self._found_at = 0.0

    def address(self) -> tuple[str, str]:
        with self._guard:
            if self._own and self._own.is_running():
                return self._own.base_url, self._own.token
            if time.monotonic() - self._found_at < _BELIEVED_SECONDS:
                return self._found
            return self._find_or_start()

    def _find_or_start(self) -> tuple[str, str]:
        give_up = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < give_up:
            if self._own or self._take_lock():
                return self._start()
            if found := _living(_address_file()):
                self._found, self._found_at = found, time.monotonic()
                return found
            time.sleep(_POLL_SECONDS)
        raise NoEmulator(ELSEWHERE)

    def _take_lock(self) -> bool:
        data_folder().mkdir(parents=True, exist_ok=True)
        lock = (data_folder() / "emulator.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _start(self) -> tuple[str, str]:
        _wait_for_the_last_one(_address_file())
        if not workbook_path().exists():
            _copy_demo(workbook_path())
        self._own = start_emulator(
            workbook_path(),
            drive_id=os.environ.get("GRAPH_DRIVE_ID", "").strip() or "demo-drive",
            item_id=os.environ.get("EXCEL_WORKBOOK_ID", "").strip() or "demo-workbook",
            address_file=_address_file(),
        )
        return self._own.base_url, self._own.token

    def stop(self) -> None:
        with self._guard:
            if self._own:
                self._own.stop()
                self._own = None
            if self._lock:
                self._lock.close()
                self._lock = None

    def forget(self) -> None:
        """In a child after a fork: the parent's emulator is the parent's to stop."""
        self._guard = threading.Lock()
        self._own, self._lock, self._found_at = None, None, 0.0


def _address_file() -> Path:
    return data_folder() / "emulator.json"


def _copy_demo(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".new")
    shutil.copyfile(DEMO_WORKBOOK, unfinished)
    unfinished.replace(target)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _living(file: Path) -> tuple[str, str] | None:
    """The address in the file, if an emulator answers there."""
    found = _read(file)
    parts = urlsplit(str(found.get("base_url", "")))
    if not parts.hostname or not parts.port:
        return None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/_emulator/options")
        answers = connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return (str(found["base_url"]), str(found.get("token", ""))) if answers else None


def _wait_for_the_last_one(file: Path) -> None:
    """An emulator whose starter was killed saves its workbook before it ends; then the next may begin."""
    pid = _read(file).get("pid")
    give_up = time.monotonic() + _WAIT_SECONDS
    while isinstance(pid, int) and _is_emulator(pid) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)


def _is_emulator(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"sync.emulator" in command


_house = _House()
atexit.register(stop)
os.register_at_fork(after_in_child=_house.forget)
