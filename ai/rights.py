"""What a person may do through the assistant: what their role may do on the pages, and nothing else."""

from typing import TYPE_CHECKING

from ai.tools import TOOLS, Tool
from people.abilities import may

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def may_use(tool: Tool, person: "User") -> bool:
    """Whether a person's role is enough for a tool."""
    return may(person, tool.needs)


def tools_of(person: "User") -> list[Tool]:
    return [tool for tool in TOOLS.values() if may_use(tool, person)]
