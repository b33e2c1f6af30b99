"""Named points at which a worker is caught: a request of its, and what becomes of it."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flush.house import House, eventually
from tests.flush.workers import Worker, wait_for_the_database

HELD = 0.5  # seconds for which the service holds the named request


@dataclass(frozen=True)
class Point:
    """A request, and what becomes of it: `late` is carried out once its sender is dead, `done` before that,
    `cut` never, nor what follows it in its batch. The answer never arrives.
    """

    name: str
    match: dict[str, Any]
    fate: str


def usually(points: Sequence[Point], names: AbstractSet[str]) -> list[Any]:
    """All of them for `make chaos`, and those of these names for the usual run too."""
    return [
        pytest.param(point, id=point.name, marks=[] if point.name in names else pytest.mark.chaos)
        for point in points
    ]


def catch_at(house: House, worker: Callable[[], Worker], point: Point) -> Worker:
    """A worker frozen while the service holds the named request, or after the service is done with it.

    It can go on later.
    """
    return _stopped_at(house, worker, point, Worker.freeze)


def kill_at(house: House, worker: Callable[[], Worker], point: Point) -> None:
    """A worker dies while the service holds the named request, or after the service is done with it."""
    _stopped_at(house, worker, point, Worker.stop).kill()
    wait_for_the_database()


def _stopped_at(
    house: House, worker: Callable[[], Worker], point: Point, stop: Callable[[Worker], None]
) -> Worker:
    fault = house.fault("hang" if point.fate == "cut" else "delay", match=point.match, seconds=HELD)
    started = worker()
    eventually(lambda: house.fired(fault), point.name)
    stop(started)
    if point.fate != "late":
        wait_for_the_service(house)
    return started


def wait_for_the_service(house: House) -> None:
    """Until every request that arrived was carried out."""
    eventually(lambda: all(entry["finished"] for entry in house.log()), "the service has answered")
