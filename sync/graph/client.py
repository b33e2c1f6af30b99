"""Requests to Graph: sent once, signed in, and answered or sorted into an error."""

from __future__ import annotations

import json as jsonlib
import os
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from prometheus_client import Counter as Metric

from sync.graph.errors import NeedsPerson, classify
from sync.graph.tokens import TokenSource, claims_challenge

if TYPE_CHECKING:
    import httpx

    from sync.graph.transport import Transport

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
READ_TIMEOUT: Final = 90.0  # Graph itself gives up after about 30 s
DOWNLOAD_LIMIT: Final = 100 * 1024 * 1024  # bytes of a workbook that we are willing to hold in memory
# Answers with 429 are the throttles. A batch is one call, and each of its steps that Graph did not do is one more:
# a workbook is throttled inside of a batch that is answered with 200.
GRAPH_CALLS: Final = Metric(
    "genthrust_graph_calls",
    "Requests to Microsoft Graph, and refused steps of batches.",
    ("method", "status"),
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def no_check() -> None:
    """Let every request pass."""


@dataclass(frozen=True)
class Response:
    """An answer of Graph: header names in lower case, `body` the JSON object or None when there was none."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | None


class Counter:
    """Counts the requests that were sent; may be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.value = 0

    def add(self) -> None:
        """Count one request."""
        with self._lock:
            self.value += 1


class Connection:
    """Requests to one Graph address, from any thread, each sent exactly once.

    The event loop thread starts with the first request. After a fork the child starts its own: sockets and
    threads of the parent are never used there.
    """

    def __init__(self, base_url: str, tokens: TokenSource, *, carrier: Connection | None = None) -> None:
        """With a `carrier` it uses the thread and the sockets of that connection."""
        self._carrier = carrier
        self.base_url = base_url.rstrip("/")
        self._base = urlsplit(self.base_url)
        self._tokens = tokens
        self._sent = Counter()
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._inherited: list[Transport] = []
        _check_base(self._base)
        _alive.add(self)

    def __repr__(self) -> str:
        return f"Connection({self.base_url!r})"

    @property
    def http_requests(self) -> int:
        """How many requests this process sent over this connection."""
        return self._sent.value

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float = READ_TIMEOUT,
        before_send: Callable[[], None] = no_check,
        counter: Counter | None = None,
    ) -> Response:
        """Send one request and return the answer, whatever its status.

        `path` is relative to the base URL, or an absolute address on the same host. `before_send` runs right
        before anything is sent, after a possibly slow sign-in, and may raise to stop it; `counter` counts
        what was sent. A 401 that demands new claims was not carried out and is answered once with a fresh
        token; nothing else is repeated. `read_timeout` is in seconds.
        Raises OutcomeUnknown when no answer came, NeedsPerson when sign-in or configuration is wrong.
        """
        answer = self._exchange(method, path, json, headers, read_timeout, before_send, counter)
        return Response(answer.status_code, _lower(answer.headers), _json_object(answer.content))

    def download(
        self, path: str, *, before_send: Callable[[], None] = no_check, counter: Counter | None = None
    ) -> bytes:
        """The bytes behind a path, following one redirect to a pre-signed address without our token.

        Raises a GraphError for an answer that is no success, and Refused above DOWNLOAD_LIMIT.
        """
        answer = self._exchange("GET", path, None, None, READ_TIMEOUT, before_send, counter)
        location = answer.headers.get("location")
        if answer.status_code in _REDIRECTS and location:
            return self._fetch(urljoin(self._url(path), location), before_send, counter)
        if answer.status_code != 200:
            headers = _lower(answer.headers)
            body = _json_object(answer.content)
            raise classify(answer.status_code, body, headers, had_session=False, writing=False)
        return answer.content

    def plain(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        before_send: Callable[[], None] = no_check,
    ) -> Response:
        """Send one request to a pre-signed address, without our token; the answer, whatever its status.

        Raises NeedsPerson for an address that is not encrypted, OutcomeUnknown when no answer came.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts):
            raise NeedsPerson("Microsoft 365 pointed to an address without encryption; it was not followed.")
        transport = self._running()
        before_send()
        self._count(None)
        answer = transport.plain(method, url, headers=headers, content=content, read_timeout=READ_TIMEOUT)
        GRAPH_CALLS.labels(method, answer.status_code).inc()
        return Response(answer.status_code, _lower(answer.headers), _json_object(answer.content))

    def sign_in(self) -> None:
        """Gets a token if there is none. Raises as `request` does."""
        self._tokens.token()

    def close(self) -> None:
        """Close every connection and end the thread. The next request would start anew."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport:
            transport.stop()
            transport.join()

    def forget_after_fork(self) -> None:
        """Leave the parent's thread and sockets alone; called in a child right after the fork."""
        self._lock = threading.Lock()
        self._sent = Counter()
        self._tokens.forget()
        if self._transport:
            # Kept, not closed: closing would take the shared selector away from the parent.
            self._inherited.append(self._transport)
            self._transport = None

    def _exchange(
        self,
        method: str,
        path: str,
        json: object,
        headers: Mapping[str, str] | None,
        read_timeout: float,
        before_send: Callable[[], None],
        counter: Counter | None,
    ) -> httpx.Response:
        url = self._url(path)
        content = None if json is None else _dumps(json)
        claims: str | None = None
        while True:
            sent = self._headers(headers, self._tokens.token(claims), content)
            transport = self._running()
            before_send()
            self._count(counter)
            answer = transport.send(method, url, headers=sent, content=content, read_timeout=read_timeout)
            GRAPH_CALLS.labels(method, answer.status_code).inc()
            demanded = claims_challenge(answer.headers.get("www-authenticate"))
            if answer.status_code != 401 or not demanded or claims:
                return answer
            claims = demanded

    def _fetch(self, url: str, before_send: Callable[[], None], counter: Counter | None) -> bytes:
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts):
            raise NeedsPerson("Microsoft 365 pointed to an address without encryption; it was not followed.")
        transport = self._running()
        before_send()
        self._count(counter)
        return transport.fetch(url, limit=DOWNLOAD_LIMIT, read_timeout=READ_TIMEOUT)

    def _url(self, path: str) -> str:
        """The full address; an absolute one must be on our host, since our token goes with it."""
        if path.startswith("/") and not path.startswith("//"):
            return self.base_url + path
        if _origin(urlsplit(path)) == _origin(self._base):
            return path
        raise NeedsPerson("Microsoft 365 pointed to another server; our sign-in is not sent there.")

    def _headers(
        self, headers: Mapping[str, str] | None, token: str, content: bytes | None
    ) -> dict[str, str]:
        own = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "client-request-id": str(uuid.uuid4()),
        }
        if content is not None:
            own["Content-Type"] = "application/json"
        return {**own, **(headers or {})}

    def _count(self, counter: Counter | None) -> None:
        self._sent.add()
        if counter:
            counter.add()

    def _running(self) -> Transport:
        if self._carrier is not None:
            return self._carrier._running()
        with self._lock:
            if self._transport is None:
                from sync.graph.transport import Transport

                self._transport = Transport(trust_environment=not is_loopback(self._base))
                weakref.finalize(self, self._transport.stop).atexit = False
            return self._transport


def _dumps(value: object) -> bytes:
    return jsonlib.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        value = jsonlib.loads(content) if content else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def is_loopback(parts: SplitResult) -> bool:
    """Whether an address is on this machine."""
    return parts.hostname in LOOPBACK


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Two names of this machine are one host: a server there may name itself by another than ours."""
    host = "loopback" if is_loopback(parts) else parts.hostname
    return parts.scheme, host, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _check_base(base: SplitResult) -> None:
    if base.scheme not in {"https", "http"} or not base.hostname:
        raise NeedsPerson("GRAPH_BASE_URL must be an address such as https://graph.microsoft.com/v1.0.")
    if base.scheme == "http" and not is_loopback(base):
        raise NeedsPerson("GRAPH_BASE_URL may use http only for this machine (127.0.0.1 or localhost).")


_alive: weakref.WeakSet[Connection] = weakref.WeakSet()


def _forget_in_child() -> None:
    for known in list(_alive):
        known.forget_after_fork()


os.register_at_fork(after_in_child=_forget_in_child)
