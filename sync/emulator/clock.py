"""Time as the emulator sees it; a test may push it forward."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Monotonic seconds plus what was added over the control address. Real waiting is not affected."""

    shift: float = 0.0

    def now(self) -> float:
        """Seconds, only good for differences."""
        return time.monotonic() + self.shift

    def advance(self, seconds: float) -> None:
        """Let sessions and cool-downs age at once."""
        self.shift += seconds
