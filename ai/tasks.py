"""The doorbell of the assistant's lane: looks into the database, takes nothing with it, may run twice."""

import dramatiq

from ai.lane import ACTOR, LANE
from sync import beats, runs


@dramatiq.actor(actor_name=ACTOR, queue_name=LANE)
def sweep() -> None:
    beats.note(LANE)
    runs.sweep_lane(LANE)
