"""What is held for a time is prolonged in the background while its holder lives."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


@contextmanager
def beating(renew: Callable[[], None], *, lost: type[Exception], name: str) -> Iterator[None]:
    """Calls `renew` every third of SYNC_LEASE_SECONDS, from a thread of its own, until it raises `lost`."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(stop, renew, lost, name), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(stop: threading.Event, renew: Callable[[], None], lost: type[Exception], name: str) -> None:
    while not stop.wait(settings.SYNC_LEASE_SECONDS / 3):
        try:
            renew()
        except lost:
            break
        except DatabaseError as error:  # the next beat tries again; without one it simply runs out
            logger.warning("The %s was not renewed: %s", name, error)
        finally:
            connection.close()  # kept open, it would take the place of somebody else's for minutes
