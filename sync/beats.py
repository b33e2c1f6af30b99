"""Signs of life of workers and schedulers, so that somebody can tell that none is running."""

import time
from datetime import datetime

from django.db import IntegrityError, transaction

from repairs import clock
from sync.models import Beat, Run

EVERY = 10.0  # seconds between two signs of one process
SCHEDULER = "scheduler"
WORKER = "worker"


class _Last:
    """When this process gave its last sign of each kind (monotonic seconds)."""

    at: dict[str, float] = {}


def note(name: str) -> None:
    """A process of this kind is alive. Called at every turn; it writes every EVERY seconds at most."""
    now = time.monotonic()
    if now - _Last.at.get(name, -EVERY) < EVERY:
        return
    if not Beat.objects.filter(name=name).update(at=clock.now()):
        try:
            with transaction.atomic():
                Beat.objects.create(name=name, at=clock.now())
        except IntegrityError:
            pass  # another process was faster, and its sign is as good
    _Last.at[name] = now


def last(name: str) -> datetime | None:
    """When the latest sign of a kind came; None for never."""
    return Beat.objects.filter(name=name).values_list("at", flat=True).first()


def is_working(kinds: list[str]) -> bool:
    """Whether a worker is at a run of these kinds now: it holds its lease, but looks for no other work meanwhile."""
    return Run.objects.filter(state=Run.State.RUNNING, kind__in=kinds, lease_until__gt=clock.now()).exists()
