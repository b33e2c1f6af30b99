"""The workers of the assistant: an answer takes as long as the model takes, and must not keep Excel waiting."""

from functools import partial

from django.conf import settings
from django.db import transaction

from sync import doorbell
from sync.work import Lane

LANE = "assistant"
ACTOR = "assistant_sweep"
THE_LANE = Lane(LANE, actor=ACTOR, tasks="ai.tasks", threads=settings.AI_ANSWERS_AT_ONCE)


def ring_after_commit() -> None:
    transaction.on_commit(partial(doorbell.ring_lane, LANE))
