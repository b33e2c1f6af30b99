"""How long a save takes while everything behind it is well, slow or away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import httpx
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from repairs import orders
from repairs.models import RepairOrder
from repairs.statuses import Sheet
from sync.emulator.process import EmulatorProcess
from tests.bench.books import Counts, known_book
from tests.bench.changes import change_in_bulk, next_open_status, pick
from tests.bench.processes import wait_until, web, workers
from tests.bench.report import Section, milliseconds, percentile, ratio
from tests.bench.world import World, gaps, settle

ROWS = 890
BY_VERB, BY_PAGE = 200, 100
WARM_UP = 20
LARGE = 800
PAUSE = 0.01  # seconds between two saves
HANG = 30.0
WELL = "all is well"
CSRF = "benchmark" + "0" * 23

Way = Callable[[RepairOrder], None]


@dataclass(frozen=True)
class Timing:
    way: str
    state: str
    taken: list[float]


def measure(world: World) -> list[Section]:
    section = Section(
        "Saving a change of status",
        f"{BY_VERB} times the verb `change_status`, and {BY_PAGE} times the order page over HTTP, with a worker "
        f"beside. Graph hanging: no request is answered for {HANG:.0f} seconds. Graph refusing: every request is "
        "answered with 503. Redis frozen: it takes connections and never answers. The ratios are to the same when "
        "all is well; then the worker and the emulator are busy as well and take their share of the cores, so that "
        "trouble can even be quicker.",
        ("way", "state", "median", "ratio", "95th percentile", "ratio", "longest"),
    )
    amy = User.objects.create_superuser("amy")
    with known_book(world.folder, rows=ROWS) as emulator:
        environment = world.environment(emulator)
        with workers(environment, world.folder), web(environment, world.folder) as address:
            pages = _signed_in(address, amy)
            orders.add_note(pick(1)[0], by=amy, text="The workers are up.")
            settle()
            timings = _in_all_states(world, emulator, _ways(pages, amy))
            pages.close()
    section.rows = [_row(timing, timings) for timing in timings]
    section.gaps = gaps()
    return [section]


def _ways(pages: httpx.Client, amy: User) -> dict[str, tuple[int, Way]]:
    def by_verb(order: RepairOrder) -> None:
        orders.change_status(order, by=amy, to=next_open_status(order))

    def by_page(order: RepairOrder) -> None:
        data = {"status": next_open_status(order), "expected_version": order.version, "unit_returned": ""}
        pages.post(f"/orders/{order.number}/status/", data=data).raise_for_status()

    return {"verb": (BY_VERB, by_verb), "page": (BY_PAGE, by_page)}


def _signed_in(address: str, user: User) -> httpx.Client:
    """A browser's part: a session, and htmx's headers."""
    session = Client()
    session.force_login(user)
    cookies = {
        settings.SESSION_COOKIE_NAME: session.cookies[settings.SESSION_COOKIE_NAME].value,
        settings.CSRF_COOKIE_NAME: CSRF,
    }
    headers = {"X-CSRFToken": CSRF, "HX-Request": "true"}
    return httpx.Client(base_url=address, cookies=cookies, headers=headers, trust_env=False, timeout=30)


def _in_all_states(world: World, emulator: EmulatorProcess, ways: dict[str, tuple[int, Way]]) -> list[Timing]:
    for _, save in ways.values():
        _times(WARM_UP, save)
    timings: list[Timing] = []
    for state, trouble in (
        (WELL, nullcontext()),
        (f"{LARGE} orders on their way", _large_flush()),
        ("Redis down", _redis_down(world)),
        ("Redis frozen", _redis_frozen(world)),
        ("Graph refusing", _graph(emulator, {"kind": "status", "status": 503})),
        ("Graph hanging", _graph(emulator, {"kind": "hang", "seconds": HANG})),
    ):
        settle()
        with trouble:
            timings += _timed(state, ways)
    return sorted(timings, key=lambda timing: timing.way, reverse=True)


def _timed(state: str, ways: dict[str, tuple[int, Way]]) -> list[Timing]:
    return [Timing(way, state, _times(count, save)) for way, (count, save) in ways.items()]


def _times(count: int, save: Way) -> list[float]:
    taken = []
    for order in pick(count, sheets=[Sheet.ACTIVE]):
        begun = time.perf_counter()
        save(order)
        taken.append(time.perf_counter() - begun)
        time.sleep(PAUSE)
    return taken


@contextmanager
def _large_flush() -> Iterator[None]:
    """The worker writes many orders, among them those that are saved."""
    change_in_bulk(pick(LARGE))
    yield


@contextmanager
def _redis_down(world: World) -> Iterator[None]:
    world.servers.redis.kill()
    yield
    world.servers.redis.start()


@contextmanager
def _redis_frozen(world: World) -> Iterator[None]:
    world.servers.redis.freeze()
    yield
    world.servers.redis.thaw()


@contextmanager
def _graph(emulator: EmulatorProcess, action: dict[str, object]) -> Iterator[None]:
    """Every request meets this fault. The worker must have met it, or nothing was measured."""
    counts = Counts(emulator)
    rule = {"match": {}, "times": None, "action": action}
    httpx.post(f"{emulator.control_url}/faults", json=rule, trust_env=False).raise_for_status()
    yield
    wait_until(lambda: counts.look()["http_requests"] > 0, "the worker asks the troubled server")
    httpx.delete(f"{emulator.control_url}/faults", trust_env=False).raise_for_status()


def _row(timing: Timing, timings: list[Timing]) -> tuple[str, ...]:
    (well,) = (t.taken for t in timings if t.way == timing.way and t.state == WELL)
    cells: list[str] = []
    for percent in (50, 95):
        value, base = percentile(timing.taken, percent), percentile(well, percent)
        cells += [milliseconds(value), ratio(value, base)]
    return timing.way, timing.state, *cells, milliseconds(max(timing.taken))
