"""The channel layers: of the embedded mode, in memory, and of a deployment, in Redis. Each knows who is in a group.

Redis may be emptied, and forgets a group after a day: its members' sockets stay open and would hear nothing any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer


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

    async def reaches(self, group: str, channel: str) -> bool:
        """Whether what the group is told arrives at the channel."""
        return channel in self.groups.get(group, ())


class KnowingRedisChannelLayer(RedisChannelLayer):  # type: ignore[misc]  # Channels ships no types
    """Redis' channel layer, which can also be asked who is in a group."""

    async def reaches(self, group: str, channel: str) -> bool:
        """Whether what the group is told arrives at the channel."""
        there = self.connection(self.consistent_hash(group))
        return await there.zscore(self._group_key(group), channel) is not None


async def _awaited(act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    return await act(*args)
