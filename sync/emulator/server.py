"""Running the emulator: a listening socket on loopback, a clean end, and a last save."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.emulator.app import App
from sync.emulator.errors import GraphError
from sync.emulator.http import Scope
from sync.emulator.options import Options
from sync.emulator.outlook.postoffice import UnreadableMail
from sync.emulator.service import build_router
from sync.emulator.state import Emulator, Identity

HOST = "127.0.0.1"
_PARENT_POLL_SECONDS = 0.2
_LOCK_WAIT_SECONDS = 15.0

logger = logging.getLogger(__name__)


class CannotStart(Exception):
    """A sentence for the person who started the emulator."""


@dataclass(slots=True)
class Settings:
    """How to run an emulator; port 0 takes a free one, `parent_pid` ends it with that process."""

    workbook: Path
    identity: Identity
    port: int = 0
    parent_pid: int | None = None
    address_file: Path | None = None
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a running emulator is found and what opens it."""

    base_url: str
    drive_id: str
    item_id: str
    token: str
    pid: int

    def as_json(self) -> str:
        """One JSON object, as it stands in the address file."""
        names = ("base_url", "drive_id", "item_id", "token", "pid")
        return json.dumps({name: getattr(self, name) for name in names})


class _Protocol(H11Protocol):
    """Knows its connection by the client's address, so that a fault can drop it."""

    def __init__(
        self, *args: Any, connections: dict[tuple[str, int], asyncio.Transport], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._connections = connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._peer = transport.get_extra_info("peername")[:2]
        self._connections[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.pop(self._peer, None)
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """Leaves the signals to us and says when it is listening."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()


def run(settings: Settings, *, announce: Callable[[Address], None]) -> None:
    """Serve until a signal comes or the parent ends; unsaved changes are saved last.

    CannotStart when there is no such workbook, the port is taken, or another emulator has the file.
    """
    with _own_the_file(settings.workbook), _listen(settings.port) as listener:
        asyncio.run(_serve(settings, listener, announce))


async def _serve(settings: Settings, listener: socket.socket, announce: Callable[[Address], None]) -> None:
    port = listener.getsockname()[1]
    emulator = Emulator(settings.workbook, settings.identity, settings.options, build_router())
    emulator.base_url = f"http://{HOST}:{port}/v1.0"
    _open_once(emulator)
    connections: dict[tuple[str, int], asyncio.Transport] = {}

    def drop(scope: Scope) -> None:
        if transport := connections.get(tuple(scope["client"])):
            transport.abort()

    def listening() -> None:
        address = Address(emulator.base_url, **_identity(settings), pid=os.getpid())
        if settings.address_file:
            write_whole(settings.address_file, address.as_json())
        announce(address)

    server = _Server(_uvicorn_config(App(emulator, drop=drop), connections), listening)
    _stop_on_signals(server)
    chores = [asyncio.create_task(part.keep_saved()) for part in (emulator.storage, emulator.post)]
    if settings.parent_pid is not None:
        chores.append(asyncio.create_task(_end_with_parent(server, settings.parent_pid)))
    await server.serve(sockets=[listener])
    for chore in chores:
        chore.cancel()
    emulator.post.save()
    await emulator.storage.save()
    if settings.address_file:
        settings.address_file.unlink(missing_ok=True)


def _open_once(emulator: Emulator) -> None:
    try:
        emulator.storage.current()
        emulator.post.load()
    except GraphError as error:
        raise CannotStart(f"{emulator.path}: {error.message}") from error
    except UnreadableMail as error:
        raise CannotStart(str(error)) from error


def _identity(settings: Settings) -> dict[str, str]:
    identity = settings.identity
    return {"drive_id": identity.drive_id, "item_id": identity.item_id, "token": identity.token}


def _uvicorn_config(app: App, connections: dict[tuple[str, int], asyncio.Transport]) -> uvicorn.Config:
    class Protocol(_Protocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, connections=connections, **kwargs)

    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        date_header=False,  # the program sends its own, by a clock that tests move
        log_level="warning",
        access_log=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=1,
    )


def _stop_on_signals(server: uvicorn.Server) -> None:
    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def _end_with_parent(server: uvicorn.Server, parent_pid: int) -> None:
    """Polled, since the kernel's own notice is tied to the parent's thread, not to its process."""
    while os.getppid() == parent_pid:  # noqa: ASYNC110 - a parent's end sets no event
        await asyncio.sleep(_PARENT_POLL_SECONDS)
    server.should_exit = True


def _listen(port: int) -> socket.socket:
    # asyncio sends small answers at once (TCP_NODELAY) only when the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise CannotStart(f"Port {port} cannot be used: {error.strerror}.") from error
    return listener


def _own_the_file(workbook: Path) -> IO[str]:
    """A lock beside the workbook, so that two emulators never save the same file.

    An emulator that is just ending saves once more; it is waited for.
    """
    if not workbook.is_file():
        raise CannotStart(f"There is no workbook {workbook}.")
    lock = workbook.with_name(f".{workbook.name}.lock").open("a")
    give_up = time.monotonic() + _LOCK_WAIT_SECONDS
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        if time.monotonic() > give_up:
            lock.close()
            raise CannotStart(f"Another emulator is serving {workbook}.")
        time.sleep(0.05)


def write_whole(path: Path, text: str) -> None:
    """The address file: whole or not at all, and readable only by its owner, because it holds the token."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def print_address(address: Address) -> None:
    """One line on standard output."""
    sys.stdout.write(
        f"{address.base_url} drive={address.drive_id} item={address.item_id} token={address.token}\n"
    )
    sys.stdout.flush()
