"""The workers of the assistant: an answer takes as long as the model takes, and must not keep Excel waiting."""

from functools import partial

from django.db import transaction

from sync import doorbell
from sync.work import Lane

LANE = "assistant"
ACTOR = "assistant_sweep"
THE_LANE = Lane(LANE, actor=ACTOR, tasks="ai.tasks", threads=4)


def ring_after_commit() -> None:
    transaction.on_commit(partial(doorbell.ring_lane, LANE))
