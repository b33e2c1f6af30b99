"""A running emulator, and the words in which the stories talk to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from openpyxl import Workbook

from sync.emulator.process import EmulatorProcess
from tests.support.emulated import PLAIN_HTTP


def make_ledger(path: Path) -> Path:
    """A small workbook with two sheets, a heading each and three orders on the first."""
    book = Workbook()
    active = book.active
    assert active is not None
    active.title = "Active"
    for row in (["RO", "Note"], ["38001", "one"], ["38002", "two"], ["38003", "three"]):
        active.append(row)
    book.create_sheet("O'Brien & Co").append(["RO", "Note"])
    book.save(path)
    return path


class Control:
    """The emulator's own address: faults, the log, the cells."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self._client = httpx.Client(base_url=emulator.control_url, trust_env=False, verify=PLAIN_HTTP)

    def close(self) -> None:
        self._client.close()

    def reset(self) -> None:
        self._post("/reset", {})

    def fault(
        self, action: Mapping[str, object], match: Mapping[str, object] | None = None, **rule: object
    ) -> None:
        """Let the next request that matches meet this fault; every one of them with `times=None`."""
        self._post("/faults", {"match": match or {}, "action": action, **rule})

    def advance(self, seconds: float) -> None:
        self._post("/clock", {"advance_seconds": seconds})

    def options(self, **values: object) -> None:
        self._post("/options", values)

    def by_hand(self, verb: str, **told: object) -> dict[str, Any]:
        """What people do in Outlook itself."""
        return self._post(f"/mail/{verb}", told)

    def outbox(self) -> list[dict[str, Any]]:
        """Every mail that really left."""
        return list(self._client.get("/outbox").raise_for_status().json())

    def mailbox(self, address: str) -> dict[str, Any]:
        """Everything in one person's Outlook."""
        return dict(self._client.get("/mailbox", params={"address": address}).raise_for_status().json())

    def save(self) -> None:
        self._post("/save", {})

    def log(self) -> list[dict[str, Any]]:
        return list(self._client.get("/log").raise_for_status().json())

    def stats(self) -> dict[str, Any]:
        return dict(self._client.get("/stats").raise_for_status().json())

    def cells(self, sheet: str = "Active") -> list[list[Any]]:
        return list(self._client.get("/cells", params={"sheet": sheet}).raise_for_status().json()["values"])

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return dict(self._client.post(path, json=body).raise_for_status().json())
