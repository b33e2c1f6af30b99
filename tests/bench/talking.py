"""How quickly the model's words reach a browser, and what twenty conversations at once do to saves."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import websockets
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from ai import conversations
from ai.lane import LANE
from repairs import orders
from repairs.statuses import Sheet
from sync.models import Run
from tests.assistant.standin import KEY, StandIn
from tests.bench.books import known_book
from tests.bench.changes import next_open_status, pick
from tests.bench.processes import running, wait_until, web
from tests.bench.report import Aim, Section, milliseconds, percentile, ratio
from tests.bench.world import World

ROWS = 890
ANSWERS, AT_ONCE, SAVES = 20, 20, 150
THREADS = 4  # answers that are written at once by the assistant's worker
WORDS = "Every word of this answer takes its time, as a model's words do. "
PAUSE = 0.03  # seconds between two words
AIM = 150  # milliseconds
PATIENCE = 60


@dataclass(frozen=True)
class Place:
    """Where the browser's part goes, and as whom."""

    address: str
    cookie: str
    person: User


def measure(world: World) -> list[Section]:
    amy = User.objects.create_superuser("amy")
    model = StandIn()
    try:
        with known_book(world.folder, rows=ROWS) as emulator:
            environment = world.environment(emulator)
            environment |= {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": model.url}
            with _workers(environment, world.folder), web(environment, world.folder) as address:
                return [_first_words(model, Place(address, _session(amy), amy)), _beside_saves(model, amy)]
    finally:
        model.close()


@contextmanager
def _workers(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """A worker for everything else, one for the assistant, and the scheduler."""
    log = folder / "workers.log"
    common = ("manage.py", "rundramatiq", "-p", "1", "-t", "2", "-Q", "default")
    assistant = ("manage.py", "rundramatiq", "-p", "1", "-t", str(THREADS), "-Q", LANE)
    with (
        running(*common, environment=environment, log=log),
        running(*assistant, environment=environment, log=log),
        running("manage.py", "scheduler", environment=environment, log=log),
    ):
        yield


def _session(person: User) -> str:
    browser = Client()
    browser.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def _first_words(model: StandIn, place: Place) -> Section:
    section = Section(
        "From the model to the browser",
        f"{ANSWERS} answers, one after the other. From the moment at which the model sends its first word to the "
        "moment at which it arrives over the WebSocket of a page, by one clock; and from the question to then.",
        ("from", "median", "95th percentile", "longest"),
    )
    taken = asyncio.run(_answers(model, place))
    first, whole = [one for one, _ in taken], [both for _, both in taken]
    for what, numbers in (("the model's first word", first), ("the question", whole)):
        cells = [percentile(numbers, 50), percentile(numbers, 95), max(numbers)]
        section.rows.append((what, *map(milliseconds, cells)))
    section.aims.append(
        Aim("model's first word to the browser, median", percentile(first, 50) * 1000, AIM, "ms")
    )
    return section


async def _answers(model: StandIn, place: Place) -> list[tuple[float, float]]:
    address = f"{place.address.replace('http', 'ws')}/ws/assistant/"
    headers = {"Cookie": place.cookie, "Origin": place.address}
    async with websockets.connect(address, additional_headers=headers, proxy=None) as page:
        await asyncio.to_thread(_answered, model, place, "warm up")
        return [await _answer(model, place, page, f"question {number}") for number in range(ANSWERS)]


async def _answer(
    model: StandIn, place: Place, page: websockets.ClientConnection, question: str
) -> tuple[float, float]:
    """Seconds from the first word of the model, and from the question, until the word is heard."""
    model.begin()
    model.says(WORDS, pause=PAUSE, match=question)
    asked = time.time()
    turn = await asyncio.to_thread(conversations.ask, question, by=place.person)
    while True:
        message = json.loads(await asyncio.wait_for(page.recv(), PATIENCE))
        if message["type"] == "assistant.said" and message["turn"] == turn.pk:
            break
    heard = time.time()
    await asyncio.to_thread(_wait_for_the_end)
    return heard - model.first_word_at(), heard - asked


def _answered(model: StandIn, place: Place, question: str) -> None:
    model.begin()
    model.says("Warm.", match=question)
    conversations.ask(question, by=place.person)
    _wait_for_the_end()


def _wait_for_the_end() -> None:
    open_turns = Run.objects.filter(kind=conversations.KIND, state__in=Run.OPEN)
    wait_until(lambda: not open_turns.exists(), "every question is answered")


def _beside_saves(model: StandIn, amy: User) -> Section:
    section = Section(
        f"{AT_ONCE} conversations beside saves",
        f"{SAVES} times the verb `change_status`, alone and while {AT_ONCE} people ask at once; "
        f"{THREADS} answers are written at a time, the others wait for their turn.",
        ("beside", "median", "ratio", "95th percentile", "ratio", "longest"),
    )
    people = [User.objects.create_superuser(f"person-{number}") for number in range(AT_ONCE)]
    alone = _saves(amy)
    model.begin()
    model.says(WORDS * 3, pause=PAUSE, times=None)
    begun = time.perf_counter()
    for person in people:
        conversations.ask("how does it stand?", by=person)
    beside = _saves(amy)
    _wait_for_the_end()
    whole = time.perf_counter() - begun
    for what, taken in (("nothing", alone), (f"{AT_ONCE} conversations, answered in {whole:.1f} s", beside)):
        cells: list[str] = []
        for percent in (50, 95):
            value = percentile(taken, percent)
            cells += [milliseconds(value), ratio(value, percentile(alone, percent))]
        section.rows.append((what, *cells, milliseconds(max(taken))))
    return section


def _saves(amy: User) -> list[float]:
    taken = []
    for order in pick(SAVES, sheets=[Sheet.ACTIVE]):
        begun = time.perf_counter()
        orders.change_status(order, by=amy, to=next_open_status(order))
        taken.append(time.perf_counter() - begun)
    return taken
