"""What was asked of the emulator: every request in order, and the sums that tests and benchmarks look at."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

_KEPT = 20_000


@dataclass(slots=True)
class Step:
    """A request inside a batch. Times are seconds since the epoch."""

    id: str
    method: str
    url: str
    session: str | None
    status: int = 0
    cells: int = 0
    written: int = 0
    started: float = 0.0
    finished: float = 0.0


@dataclass(slots=True)
class Entry:
    """A request over HTTP; `status` stays 0 when the connection was dropped."""

    number: int
    method: str
    path: str
    session: str | None
    started: float
    bytes_in: int
    finished: float = 0.0
    status: int = 0
    bytes_out: int = 0
    cells: int = 0
    written: int = 0
    steps: list[Step] = field(default_factory=list)


class Journal:
    """The log and its sums; requests of the control address are in neither."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._sums: Counter[str] = Counter()
        self._largest_step = 0
        self._running = 0

    def clear(self) -> None:
        """Start over."""
        self._entries.clear()
        self._sums.clear()
        self._largest_step = 0

    @contextmanager
    def request(self, *, method: str, path: str, session: str | None, size: int) -> Iterator[Entry]:
        """Record a request from its arrival to its end."""
        self._sums["http_requests"] += 1
        if self._running:
            self._sums["overlapping"] += 1
        self._running += 1
        entry = Entry(self._sums["http_requests"], method, path, session, time.time(), size)
        self._entries.append(entry)
        try:
            yield entry
        finally:
            entry.finished = time.time()
            self._running -= 1
            self._sums[f"status_{entry.status}"] += 1

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the sums."""
        self._sums[name] += by

    def wrote(self, *, cells: int, with_session: bool) -> None:
        """A step (or a single request) that changed cells: the size of its range."""
        self._sums["writing_steps"] += 1
        self._sums["cells_in_steps"] += cells
        self._sums["sessionless_writes"] += not with_session
        self._largest_step = max(self._largest_step, cells)

    def log(self) -> list[dict[str, Any]]:
        """All requests in the order in which they arrived."""
        return [asdict(entry) for entry in self._entries]

    def stats(self) -> dict[str, Any]:
        """The sums; names that tests rely on are always there."""
        names = (
            "http_requests",
            "batch_steps",
            "writing_steps",
            "cells_in_steps",
            "overlapping",
            "lock_conflicts",
            "retry_after_violations",
            "sessionless_writes",
            "sessions_created",
            "sessions_refused",
            "outlook_concurrency_refused",
        )
        sums: dict[str, Any] = {name: self._sums[name] for name in names}
        sums["max_cells_in_a_step"] = self._largest_step
        sums["by_status"] = {
            name.removeprefix("status_"): count
            for name, count in sorted(self._sums.items())
            if name.startswith("status_")
        }
        return sums
