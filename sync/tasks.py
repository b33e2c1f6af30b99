"""Dramatiq's actors: doorbells. Each takes nothing with it, looks into the database, and may run twice.

The brokers have no middleware for retries: what failed is still due, and the next sweep finds it.
"""

import dramatiq

from genthrust.broker import QUEUE
from sync import beats, runs
from sync.doorbell import SWEEP_ACTOR


@dramatiq.actor(actor_name=SWEEP_ACTOR, queue_name=QUEUE)
def sweep() -> None:
    beats.note(beats.WORKER)
    runs.sweep()
