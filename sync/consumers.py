"""The WebSocket of the pages: who may hear of runs, and how they stand when somebody begins to listen."""

import asyncio
import logging
from typing import Any

import redis
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from sync import queries, sockets
from sync.progress import GROUP, describe

logger = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013
# How often a socket makes sure that it can be told something; a run that ended meanwhile must still be among those
# that who knocks again is shown (sync.queries.live_runs).
LOOKS_EVERY_SECONDS = 5


def _snapshot() -> list[dict[str, Any]]:
    return [describe(run) for run in queries.live_runs()]


class OneWayConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """Passes on what a group is told, to signed-in people only. It listens to nothing that a browser says."""

    joined: tuple[str, ...] = ()
    looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.looking:
                self.looking.cancel()

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(code=sockets.SIGNED_OUT)
            return
        try:
            # Joining before reading: what changes in between is told twice rather than not at all.
            for group in self._groups(user):
                await self.channel_layer.group_add(group, self.channel_name)
                self.joined = (*self.joined, group)
        except (redis.RedisError, OSError) as error:
            logger.warning("Nobody can listen now (%s); pages ask by themselves.", error)
            await self.close(code=TRY_AGAIN_LATER)
            return
        await self.accept()
        await self.greet()
        self.looking = asyncio.create_task(self._keep_in_reach())

    async def _keep_in_reach(self) -> None:
        """Closes a socket that can't be told anything any more, because Redis was emptied: the page knocks again."""
        code = 0
        while not code:
            await asyncio.sleep(LOOKS_EVERY_SECONDS)
            try:
                reached = [
                    await self.channel_layer.reaches(group, self.channel_name) for group in self.joined
                ]
                code = 0 if all(reached) else sockets.KNOCK_AGAIN
            except (redis.RedisError, OSError) as error:
                logger.warning("Nobody can be told anything now (%s); pages ask by themselves.", error)
                code = TRY_AGAIN_LATER
        await self.close(code=code)

    def group_of(self, user: Any) -> str:
        """The group whose messages this person hears here."""
        raise NotImplementedError

    def _groups(self, user: Any) -> list[str]:
        session = getattr(self.scope.get("session"), "session_key", None)
        ends = [sockets.of_person(user.pk), *([sockets.of_session(session)] if session else [])]
        return [*ends, self.group_of(user)]

    async def access_ended(self, event: dict[str, Any]) -> None:
        await self.close(code=event["code"])

    async def greet(self) -> None:
        """The first words to somebody who begins to listen."""

    async def disconnect(self, code: int) -> None:
        try:
            for group in self.joined:
                await self.channel_layer.group_discard(group, self.channel_name)
        except (redis.RedisError, OSError) as error:
            logger.warning("A page left while the channel layer was away (%s).", error)

    async def receive(self, text_data: Any = None, bytes_data: Any = None, **_: Any) -> None:
        """Nothing to hear, and so nothing to take apart: the socket goes one way."""


class RunsConsumer(OneWayConsumer):
    """Passes on changes of runs and hints."""

    def group_of(self, user: Any) -> str:
        return GROUP

    async def greet(self) -> None:
        await self.send_json({"type": "state", "runs": await database_sync_to_async(_snapshot)()})

    async def run_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": event["type"], "run": event["run"]})

    async def hint(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": event["type"], "name": event["name"]})
