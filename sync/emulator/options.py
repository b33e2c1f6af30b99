"""What can be chosen about the emulated service, at the start or while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_CHOICES: dict[str, tuple[Any, ...]] = {
    "lock_conflict_status": (409, 429),
    "apostrophe_in_text_cells": ("keep", "swallow"),
}


@dataclass(slots=True)
class Options:
    """Times are in seconds, except the two latencies in milliseconds.

    The defaults follow the documentation; where it is silent both answers can be chosen.
    """

    latency_ms: int = 0
    step_latency_ms: int = 0
    save_debounce: float = 1.0
    save_lag: float = 0.0
    session_timeout: float = 300.0
    session_error_status: int = 404
    lock_conflict_status: int = 429
    apostrophe_in_text_cells: str = "keep"
    async_sessions: bool = False
    async_session_polls: int = 1

    def update(self, values: Mapping[str, Any]) -> None:
        """Take over new values; ValueError names the first that is unknown or of the wrong kind."""
        checked = {name: self._checked(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        defaults = asdict(Options())
        if name not in defaults:
            raise ValueError(f"unknown option {name!r}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"option {name!r} must be one of {_CHOICES[name]}")
        wanted = type(defaults[name])
        accepted: tuple[type, ...] = (int, float) if wanted is float else (wanted,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
            raise ValueError(f"option {name!r} must be of type {wanted.__name__}")
        if isinstance(value, (int, float)) and value < 0:
            raise ValueError(f"option {name!r} must not be negative")
        return wanted(value)

    def as_dict(self) -> dict[str, Any]:
        """All options, ready for JSON."""
        return asdict(self)
