"""What is looked after while a model answers: whether somebody has asked for the end, or waits for our connection."""

import time

from django.db import connection

from sync.runs import Claim

EVERY_SECONDS = 0.3


class Watch:
    """Called as often as one likes; looks into the database now and then.

    An answer takes long and needs its database connection for moments: it is given away when another thread waits for
    one, so that more answers are followed at once than there are connections.

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
        if not connection.in_atomic_block:  # what is not finished needs it
            connection.close_if_unusable_or_obsolete()
