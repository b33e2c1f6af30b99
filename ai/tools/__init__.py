"""What the assistant can do, by name. Reading tools look; writing tools only propose."""

from typing import Any

from ai.tools.base import Look, Tool, Wish
from ai.tools.looking import LOOKS
from ai.tools.proposing import WISHES

__all__ = ["TOOLS", "Look", "Tool", "Wish", "described"]

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (*LOOKS, *WISHES)}


def described(tools: list[Tool]) -> list[dict[str, Any]]:
    """The tools as the model is told of them."""
    return [
        {"name": tool.name, "description": tool.description, "input_schema": tool.schema()} for tool in tools
    ]
