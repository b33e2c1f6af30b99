"""Time as the emulator sees it; a test may push it forward."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """Monotonic seconds plus what was added over the control address. Real waiting is not affected."""

    shift: float = 0.0

    def now(self) -> float:
        """Seconds, only good for differences."""
        return time.monotonic() + self.shift

    def utc(self) -> datetime:
        """The time of day, for what mailboxes keep."""
        return datetime.now(UTC) + timedelta(seconds=self.shift)

    def advance(self, seconds: float) -> None:
        """Let sessions, cool-downs and mail on its way age at once."""
        self.shift += seconds
