"""The channel layer of the embedded mode."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import InMemoryChannelLayer


class OneLoopInMemoryChannelLayer(InMemoryChannelLayer):  # type: ignore[misc]  # Channels ships no types
    """Usable from any thread of the server's process: every send runs on the server's event loop.

    The plain in-memory layer wakes a waiting consumer only by chance when another thread sends, because
    asyncio's queues are not thread-safe.
    """

    home: asyncio.AbstractEventLoop | None = None

    async def _at_home(self, act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        home = self.home
        if home is None or home is asyncio.get_running_loop():
            return await act(*args)
        if not home.is_running():  # the server has stopped, and nobody listens
            return None
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(act, *args), home))

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._at_home(super().send, channel, message)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._at_home(super().group_send, group, message)

    async def receive(self, channel: str) -> Any:
        # The first consumer that listens runs on the server's loop.
        if self.home is None or self.home.is_closed():
            self.home = asyncio.get_running_loop()
        return await super().receive(channel)


async def _awaited(act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    return await act(*args)
