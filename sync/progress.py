"""Telling browsers how far a run is. A hint over Channels: the page can always be rebuilt from the row."""

import asyncio
import logging
import time
from typing import Any

import redis
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.utils.module_loading import import_string

from repairs import clock
from sync import silence, work
from sync.models import Run

logger = logging.getLogger(__name__)

GROUP = "runs"
CHANGED = "run.changed"
HINT = "hint"
# How long a worker may be held up by a Redis that does not answer, in seconds, and how long it then isn't asked.
PUSH_TIMEOUT = 1.0
QUIET_AFTER_FAILURE = 5.0


class _Pause:
    """Until when nothing is told because telling failed (monotonic seconds)."""

    until = 0.0


_pause = _Pause()


def describe(run: Run) -> dict[str, Any]:
    """A run as the browser shows it. Instants are ISO texts in UTC; `ended_ago` is in seconds, None while open."""
    return {
        "id": run.pk,
        "kind": run.kind,
        "label": run.get_kind_display(),
        "done_label": work.kind(run.kind).done,
        "state": run.state,
        "phase": silence.doing(run),
        "done": run.done,
        "total": run.total,
        "percent": run.percent,
        "url": run.get_absolute_url(),
        "error": run.error,
        "started_at": run.started_at and run.started_at.isoformat(),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
        "ended_ago": (clock.now() - run.finished_at).total_seconds() if run.finished_at else None,
    }


def push(run: Run) -> None:
    """Tells every open page how the run stands now. Best effort: never raises, never waits long.

    A kind that does not concern everybody tells of its runs by itself.
    """
    if told := work.kind(run.kind).told:
        import_string(told)(run)
        return
    tell(GROUP, {"type": CHANGED, "run": describe(run)}, what=f"Progress of {run}")


def keep_time() -> None:
    """Tells open pages of runs whose workers are silent, and so can't do it themselves."""
    for run in silence.silent():
        push(run)


def hint(name: str) -> None:
    """Tells every open page that something of this name changed, so that it asks anew. Best effort, as above."""
    tell(GROUP, {"type": HINT, "name": name}, what=f"The change of {name}")


def tell(group: str, message: dict[str, Any], *, what: str) -> None:
    """Sends a message to a group of sockets. Best effort, as above; `what` names it in the log."""
    if time.monotonic() < _pause.until:
        return
    try:
        async_to_sync(_send)(group, message)
    except (redis.RedisError, OSError, TimeoutError, ChannelFull) as error:
        _pause.until = time.monotonic() + QUIET_AFTER_FAILURE
        logger.warning("%s could not be told (%s); pages ask for it themselves.", what, error)


async def _send(group: str, message: dict[str, Any]) -> None:
    layer: Any = get_channel_layer()
    async with asyncio.timeout(PUSH_TIMEOUT):
        await layer.group_send(group, message)
