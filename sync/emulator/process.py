"""The emulator as a child process: for the demo server and for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from sync.emulator.cli import DEFAULT_DRIVE, DEFAULT_ITEM

_ROOT = Path(__file__).resolve().parents[2]


class EmulatorDidNotStart(ConnectionError):
    """The child ended, or was not listening in time; the reason is a sentence for people."""


@dataclass(slots=True)
class EmulatorProcess:
    """A running emulator; leaving the `with` block stops it, which saves the workbook."""

    base_url: str
    drive_id: str
    item_id: str
    token: str
    workbook: Path
    process: subprocess.Popen[bytes]

    @property
    def control_url(self) -> str:
        """Where faults, the log and the clock are: `{control_url}/faults` and so on."""
        return self.base_url.removesuffix("/v1.0") + "/_emulator"

    @property
    def item_url(self) -> str:
        """The workbook's drive item."""
        return f"{self.base_url}/drives/{self.drive_id}/items/{self.item_id}"

    def is_running(self) -> bool:
        """Whether the child is alive."""
        return self.process.poll() is None

    def stop(self, *, timeout: float = 30.0) -> None:
        """Ask it to end, wait for its last save, and kill it when it doesn't come to an end."""
        if not self.is_running():
            return
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once; what is not saved is lost."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start_emulator(
    workbook: Path | str,
    *,
    port: int = 0,
    drive_id: str = DEFAULT_DRIVE,
    item_id: str = DEFAULT_ITEM,
    token: str | None = None,
    address_file: Path | None = None,
    options: Mapping[str, Any] | None = None,
    timeout: float = 60.0,
) -> EmulatorProcess:
    """Start an emulator that ends with this process, and return once it is listening.

    `options` are those of `Options` by name. EmulatorDidNotStart when it isn't listening after `timeout` seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        where = address_file or Path(folder) / "address.json"
        where.unlink(missing_ok=True)
        identity = ["--drive-id", drive_id, "--item-id", item_id]
        command = [
            *(sys.executable, "-m", "sync.emulator", "--workbook", str(Path(workbook).resolve())),
            *("--port", str(port), "--parent-pid", str(os.getpid()), "--address-file", str(where.resolve())),
            *identity,
            *(["--token", token] if token else []),
            *_flags(options or {}),
        ]
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # An interrupt at the terminal is for the parent; this one ends with it.
            start_new_session=True,
        )
        address = _wait_for(where, process, timeout)
    return EmulatorProcess(
        base_url=address["base_url"],
        drive_id=address["drive_id"],
        item_id=address["item_id"],
        token=address["token"],
        workbook=Path(workbook),
        process=process,
    )


def _flags(options: Mapping[str, Any]) -> list[str]:
    flags: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            flags.append(flag)
        elif value is not False:
            flags += [flag, str(value)]
    return flags


def _wait_for(address_file: Path, process: subprocess.Popen[bytes], timeout: float) -> dict[str, Any]:
    give_up = time.monotonic() + timeout
    while time.monotonic() < give_up and process.poll() is None and not address_file.exists():
        time.sleep(0.02)
    found: dict[str, Any] = json.loads(address_file.read_text()) if address_file.exists() else {}
    if "base_url" in found:
        return found
    process.kill()
    process.wait()
    address_file.unlink(missing_ok=True)
    raise EmulatorDidNotStart(found.get("error") or f"The emulator did not start ({process.returncode}).")
