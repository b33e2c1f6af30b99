"""What kinds of background work there are, and who looks for work that is due. Each app adds its own as it starts.

Functions are named by their dotted paths and looked up when they are needed: what does the work is built on the
runs, not the other way round.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import close_old_connections
from django.utils.module_loading import import_string
from prometheus_client import Counter

logger = logging.getLogger(__name__)

NEWER = "Only a newer version of the program knows this kind of work. Please load the page again in a minute."
Gauge = tuple[str, str, float]  # name, meaning, value
TURNS_FAILED = Counter(
    "genthrust_turns_failed",
    "Turns of a starter or a clock that ended in an error of the program.",
    ("what",),
)


@dataclass(frozen=True)
class Kind:
    """One kind of work: its label in lists, what the page says when it is done, and the function that does it.

    `again` and `stop` say where else a person does that when the page of a run is not the place; "" when it is.
    `lane` is the Lane that the work is done in, "" for the common one. `told` is the function that tells of a run's
    progress when that does not concern everybody, `order` the function that gives the number of the one order that a
    row is about, by the row's primary key. `vain` is the function that is told that key and a sentence when a run about
    a row ended without success, in the same transaction. `left` is how long after its time a waiting run is left to
    the command that started it, and that looks after it; then a worker takes it. `mended` is the clock that brings its
    waiting runs near when our clock was set back: of the app that knows how long they may have to wait.
    """

    name: str
    label: str
    done: str
    work: str
    again: str = ""
    stop: str = ""
    lane: str = ""
    told: str = ""
    order: str = ""
    vain: str = ""
    left: timedelta = timedelta(0)
    mended: str = "sync.setback.mend"


@dataclass(frozen=True)
class Lane:
    """Workers of their own, for work that waits long for others and must not keep Excel and mails waiting.

    `name` is the queue, `actor` the doorbell that its `tasks` module declares, `threads` how many work at once in
    an embedded program.
    """

    name: str
    actor: str
    tasks: str
    threads: int


class _Registry:
    kinds: dict[str, Kind] = {}
    lanes: dict[str, Lane] = {}
    starters: list[str] = []
    clocks: list[str] = []
    gauges: list[str] = []


def add_kind(kind: Kind) -> None:
    _Registry.kinds[kind.name] = kind


def add_lane(lane: Lane) -> None:
    _Registry.lanes[lane.name] = lane


def add_starter(path: str) -> None:
    """A function that every sweep calls first: it starts runs, or acts, for rows that are due."""
    if path not in _Registry.starters:
        _Registry.starters.append(path)


def add_clock(path: str) -> None:
    """A function that the timer calls every few seconds: it starts what is due by the clock."""
    if path not in _Registry.clocks:
        _Registry.clocks.append(path)


def lane(name: str) -> Lane:
    return _Registry.lanes[name]


def lanes() -> list[Lane]:
    return list(_Registry.lanes.values())


def kinds_in(lane: str) -> list[str]:
    """The kinds whose work is done in a lane; "" is the common one."""
    return [kind.name for kind in _Registry.kinds.values() if kind.lane == lane]


def kinds_left_to_commands() -> dict[str, timedelta]:
    """How long after its time a waiting run of a kind is left to the command that started it."""
    return {kind.name: kind.left for kind in _Registry.kinds.values() if kind.left}


def kinds_mended_by(clock: str) -> list[str]:
    """The kinds whose waiting runs a clock brings near when our clock was set back."""
    return [kind.name for kind in _Registry.kinds.values() if kind.mended == clock]


def kinds_told_to_all() -> list[str]:
    return [kind.name for kind in _Registry.kinds.values() if not kind.told]


def add_gauges(path: str) -> None:
    """A function that gives numbers for Prometheus, read anew at each scrape."""
    if path not in _Registry.gauges:
        _Registry.gauges.append(path)


def gauges() -> Iterator[Gauge]:
    """What every app has to tell."""
    for path in _Registry.gauges:
        yield from import_string(path)()


def kind(name: str) -> Kind:
    """A kind that only a newer version of the program knows, whose processes run beside ours while it is rolled out,
    is shown by its name and left to them.
    """
    return _Registry.kinds.get(name) or Kind(
        name, label=name, done=f"{name}: done", work="", again=NEWER, stop=NEWER
    )


def choices() -> list[tuple[str, str]]:
    """The kinds with their labels, for the field of the model."""
    return [(kind.name, kind.label) for kind in _Registry.kinds.values()]


def worker(name: str) -> Callable[[Any], None]:
    """The function that does the work of a kind."""
    work: Callable[[Any], None] = import_string(kind(name).work)
    return work


def order_of(name: str, about: int | None) -> int | None:
    """The RO number of the one order that a run of a kind is about; None when it is about none, or about several."""
    path = kind(name).order
    if not path or about is None:
        return None
    number: int | None = import_string(path)(about)
    return number


def came_to_nothing(name: str, about: int | None, sentence: str) -> None:
    """Tells whoever keeps the row that a run was about, inside the transaction in which it ends without success."""
    path = kind(name).vain
    if path and about is not None:
        import_string(path)(about, sentence)


def start_due() -> None:
    """Calls every starter. One that fails is in the log, is counted, and keeps no other from its work."""
    _call_each(_Registry.starters)


def keep_time() -> None:
    """Calls everything that goes by the clock, as above."""
    _call_each(_Registry.clocks)


def _call_each(paths: list[str]) -> None:
    """When the database is away, the caller's own next look into it says so."""
    for path in paths:
        try:
            import_string(path)()
        except Exception:
            TURNS_FAILED.labels(path).inc()
            logger.exception("%s failed; it is tried again in some seconds.", path)
            close_old_connections()  # a broken one would fail the next as well
