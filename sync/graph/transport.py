"""The event loop thread, and the SDK's request adapter living on it.

This module imports the SDK, which is large, so it is itself imported only when the first request is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError
from typing import Any, Final, TypeVar

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as sdk_options
from msgraph_core import GraphClientFactory

from sync.graph.errors import GraphError, OutcomeUnknown, Refused, Unreachable, classify

CONNECT_TIMEOUT: Final = 15.0
# Below the five seconds after which common servers drop an idle connection: never write into a dying one.
KEEP_ALIVE: Final = 4.0

T = TypeVar("T")


class TooLarge(Exception):
    """The answer is larger than the caller allows."""


class Transport:
    """One event loop thread with one HTTP client on it, which lives as long as the process.

    A client belongs to the loop that opened its connections, so worker threads hand their requests over to
    this loop and wait. Neither retries nor redirects are followed: one call here is one request on the wire.
    """

    def __init__(self, *, trust_environment: bool) -> None:
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._client = _http_client(trust_environment=trust_environment)
        self._adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=self._client)
        self._plain = httpx.AsyncClient(timeout=_timeout(60.0), trust_env=trust_environment)
        self._thread = threading.Thread(target=self._serve, name="graph-loop", daemon=True)
        self._thread.start()

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None, read_timeout: float
    ) -> httpx.Response:
        """Send one request through the SDK's adapter and return the answer, whatever its status.

        Raises OutcomeUnknown when no complete answer came in time.
        """
        return self._wait(self._send(_request(method, url, headers, content), read_timeout))

    def fetch(self, url: str, *, limit: int, read_timeout: float) -> bytes:
        """Get a pre-signed address without sign-in; Refused above `limit` bytes, else as for any answer."""
        return self._wait(self._fetch(url, limit, read_timeout))

    def plain(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None, read_timeout: float
    ) -> httpx.Response:
        """Send one request to a pre-signed address without sign-in; the answer, whatever its status."""
        return self._wait(
            self._plain.request(
                method, url, headers=dict(headers), content=content, timeout=_timeout(read_timeout)
            )
        )

    def stop(self) -> None:
        """Let the loop close its connections and end. Does not wait, and is harmless in a forked child."""
        if os.getpid() == self._pid and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
                self._loop.call_soon_threadsafe(self._loop.stop)

    def join(self) -> None:
        """Wait until the loop has ended."""
        if os.getpid() == self._pid:
            self._thread.join(timeout=10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._shut())
        self._loop.close()

    async def _shut(self) -> None:
        waiting = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        # Closing the client would leave its pool open: the SDK's transport does not hand the call on.
        await _innermost(self._client).aclose()
        await self._plain.aclose()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, CancelledError) as error:
            # Without the cause: its text could name addresses that hold a key.
            raise _sorted(error) from None
        except BaseException:
            future.cancel()
            raise

    async def _send(self, info: RequestInformation, read_timeout: float) -> httpx.Response:
        request = await self._adapter.convert_to_native_async(info)
        request.extensions["timeout"] = _timeout(read_timeout).as_dict()
        async with asyncio.timeout(read_timeout + CONNECT_TIMEOUT):
            return await self._client.send(request)

    async def _fetch(self, url: str, limit: int, read_timeout: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async with (
            asyncio.timeout(read_timeout * 2),
            self._plain.stream("GET", url, timeout=_timeout(read_timeout)) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > limit:
                    raise Refused(f"The workbook file is larger than {limit // 1024 // 1024} MB.")
                chunks.append(chunk)
        return b"".join(chunks)


def _sorted(error: Exception) -> GraphError:
    """Our error for what httpx or the loop raised."""
    if isinstance(error, httpx.HTTPStatusError):
        answer = error.response
        return classify(answer.status_code, None, dict(answer.headers), had_session=False, writing=False)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Unreachable("Microsoft 365 could not be reached.", detail=type(error).__name__)
    sentence = "The connection to Microsoft 365 broke off before it answered."
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        sentence = "Microsoft 365 did not answer in time."
    return OutcomeUnknown(sentence, detail=type(error).__name__)


def _timeout(read: float) -> httpx.Timeout:
    return httpx.Timeout(read, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT)


def _http_client(*, trust_environment: bool) -> httpx.AsyncClient:
    """The SDK's client and middleware, with nothing in it that would send a request a second time."""
    client = httpx.AsyncClient(
        timeout=_timeout(90.0),
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=KEEP_ALIVE),
        trust_env=trust_environment,
    )
    GraphClientFactory.create_with_default_middleware(  # changes the client in place
        client=client,
        options={
            **sdk_options,
            RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
            RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
        },
    )
    return client


def _innermost(client: httpx.AsyncClient) -> httpx.AsyncBaseTransport:
    transport = client._transport
    inner = getattr(transport, "transport", transport)
    return inner if isinstance(inner, httpx.AsyncBaseTransport) else transport


def _request(method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> RequestInformation:
    info = RequestInformation(Method(method.upper()))
    info.url = url
    for name, value in headers.items():
        info.headers.add(name, value)
    info.content = content
    return info
