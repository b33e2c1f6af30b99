"""A browser's side of a WebSocket, spoken to the ASGI application itself."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

PATIENCE = 10


class Socket:
    """Channels' own communicator can only be imported beside Daphne, which is not used here."""

    def __init__(self, application: Any, path: str, **scope: Any) -> None:
        headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
        whole = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        # Untyped in asgiref.
        self._talk: Any = ApplicationCommunicator(application, {**whole, **scope})  # type: ignore[no-untyped-call]

    async def connect(self) -> bool:
        await self._talk.send_input({"type": "websocket.connect"})
        answer = await self._talk.receive_output(PATIENCE)
        return bool(answer["type"] == "websocket.accept")

    async def hear(self) -> dict[str, Any]:
        answer = await self._talk.receive_output(PATIENCE)
        heard: dict[str, Any] = json.loads(answer["text"])
        return heard

    async def ended(self) -> int:
        """The code with which the server closes it next, past whatever else it says."""
        while (answer := await self._talk.receive_output(PATIENCE))["type"] != "websocket.close":
            pass
        return int(answer["code"])

    async def say(self, what: dict[str, Any]) -> None:
        await self._talk.send_input({"type": "websocket.receive", "text": json.dumps(what)})

    async def throw(self, frame: str | bytes) -> None:
        """A frame of any kind."""
        kind = "bytes" if isinstance(frame, bytes) else "text"
        await self._talk.send_input({"type": "websocket.receive", kind: frame})

    async def hears_nothing(self) -> bool:
        return bool(await self._talk.receive_nothing())

    async def leave(self) -> None:
        await self._talk.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._talk.wait(PATIENCE)
