"""What a model is asked, what it answers, and why no answer came."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from ai.models import Use

if TYPE_CHECKING:
    from django.contrib.auth.models import User

WAIT = timedelta(seconds=10)
"""How long to leave a model alone that was busy or broke off, unless it says itself."""


class Trouble(Exception):
    """No whole answer came. `reason` is short; `again` is how long to wait before another try, None for never."""

    def __init__(self, sentence: str, *, reason: str, again: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reason = reason
        self.again = again


@dataclass(frozen=True)
class Question:
    """What is asked of the model, for whom and about what."""

    purpose: Use.Purpose
    about: str
    person: "User | None"
    system: str
    messages: Sequence[dict[str, Any]]
    most_tokens: int
    tools: Sequence[dict[str, Any]] = ()
    only_tool: str = ""

    def request(self) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": settings.AI_MODEL,
            "max_tokens": self.most_tokens,
            "system": self.system,
            "messages": list(self.messages),
        }
        if self.tools:
            request["tools"] = list(self.tools)
        if self.only_tool:
            request["tool_choice"] = {"type": "tool", "name": self.only_tool}
        return request


@dataclass
class Answer:
    """What the model said: blocks as the next request needs them, and why it stopped."""

    blocks: list[dict[str, Any]] = field(default_factory=list)
    stop_reason: str = ""
    model: str = ""
    tokens: tuple[int, int] = (0, 0)

    def take(self, other: "Answer") -> None:
        """Becomes what has come by now."""
        self.blocks, self.stop_reason = other.blocks, other.stop_reason
        self.model, self.tokens = other.model, other.tokens

    def uses(self) -> list[dict[str, Any]]:
        """The tools that it wants to use."""
        return [block for block in self.blocks if block["type"] == "tool_use"]


def guessed_tokens(told: Any) -> int:
    """About four signs are a token."""
    return len(str(told)) // 4
