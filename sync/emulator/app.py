"""The ASGI program: reads a request, hands it to Graph or to the control address, logs it, sends the answer."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime

from sync.emulator.control import PREFIX, Control
from sync.emulator.errors import ConnectionDropped
from sync.emulator.http import Receive, Request, Scope, Send, read_request, send_response
from sync.emulator.service import Service
from sync.emulator.state import Emulator

DropConnection = Callable[[Scope], None]


class App:
    """`drop` ends the connection that a request came over."""

    def __init__(self, emulator: Emulator, *, drop: DropConnection) -> None:
        self._journal = emulator.journal
        self._clock = emulator.clock
        self._service = Service(emulator)
        self._control = Control(emulator)
        self._drop = drop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        if request.raw_path.startswith(PREFIX):
            await send_response(send, await self._control.answer(request))
            return
        try:
            await self._graph(request, send)
        except ConnectionDropped:
            self._drop(scope)
            # Wait until the server has noticed, so that it doesn't miss the answer.
            while (await receive())["type"] != "http.disconnect":
                pass

    async def _graph(self, request: Request, send: Send) -> None:
        with self._journal.request(
            method=request.method, path=request.path, session=request.session_id, size=len(request.body)
        ) as entry:
            response = await self._service.answer(request, entry)
            response.headers["Date"] = format_datetime(self._clock.utc(), usegmt=True)
            entry.status = response.status
            entry.bytes_out = len(response.encoded())
        await send_response(send, response)
