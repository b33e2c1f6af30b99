"""The WebSocket of the pages: who may hear of runs, and how they stand when somebody begins to listen."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import redis
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from repairs import clock
from sync import queries, sockets
from sync.progress import GROUP, describe

logger = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013
# How often a socket makes sure that its session lasts and that it can be told something; a run that ended meanwhile
# must still be among those that who knocks again is shown (sync.queries.live_runs).
LOOKS_EVERY_SECONDS = 5


def _snapshot() -> list[dict[str, Any]]:
    return [describe(run) for run in queries.live_runs()]


class OneWayConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """Passes on what a group is told, to signed-in people only. It listens to nothing that a browser says."""

    joined: tuple[str, ...] = ()
    looking: asyncio.Task[None] | None = None
    until: datetime | None = None  # when its session is over

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
        session = self.scope.get("session")
        self.until = session.ends_at() if session is not None else None
        await self.accept()
        await self.greet()
        self.looking = asyncio.create_task(self._keep_in_reach())

    async def _keep_in_reach(self) -> None:
        """Closes a socket whose session is over, or that can't be told anything any more, because Redis was emptied:
        the page knocks again.
        """
        code = 0
        while not code:
            await asyncio.sleep(LOOKS_EVERY_SECONDS)
            is_over = self.until is not None and self.until <= clock.now()
            code = sockets.SIGNED_OUT if is_over else await self._out_of_reach()
        await self.close(code=code)

    async def _out_of_reach(self) -> int:
        try:
            reached = [await self.channel_layer.reaches(group, self.channel_name) for group in self.joined]
        except (redis.RedisError, OSError) as error:
            logger.warning("Nobody can be told anything now (%s); pages ask by themselves.", error)
            return TRY_AGAIN_LATER
        return 0 if all(reached) else sockets.KNOCK_AGAIN

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
