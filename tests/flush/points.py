"""Named points at which a worker is caught: a request of its, and what becomes of it."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flush.house import House, eventually
from tests.flush.workers import Worker, wait_for_the_database

HELD = 20.0  # seconds for which the service holds the named request at the longest


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
    started, fault = _met(house, worker, point)
    started.freeze()
    _let_go(house, fault, point)
    return started


def kill_at(house: House, worker: Callable[[], Worker], point: Point) -> None:
    """A worker dies while the service holds the named request, or after the service is done with it."""
    started, fault = _met(house, worker, point)
    started.stop()
    if point.fate == "late":
        started.kill()
        _let_go(house, fault, point)
    else:
        _let_go(house, fault, point)
        started.kill()
    wait_for_the_database()


def _met(house: House, worker: Callable[[], Worker], point: Point) -> tuple[Worker, int]:
    """A worker whose named request the service holds, and the number of what holds it."""
    fault = house.fault("hang" if point.fate == "cut" else "delay", match=point.match, seconds=HELD)
    started = worker()
    eventually(lambda: house.fired(fault), point.name)
    return started, fault


def _let_go(house: House, fault: int, point: Point) -> None:
    house.all_well(fault)
    if point.fate != "late":
        wait_for_the_service(house)


def wait_for_the_service(house: House) -> None:
    """Until every request that arrived was carried out."""
    eventually(lambda: all(entry["finished"] for entry in house.log()), "the service has answered")
