"""Dramatiq's actors: doorbells. Each takes nothing with it, looks into the database, and may run twice."""

import dramatiq

from genthrust.broker import QUEUE
from sync import runs
from sync.doorbell import SWEEP_ACTOR


@dramatiq.actor(actor_name=SWEEP_ACTOR, queue_name=QUEUE, max_retries=0)
def sweep() -> None:
    runs.sweep()
