"""Waking the workers of each lane."""

from genthrust.broker import QUEUE
from genthrust.broker import ring as _ring
from sync import work

SWEEP_ACTOR = "sync_sweep"


def ring() -> None:
    """Asks a worker to look for due work now. Best effort; call it after the commit."""
    _ring(SWEEP_ACTOR)


def ring_lane(name: str) -> None:
    """The same for work that has workers of its own (sync.work.Lane)."""
    _ring(work.lane(name).actor, queue=name)


def ring_all() -> None:
    _ring(SWEEP_ACTOR, queue=QUEUE)
    for lane in work.lanes():
        ring_lane(lane.name)
