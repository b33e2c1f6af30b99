"""The clock's share of the work: every few seconds, note what is due and wake a worker for it."""

import logging
import threading
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import close_old_connections

from sync import beats, doorbell, work

logger = logging.getLogger(__name__)


# How long a tick may take to end when the process is told to stop, in seconds; what it has not committed is undone.
LAST_TICK = 15


class Timer:
    """A thread that rings every SYNC_SWEEP_SECONDS while the context is open."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick_until_stopped, name="timer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(LAST_TICK)

    def _tick_until_stopped(self) -> None:
        while True:
            tick()
            if self._stop.wait(settings.SYNC_SWEEP_SECONDS):
                return


def tick() -> None:
    """Schedules and rings once. A failure is logged; the next tick is seconds away and tries again."""
    try:
        close_old_connections()
        work.keep_time()
        doorbell.ring_all()
        beats.note(beats.SCHEDULER)
    except Exception:
        logger.exception("The timer could not note what is due.")
    finally:
        close_old_connections()
