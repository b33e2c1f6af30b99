"""So many database connections and not one more, for the whole process."""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock

from django.conf import settings
from django.db.utils import OperationalError

# How long a thread waits for another one to give its connection back, in seconds.
PATIENCE = 10.0
# How often it then looks for connections whose threads have ended; they hang in cycles of references.
LOOK_AFTER = 0.5

# The commands of manage.py that serve or work until they are told to stop. Any other ends by itself, may run in the
# container of one of these, and has few: its own, and one that the threads renewing what it holds take in turns.
LASTING = {"web", "worker", "scheduler", "serve", "runserver"}
ONE_OFF = 2


class Slots:
    """A number of places. A queue and no semaphore: a place is given back by the garbage collector as well, at any
    moment and in any thread, and only SimpleQueue may be called from there."""

    def __init__(self, count: int, *, patience: float = PATIENCE) -> None:
        self.count = count
        self._patience = patience
        self.waiting = 0  # threads that wait for a place now
        self._counting = Lock()
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)

    def take(self) -> Callable[[], None]:
        """Waits for a place; gives what gives it back. OperationalError when none got free in time."""
        self._count(1)
        try:
            give_up = time.monotonic() + self._patience
            while not self._got(LOOK_AFTER):
                if time.monotonic() > give_up:
                    raise OperationalError(
                        f"All {self.count} database connections of this process are in use."
                    )
                gc.collect()
        finally:
            self._count(-1)
        return self._give_back

    def _count(self, difference: int) -> None:
        with self._counting:
            self.waiting += difference

    def _got(self, patience: float) -> bool:
        try:
            self._free.get(timeout=patience)
        except Empty:
            return False
        return True

    def _give_back(self) -> None:
        self._free.put(None)


def bound(argv: Sequence[str]) -> int:
    """The most connections of a process that was started like this: DATABASE_CONNECTIONS, or ONE_OFF."""
    script, *words = argv or [""]
    one_off = Path(script).name == "manage.py" and not LASTING & set(words[:1])
    return ONE_OFF if one_off else int(settings.DATABASE_CONNECTIONS)


@cache
def of_this_process() -> Slots:
    return Slots(bound(sys.argv))
