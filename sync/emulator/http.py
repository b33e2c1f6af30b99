"""Requests and responses, whether they came over the wire or inside a `$batch`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from sync.emulator.errors import GraphError, bad_request

if TYPE_CHECKING:
    from sync.emulator.login.tokens import Principal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_PAYLOAD = 5 * 1024 * 1024


@dataclass(slots=True)
class Request:
    """One request. Header names are lower case; `raw_path` is still percent-encoded, without the query."""

    method: str
    raw_path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    in_batch: bool = False
    parsed: Any = None
    async_polls: int | None = None
    async_fails: bool = False
    principal: Principal | None = None
    """Who is signed in; None for the token that an emulator is started with, which opens everything."""

    @property
    def path(self) -> str:
        """The path in plain letters, with the query behind it: what logs and fault rules look at."""
        query = f"?{unquote(self.query)}" if self.query else ""
        return unquote(self.raw_path) + query

    @property
    def session_id(self) -> str | None:
        """The workbook session the caller named, if any."""
        return self.headers.get("workbook-session-id")

    def query_value(self, name: str) -> str | None:
        """A query option by name, in any case and percent-encoded or not."""
        for key, value in parse_qsl(self.query, keep_blank_values=True):
            if key.lower() == name.lower():
                return value
        return None

    def json(self) -> Any:
        """The JSON body, or {} when there is none. 400 when it is not JSON."""
        if self.parsed is not None:
            return self.parsed
        if not self.body.strip():
            return {}
        return parse_json(self.body)


@dataclass(slots=True)
class Response:
    """An answer; `body` is bytes, None for an empty one, or anything JSON can carry."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    _encoded: bytes | None = None

    def encoded(self) -> bytes:
        """The body as bytes, worked out once."""
        if self._encoded is None:
            self._encoded = dump_json(self.body) if self.is_json else (self.body or b"")
        return self._encoded

    @property
    def is_json(self) -> bool:
        """Whether the body is a JSON value rather than a file or nothing."""
        return self.body is not None and not isinstance(self.body, bytes)


def parse_json(data: bytes) -> Any:
    """JSON in the strict sense: NaN and Infinity are no numbers."""
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise bad_request("Unable to read JSON request payload.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def dump_json(value: Any) -> bytes:
    """Compact UTF-8, as it goes over the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def error_response(error: GraphError) -> Response:
    """The answer that carries a refusal."""
    return Response(error.status, error.body(), dict(error.headers))


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Collect a whole request from the server."""
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return Request(
        method=scope["method"].upper(),
        raw_path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=b"".join(chunks),
    )


async def send_response(send: Send, response: Response) -> None:
    """Send an answer."""
    body = response.encoded()
    headers = dict(response.headers)
    if response.is_json:
        headers.setdefault("Content-Type", "application/json; odata.metadata=minimal; charset=utf-8")
    if response.status != 204:
        headers["Content-Length"] = str(len(body))
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
