"""The stand-in as a small ASGI program: /v1/messages, /v1/models/{id}, and its own doors under /_standin/."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from ai.standin import checks
from ai.standin.errors import REQUEST_ID, ApiError
from ai.standin.scripts import (
    Event,
    Rule,
    Script,
    block_events,
    content_of,
    message_start,
    stop_reason_of,
    tokens,
)

MODELS = "/v1/models/"
LARGEST = 32 * 1024 * 1024


class Dropped(Exception):
    """The connection ends here, as a script wanted it."""


class App:
    """Answers what the script says. `key` is the only key that it accepts."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._script = Script()
        self._log: list[dict[str, Any]] = []
        self._released = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._route(scope, receive, send)
        except ApiError as error:
            headers = [] if error.retry_after is None else [(b"retry-after", str(error.retry_after).encode())]
            await _answer(send, error.status, error.body(), headers)

    async def _route(self, scope: Any, receive: Any, send: Any) -> None:
        raw = await _read(receive)
        door = (scope["method"], scope["path"])
        if door == ("POST", "/v1/messages"):
            await self._messages(scope, raw, send)
        elif scope["method"] == "GET" and scope["path"].startswith(MODELS):
            checks.check_key(_headers(scope), self._key)
            await _answer(send, 200, checks.model(scope["path"].removeprefix(MODELS)))
        elif scope["path"].startswith("/_standin/"):
            await _answer(send, 200, self._control(door, raw))
        else:
            raise ApiError(404, "Not found")

    def _control(self, door: tuple[str, str], raw: bytes) -> Any:
        match door:
            case ("POST", "/_standin/rules"):
                self._add(raw)
            case ("DELETE", "/_standin/rules"):
                self._script.clear()
                self._log.clear()
                self._released.clear()
            case ("POST", "/_standin/release"):
                self._released.set()
            case ("GET", "/_standin/log"):
                return self._log
            case _:
                raise ApiError(404, "Not found")
        return {}

    def _add(self, raw: bytes) -> None:
        try:
            for rule in json.loads(raw):
                self._script.add(rule)
        except (TypeError, ValueError) as error:
            raise ApiError(400, str(error)) from error

    async def _messages(self, scope: Any, raw: bytes, send: Any) -> None:
        checks.check_headers(_headers(scope), self._key)
        body = _parsed(raw)
        checks.check_body(body)
        rule = self._script.next(body)
        entry = {"body": body, "rule": None if rule is None else rule.match, "began": 0.0}
        self._log.append(entry)
        if rule is None:
            raise ApiError(500, "No rule of the script matches this request.")
        if rule.hold:
            await self._released.wait()
        if rule.error:
            raise ApiError(**{"message": "As the script says", **rule.error})
        if body.get("stream"):
            await self._stream(entry, rule, send)
        else:
            await _answer(send, 200, _whole(body, rule))

    async def _stream(self, entry: dict[str, Any], rule: Rule, send: Any) -> None:
        """Streams an answer; `began` in the log is when its first piece left, in seconds since 1970."""
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"request-id", REQUEST_ID.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for event in self._events(entry["body"], rule):
            if event["type"] == "content_block_delta" and not entry["began"]:
                entry["began"] = time.time()
            line = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _events(self, body: Mapping[str, Any], rule: Rule) -> AsyncIterator[Event]:
        yield {"type": "message_start", "message": message_start(body)}
        yield {"type": "ping"}
        sent, stop = 0, stop_reason_of(rule)
        for index, block in enumerate(rule.blocks):
            for event in block_events(index, block):
                if event["type"] == "content_block_delta":
                    if sent == body["max_tokens"]:
                        stop = "max_tokens"
                        continue
                    await self._before_piece(rule, sent)
                    if sent == rule.cut_after:
                        return
                    if sent == rule.error_after:
                        yield ApiError(529, "Overloaded").body()
                        return
                    sent += 1
                yield event
        used = {"output_tokens": max(sent, 1)}
        yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": used}
        yield {"type": "message_stop"}

    async def _before_piece(self, rule: Rule, sent: int) -> None:
        if rule.pause:
            await asyncio.sleep(rule.pause)
        if sent == rule.hold_after:
            await self._released.wait()
        if sent == rule.break_after:
            raise Dropped


def _headers(scope: Any) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in scope["headers"]}


def _whole(body: Mapping[str, Any], rule: Rule) -> Event:
    """The answer to a request that does not stream."""
    message = message_start(body)
    content = [content_of(block) for block in rule.blocks]
    used = {**message["usage"], "output_tokens": tokens(content)}
    return {**message, "content": content, "stop_reason": stop_reason_of(rule), "usage": used}


def _parsed(raw: bytes) -> Any:
    if len(raw) > LARGEST:
        raise ApiError(413, "Request exceeds the maximum size")
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error


async def _read(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(
    send: Any, status: int, body: Any, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    raw = json.dumps(body).encode()
    usual = [(b"content-type", b"application/json"), (b"request-id", REQUEST_ID.encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*usual, *(headers or [])]})
    await send({"type": "http.response.body", "body": raw})
