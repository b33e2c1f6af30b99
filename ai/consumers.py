"""The WebSocket of the assistant: a person hears the answers to their own questions, in every tab."""

from typing import Any

from ai.telling import group_of
from sync.consumers import OneWayConsumer


class AssistantConsumer(OneWayConsumer):
    """Passes on pieces of answers, and hints that a turn is to be fetched anew or that a conversation is gone."""

    def group_of(self, user: Any) -> str:
        return group_of(user.pk)

    async def assistant_said(self, event: dict[str, Any]) -> None:
        await self.send_json(event)

    async def assistant_deleted(self, event: dict[str, Any]) -> None:
        await self.send_json(event)

    async def assistant_changed(self, event: dict[str, Any]) -> None:
        await self.send_json(event)
