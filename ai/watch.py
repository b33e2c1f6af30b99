"""Looking, while a model answers, whether somebody has asked for the end."""

import time

from sync.runs import Claim

EVERY_SECONDS = 0.3


class Watch:
    """Called as often as one likes; looks into the database now and then.

    Raises Cancelled when a person asked for the end of the run, Postponed when this process is about to end.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._looked_at = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= EVERY_SECONDS:
            self._looked_at = now
            self._claim.check_ending()
