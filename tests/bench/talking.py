"""How quickly the model's words reach a browser: one conversation after the other, and twenty at once beside saves."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import websockets
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from ai import conversations
from repairs import orders
from repairs.statuses import Sheet
from sync.models import Run
from tests.assistant.standin import KEY, StandIn
from tests.bench.books import known_book
from tests.bench.changes import next_open_status, pick
from tests.bench.processes import running, wait_until, web, workers
from tests.bench.report import Aim, Section, milliseconds, percentile, ratio
from tests.bench.world import World

ROWS = 890
ANSWERS, AT_ONCE, SAVES = 20, 20, 150
WORDS = "Every word of this answer takes its time, as a model's words do. "
PAUSE = 0.03  # seconds between two words
LONG, LONG_PAUSE = (
    24,
    0.1,
)  # an answer that lasts for all the saves: so many times the words, as a model sends them
WORKERS = 2  # processes, each with its own bound on database connections
BETWEEN = 0.2  # seconds between two people's questions
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
            environment |= {"AI_ANSWERS_AT_ONCE": str(AT_ONCE // WORKERS)}
            with _workers(environment, world.folder), web(environment, world.folder) as address:
                return [_first_words(model, _place(address, amy)), _beside_saves(model, address, amy)]
    finally:
        model.close()


@contextmanager
def _workers(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """Worker processes for so many answers, and the scheduler."""
    with workers(environment, folder), ExitStack() as more:
        for _ in range(WORKERS - 1):
            log = folder / "workers.log"
            more.enter_context(running("manage.py", "worker", environment=environment, log=log))
        yield


def _place(address: str, person: User) -> Place:
    return Place(address, _session(person), person)


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
    section.aims.append(_aim("model's first word to the browser, 95th percentile", first))
    return section


def _aim(what: str, seconds: list[float]) -> Aim:
    return Aim(what, percentile(seconds, 95) * 1000, AIM, "ms")


async def _answers(model: StandIn, place: Place) -> list[tuple[float, float]]:
    async with _page(place) as page:
        await asyncio.to_thread(_answered, model, place, "warm up")
        return [await _answer(model, place, page, f"question {number}") for number in range(ANSWERS)]


def _page(place: Place) -> websockets.connect:
    """A page's socket."""
    headers = {"Cookie": place.cookie, "Origin": place.address}
    address = f"{place.address.replace('http', 'ws')}/ws/assistant/"
    return websockets.connect(address, additional_headers=headers, proxy=None)


async def _answer(
    model: StandIn, place: Place, page: websockets.ClientConnection, question: str
) -> tuple[float, float]:
    """Seconds from the first word of the model, and from the question, until the word is heard."""
    model.begin()
    model.says(WORDS, pause=PAUSE, match=question)
    asked = time.time()
    turn = await asyncio.to_thread(conversations.ask, question, by=place.person)
    heard = await _first_word(page, turn.pk)
    await asyncio.to_thread(_wait_for_the_end)
    return heard - model.first_words()[question], heard - asked


async def _first_word(page: websockets.ClientConnection, turn: int | None = None) -> float:
    """When the first word of a turn, or of whichever comes first, is heard; in seconds since 1970."""
    while True:
        message = json.loads(await asyncio.wait_for(page.recv(), PATIENCE))
        if message["type"] == "assistant.said" and turn in (None, message["turn"]):
            return time.time()


def _answered(model: StandIn, place: Place, question: str) -> None:
    model.begin()
    model.says("Warm.", match=question)
    conversations.ask(question, by=place.person)
    _wait_for_the_end()


def _wait_for_the_end() -> None:
    open_turns = Run.objects.filter(kind=conversations.KIND, state__in=Run.OPEN)
    wait_until(lambda: not open_turns.exists(), "every question is answered")


def _beside_saves(model: StandIn, address: str, amy: User) -> Section:
    section = Section(
        f"{AT_ONCE} conversations at once beside saves",
        f"{SAVES} times the verb `change_status`, alone and while {AT_ONCE} answers stream at once "
        f"({WORKERS} workers with `AI_ANSWERS_AT_ONCE={AT_ONCE // WORKERS}`; {1 / LONG_PAUSE:.0f} words a second each, "
        f"begun {BETWEEN} s after each other), every one heard over a page of its own; and how long the model's first "
        "word takes to that page while the others stream.",
        ("what", "median", "ratio", "95th percentile", "ratio", "longest"),
    )
    alone = _saves(amy)
    model.begin()
    model.says(WORDS * LONG, pause=LONG_PAUSE, times=None)
    places = [_place(address, User.objects.create_superuser(f"person-{number}")) for number in range(AT_ONCE)]
    talk = _Talk(model, places)
    talk.begin()
    beside = _saves(amy)
    streamed = Run.objects.filter(kind=conversations.KIND, state=Run.State.RUNNING).count()
    first = talk.end()
    for what, taken, base in (
        ("saves alone", alone, alone),
        (f"saves; {streamed} answers still streamed after the last", beside, alone),
        ("first word to its page", first, None),
    ):
        cells: list[str] = []
        for percent in (50, 95):
            value = percentile(taken, percent)
            cells += [milliseconds(value), ratio(value, percentile(base, percent)) if base else ""]
        section.rows.append((what, *cells, milliseconds(max(taken))))
    section.aims.append(_aim(f"the same of {AT_ONCE} conversations at once beside saves", first))
    section.aims.append(Aim("conversations that did not stream at once", AT_ONCE - streamed, 0, ""))
    return section


class _Talk:
    """Twenty people who ask at once and listen, in a thread of their own beside the saves."""

    def __init__(self, model: StandIn, places: list[Place]) -> None:
        self._model, self._places = model, places
        self._streaming = threading.Event()
        self._over = threading.Event()
        self._first: list[float] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True)

    def begin(self) -> None:
        """Comes back once every answer streams."""
        self._thread.start()
        if not self._streaming.wait(PATIENCE):
            raise TimeoutError("not every answer began")

    def end(self) -> list[float]:
        """Seconds from the model's first word to its page, for each; the answers are stopped."""
        for run in Run.objects.filter(kind=conversations.KIND, state__in=Run.OPEN):
            run.cancel_asked = True
            run.save(update_fields=["cancel_asked"])
        _wait_for_the_end()
        self._over.set()
        self._thread.join(PATIENCE)
        return self._first

    async def _listen(self) -> None:
        pages = [await _page(place) for place in self._places]
        questions = [f"question of {place.person.username}." for place in self._places]
        words = [asyncio.create_task(_first_word(page)) for page in pages]  # heard while others still ask
        await asyncio.to_thread(self._ask, questions)
        heard = await asyncio.gather(*words)
        began = await asyncio.to_thread(self._model.first_words)
        self._first = [at - began[question] for at, question in zip(heard, questions, strict=True)]
        self._streaming.set()
        listening = [asyncio.create_task(_hear_on(page)) for page in pages]
        await asyncio.to_thread(self._over.wait, PATIENCE)
        for task in listening:
            task.cancel()

    def _ask(self, questions: list[str]) -> None:
        try:
            for question, place in zip(questions, self._places, strict=True):
                conversations.ask(question, by=place.person)
                time.sleep(BETWEEN)
        finally:
            connection.close()


async def _hear_on(page: websockets.ClientConnection) -> None:
    async for _ in page:
        pass


def _saves(amy: User) -> list[float]:
    taken = []
    for order in pick(SAVES, sheets=[Sheet.ACTIVE]):
        begun = time.perf_counter()
        orders.change_status(order, by=amy, to=next_open_status(order))
        taken.append(time.perf_counter() - begun)
    return taken
