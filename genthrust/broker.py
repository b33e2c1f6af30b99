"""Dramatiq's brokers, and the one way to ring a worker.

A message is a doorbell, never a job: what must be done stands in the database, so a lost message costs the few
seconds until the next sweep.
"""

import logging
import time
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

QUEUE = "default"
# How long a save may be held up by a Redis that does not answer, in seconds, and how long it then isn't asked.
RING_TIMEOUT = 0.5
QUIET_AFTER_FAILURE = 5.0


class DoorbellBroker(RedisBroker):
    """Redis with short time-outs and no retries: ringing is best effort."""

    def __init__(self, *, url: str, middleware: Any = None) -> None:
        client = redis.Redis.from_url(
            url,
            socket_connect_timeout=RING_TIMEOUT,
            socket_timeout=RING_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        super().__init__(  # type: ignore[no-untyped-call]  # dramatiq leaves this one untyped
            client=client, middleware=middleware, heartbeat_timeout=30_000, maintenance_chance=100_000
        )


class _Bell:
    """Whether the last ring failed, and until when Redis is therefore left alone."""

    quiet_until = 0.0


def ring(actor_name: str, *, queue: str = QUEUE) -> None:
    """Wakes a worker for `actor_name`. Never raises and never waits longer than RING_TIMEOUT, once per quiet time."""
    if time.monotonic() < _Bell.quiet_until:
        return
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name=queue, actor_name=actor_name, args=(), kwargs={}, options={}
    )
    try:
        dramatiq.get_broker().enqueue(message)
    except dramatiq.QueueNotFound:
        return  # a command beside an embedded server, whose broker is in its memory: its sweep finds the work
    except (dramatiq.DramatiqError, redis.RedisError, OSError) as error:
        _Bell.quiet_until = time.monotonic() + QUIET_AFTER_FAILURE
        logger.warning(
            "The doorbell for %s did not ring (%s); the next sweep will find the work.", actor_name, error
        )
