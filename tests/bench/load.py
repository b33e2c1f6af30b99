"""Sixty-four people at once: how many connections a web process opens, and its pages beside a bare view."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench import load_of_a_worker
from tests.bench.books import known_book
from tests.bench.connections import EVERY, count, of_its_own_account
from tests.bench.processes import running, wait_until, web
from tests.bench.report import Aim, Section, milliseconds, percentile, ratio, shown
from tests.bench.world import World
from tests.support.server_processes import free_port

ROWS = 890
CLIENTS = 64
SECONDS, BARE_SECONDS = 60, 20
LIMIT = 10
ACCOUNT = "web_process"  # of the processes that are measured, so that the server tells them from us
PAGE = "/"


@dataclass
class Load:
    """What came of it. `connections` are the numbers that were seen open."""

    taken: list[float] = field(default_factory=list)
    failed: int = 0
    connections: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.taken) / self.seconds

    def row(self, what: str, beside: float) -> tuple[str, ...]:
        times = (milliseconds(percentile(self.taken, percent)) for percent in (50, 95))
        numbers = (str(len(self.taken)), str(self.failed), shown(self.rate), *times)
        return (what, *numbers, str(max(self.connections)), ratio(self.rate, beside))


def measure(world: World) -> list[Section]:
    amy = User.objects.create_superuser("amy")
    client = Client(SERVER_NAME="localhost")
    client.force_login(amy)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    with known_book(world.folder, rows=ROWS) as emulator:
        environment = world.environment(emulator) | {"DATABASE_CONNECTIONS": str(LIMIT)}
        environment["DATABASE_URL"] = of_its_own_account(world, environment["DATABASE_URL"], ACCOUNT)
        section = Section(
            f"{CLIENTS} clients at once",
            f"Each asks for the list of {ROWS} orders again as soon as it has it, {SECONDS} seconds long, of one web "
            f"process that may open {LIMIT} connections; the server was asked every {EVERY * 1000:.0f} ms how many "
            "there are. "
            "Beside it a bare Django view on the same server that sends the same statements and as many bytes.",
            ("page", "answers", "errors", "a second", "median", "95 %", "most connections", "ratio"),
        )
        with web(environment, world.folder) as address:
            ours = _under_load(world, f"{address}{PAGE}", cookie, seconds=SECONDS)
        with _bare(world, environment, client) as address:
            bare = _under_load(world, address, cookie, seconds=BARE_SECONDS)
        section.rows += [ours.row("the list of orders", bare.rate), bare.row("a bare view", bare.rate)]
        section.aims += [
            Aim(f"connections of a web process, {CLIENTS} clients", max(ours.connections), LIMIT, ""),
            Aim(f"errors of a web process, {CLIENTS} clients", ours.failed, 0, ""),
        ]
        of_a_worker = load_of_a_worker.measure(world, emulator)
    return [section, of_a_worker]


@contextmanager
def _bare(world: World, environment: dict[str, str], client: Client) -> Iterator[str]:
    """The bare view, with what the page asked the database."""
    client.get(PAGE)
    with CaptureQueriesContext(connection) as asked:
        length = len(client.get(PAGE).content)
    statements = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    file, port = world.folder / "bare.json", free_port()
    file.write_text(json.dumps({"statements": statements, "length": length}))
    log = world.folder / "bare.log"
    with running("-m", "tests.bench.bare", str(port), str(file), environment=environment, log=log):
        address = f"http://127.0.0.1:{port}/"
        wait_until(lambda: _answers(address), f"the bare view is up: {log}")
        yield address


def _answers(address: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(address, trust_env=False).status_code == 200
    return False


def _under_load(world: World, address: str, cookie: str, *, seconds: float) -> Load:
    load, ended = Load(), threading.Event()
    watch = threading.Thread(target=count, args=(world, ACCOUNT, load.connections, ended))
    watch.start()
    try:
        asyncio.run(_clients(load, address, cookie, until=time.monotonic() + seconds))
    finally:
        ended.set()
        watch.join()
    load.seconds = seconds
    return load


async def _clients(load: Load, address: str, cookie: str, *, until: float) -> None:
    await asyncio.gather(*(_client(load, address, cookie, until) for _ in range(CLIENTS)))


async def _client(load: Load, address: str, cookie: str, until: float) -> None:
    """One person, on one connection; bare sockets, so that the clients take little of the two cores."""
    parts = urlsplit(address)
    told = ("Host: 127.0.0.1", f"Cookie: {settings.SESSION_COOKIE_NAME}={cookie}")
    wanted = "\r\n".join((f"GET {parts.path} HTTP/1.1", *told, "", "")).encode()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while time.monotonic() < until:
        begun = time.monotonic()
        writer.write(wanted)
        if await _status(reader) == 200:
            load.taken.append(time.monotonic() - begun)
        else:
            load.failed += 1
    writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    """Reads one answer, whose length is told; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length:")]
    await reader.readexactly(int(lengths[0]))
    return int(head.split(" ", 2)[1])
