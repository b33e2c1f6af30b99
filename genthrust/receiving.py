"""Bodies of requests are received here, by the server's loop, before a thread of the pool is given to them.

However slowly a body comes, it holds no thread and no connection to the database. It is bounded in size, in time and
in what all bodies together may take, whatever their headers claim. More than a form is only taken at the addresses of
UPLOADS, and only after the gate has said, without the body, that this person may write there (genthrust.gate).

A request that is not received whole is handed on without its body and with the reason in its scope, so that the
refusal is a page like any other.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from genthrust.uploads import FULL

# Where more than a form is sent to, by the names of the addresses.
UPLOADS = ("order-documents", "admin:sync_upload_new")

FORM: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
IN_MEMORY = 256 * 1024  # of each body; the rest of it is in a file without a name
PIECE = 64 * 1024
SLOWEST = 32 * 1024  # bytes in a second, on the whole
LINGER = 2.0  # seconds
FORMS_AT_ONCE = 64 * 1024 * 1024
REASON, KNOCK = "genthrust.not_received", "genthrust.knock"  # in a scope that is handed on without its body
WELCOME = HTTPStatus.NO_CONTENT  # the gate's answer to a knock

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class NotReceived(Exception):
    """Why a body was not taken: a status and a sentence for the person who sent it."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class _Left(Exception):
    """Who sent it is gone."""


TOO_SLOW = NotReceived(
    HTTPStatus.REQUEST_TIMEOUT, "What you sent did not arrive in time. Nothing was saved; please try again."
)
TOO_MANY = NotReceived(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Too much is being sent to the server at the moment. Nothing was saved; please try again in a minute.",
)
NO_ROOM = NotReceived(
    HTTPStatus.INSUFFICIENT_STORAGE,
    "What you sent can't be kept: the server's disk is full or can't be written to. Nothing was saved.",
)


def too_large(limit: int) -> NotReceived:
    """`limit` is in bytes."""
    told = f"What you sent is larger than the {limit // 1024**2} MB that are taken here at once. Nothing was saved."
    return NotReceived(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)


@dataclass
class _Room:
    """How many bytes of requests that are not answered yet may be held at once, and are."""

    most: int
    held: int = 0


class Receiving:
    """Stands before the program, which gets each request with its whole body, or without one."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._forms = _Room(FORMS_AT_ONCE)
        self._uploads = _Room(2 * settings.UPLOAD_MAX_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = _length(scope)
        if length == 0:
            await self._application(scope, receive, send)
            return
        try:
            limit = _limit(scope, length)
            if limit > FORM and (refusal := await self._knock(scope)):
                await _replayed(refusal, _lingering(receive, send))
                return
            await self._received(scope, receive, send, limit)
        except NotReceived as why:
            await self._application(_bare(scope, {REASON: why}), _nothing, _lingering(receive, send))
        except _Left:
            return

    async def _knock(self, scope: Scope) -> list[Message]:
        """What the program answers instead of listening; nothing when it wants to hear the rest."""
        said: list[Message] = []

        async def note(message: Message) -> None:
            said.append(message)

        await self._application(_bare(scope, {KNOCK: True}), _nothing, note)
        return [] if said[0]["status"] == WELCOME else said

    async def _received(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        room = self._uploads if limit > FORM else self._forms
        size = 0
        with _spooled() as body:
            try:
                async for piece in _pieces(receive, _length(scope) or limit):
                    room.held, size = room.held + len(piece), size + len(piece)
                    if size > limit:
                        raise too_large(limit)
                    if room.held > room.most:
                        raise TOO_MANY
                    _keep(body, piece)
                body.seek(0)
                await self._application(_of_length(scope, size), _from(body, size), send)
            finally:
                room.held -= size


def reason(request: HttpRequest) -> NotReceived | None:
    """Why the request comes without its body; None when it is whole."""
    found: NotReceived | None = _scope(request).get(REASON)
    return found


def is_knock(request: HttpRequest) -> bool:
    """Whether it is only asked if the person may write here; the body waits."""
    return KNOCK in _scope(request)


def _scope(request: HttpRequest) -> Scope:
    found: Scope = request.META.get("asgi.scope", {})
    return found


def _length(scope: Scope) -> int | None:
    """As it is announced; None when it comes in chunks. The server has refused what is no number."""
    headers = dict(scope["headers"])
    return None if b"transfer-encoding" in headers else int(headers.get(b"content-length", 0))


def _limit(scope: Scope, length: int | None) -> int:
    """The most bytes that are taken. Raises NotReceived when more is announced."""
    large = (length is None or length > FORM) and _is_upload(scope)
    limit: int = settings.UPLOAD_MAX_BYTES if large else FORM
    if length is not None and length > limit:
        raise too_large(limit)
    return limit


def _is_upload(scope: Scope) -> bool:
    try:
        return resolve(scope["path"]).view_name in UPLOADS
    except Resolver404:
        return False


async def _pieces(receive: Receive, expected: int) -> AsyncIterator[bytes]:
    """What comes, piece by piece. `expected` is how many bytes that is at most, which says how long it may take."""
    loop = asyncio.get_running_loop()
    patience: int = settings.CLIENT_SECONDS
    end = loop.time() + patience + expected / SLOWEST
    more = True
    while more:
        try:
            async with asyncio.timeout_at(min(end, loop.time() + patience)):
                message = await receive()
        except TimeoutError as error:
            raise TOO_SLOW from error
        if message["type"] == "http.disconnect":
            raise _Left
        more = message.get("more_body", False)
        yield message.get("body", b"")


@contextlib.contextmanager
def _spooled() -> Iterator[IO[bytes]]:
    """A file for a body, without a name. What does not fit onto the disk fails where it is written, not again here."""
    body = tempfile.SpooledTemporaryFile(  # noqa: SIM115 (closed below, where it may fail once more)
        IN_MEMORY, dir=str(settings.FILE_UPLOAD_TEMP_DIR)
    )
    try:
        yield body
    finally:
        with contextlib.suppress(OSError):
            body.close()


def _keep(body: IO[bytes], piece: bytes) -> None:
    try:
        body.write(piece)
        body.flush()  # what is kept back would fail later, and elsewhere
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise NO_ROOM from error


def _of_length(scope: Scope, size: int) -> Scope:
    """The scope of a request whose whole body is there: the program knows its length, however it came."""
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name not in (b"content-length", b"transfer-encoding")
    ]
    return {**scope, "headers": [*kept, (b"content-length", str(size).encode())]}


def _bare(scope: Scope, marks: Scope) -> Scope:
    return {**_of_length(scope, 0), **marks}


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _from(body: IO[bytes], size: int) -> Receive:
    async def receive() -> Message:
        piece = body.read(PIECE)
        return {"type": "http.request", "body": piece, "more_body": body.tell() < size}

    return receive


async def _replayed(messages: list[Message], send: Send) -> None:
    for message in messages:
        await send(message)


def _lingering(receive: Receive, send: Send) -> Send:
    """Before an answer ends, what is still being sent is thrown away for a moment: most browsers listen only then.

    The connection is of no use afterwards.
    """

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        elif not message.get("more_body", False):
            await send({**message, "more_body": True})
            await _thrown_away(receive)
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return answer


async def _thrown_away(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body", False):
                pass
