"""What the Messages API asks of a request. Everything else is refused, as the real one refuses it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ai.standin.errors import ApiError, refuse

_KNOWN = frozenset(
    {
        "model",
        "max_tokens",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "stream",
        "temperature",
        "stop_sequences",
        "metadata",
    }
)
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_CHOICES = ("auto", "any", "tool", "none")
_BLOCKS = {
    "text": ({"type", "text"}, {"cache_control", "citations"}),
    "tool_use": ({"type", "id", "name", "input"}, {"cache_control", "caller"}),
    "tool_result": ({"type", "tool_use_id"}, {"content", "is_error", "cache_control"}),
}
_OF_ROLE = {"user": ("text", "tool_result"), "assistant": ("text", "tool_use")}
Block = Mapping[str, Any]


def check_key(headers: Mapping[str, str], key: str) -> None:
    """The key and the version of the interface."""
    given = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    if given != key:
        raise ApiError(401, "invalid x-api-key")
    if not headers.get("anthropic-version"):
        raise refuse("anthropic-version", "header is required")


def check_headers(headers: Mapping[str, str], key: str) -> None:
    """The same, and that a body is JSON."""
    check_key(headers, key)
    if "application/json" not in headers.get("content-type", ""):
        raise refuse("content-type", "must be application/json")


def model(name: str) -> dict[str, str]:
    """What is known of a model. Raises ApiError for one that there is not."""
    if not name.startswith("claude-"):
        raise ApiError(404, f"model: {name}")
    made = "2026-01-01T00:00:00Z"
    return {"type": "model", "id": name, "display_name": name, "created_at": made}


def check_body(body: Any) -> None:
    """The whole request. Raises ApiError for the first fault."""
    if not isinstance(body, dict):
        raise refuse("body", "Input should be a valid dictionary")
    for name in body:
        if name not in _KNOWN:
            raise refuse(name, "Extra inputs are not permitted")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise refuse(name, "Field required")
    if not isinstance(body["model"], str) or not body["model"]:
        raise refuse("model", "String should have at least 1 character")
    if type(body["max_tokens"]) is not int or body["max_tokens"] < 1:
        raise refuse("max_tokens", "Input should be greater than or equal to 1")
    _check_system(body.get("system", ""))
    names = _check_tools(body.get("tools", []))
    _check_choice(body.get("tool_choice"), names)
    _check_temperature(body.get("temperature", 1))
    _check_messages(body["messages"], has_tools=bool(names))


def _check_system(system: Any) -> None:
    if isinstance(system, str):
        return
    for place, block in enumerate(_sequence("system", system)):
        _check_block(f"system.{place}", block, ("text",))


def _check_temperature(temperature: Any) -> None:
    if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0 <= temperature <= 1:
        raise refuse("temperature", "range: 0..1")


def _check_tools(tools: Any) -> list[str]:
    names: list[str] = []
    for place, tool in enumerate(_sequence("tools", tools)):
        where = f"tools.{place}.custom"
        if not isinstance(tool, dict):
            raise refuse(where, "Input should be a valid dictionary")
        for name in tool.keys() - {"name", "description", "input_schema", "type", "cache_control", "strict"}:
            raise refuse(f"{where}.{name}", "Extra inputs are not permitted")
        name = tool.get("name")
        if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
            raise refuse(f"{where}.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise refuse(f"{where}.input_schema.type", "Input should be 'object'")
        if name in names:
            raise refuse("tools", "Tool names must be unique.")
        names.append(name)
    return names


def _check_choice(choice: Any, names: Sequence[str]) -> None:
    if choice is None:
        return
    if not names:
        raise refuse("tool_choice", "tool_choice may only be specified while providing tools.")
    if not isinstance(choice, dict) or choice.get("type") not in _CHOICES:
        raise refuse("tool_choice", "Input tag does not match any of the expected tags")
    if choice["type"] == "tool" and choice.get("name") not in names:
        raise refuse("tool_choice", f"Tool '{choice.get('name')}' not found in provided tools")


def _check_messages(messages: Any, *, has_tools: bool) -> None:
    if not _sequence("messages", messages):
        raise refuse("messages", "at least one message is required")
    asked: list[str] = []
    for place, message in enumerate(messages):
        where = f"messages.{place}"
        _check_message(where, message)
        blocks = _blocks_of(where, message)
        _check_results(where, blocks, asked)
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if asked and not has_tools:
            raise refuse("tools", "Requests which include `tool_use` blocks must define tools.")
    if messages[0]["role"] != "user":
        raise refuse("messages.0.role", 'first message must use the "user" role')
    if asked:
        raise refuse("messages", f"`tool_use` ids were found without `tool_result` blocks: {asked[0]}")
    if messages[-1]["role"] == "assistant":
        raise refuse("messages", "This model does not support assistant message prefill.")


def _check_message(where: str, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in _OF_ROLE:
        raise refuse(f"{where}.role", "Input should be 'user' or 'assistant'")
    if message.keys() - {"role", "content"}:
        raise refuse(where, "Extra inputs are not permitted")


def _blocks_of(where: str, message: Block) -> list[Block]:
    content = message.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    blocks = _sequence(f"{where}.content", content)
    if not blocks:
        raise refuse(where, "all messages must have non-empty content")
    for place, block in enumerate(blocks):
        _check_block(f"{where}.content.{place}", block, _OF_ROLE[message["role"]])
    return list(blocks)


def _check_block(where: str, block: Any, allowed: Sequence[str]) -> None:
    if not isinstance(block, dict) or block.get("type") not in allowed:
        raise refuse(where, f"Input tag does not match any of the expected tags: {', '.join(allowed)}")
    needed, optional = _BLOCKS[block["type"]]
    if missing := needed - block.keys():
        raise refuse(f"{where}.{min(missing)}", "Field required")
    if surplus := block.keys() - needed - optional:
        raise refuse(f"{where}.{min(surplus)}", "Extra inputs are not permitted")
    if block["type"] == "text" and (not isinstance(block["text"], str) or not block["text"].strip()):
        raise refuse(where, "text content blocks must contain non-whitespace text")
    if block["type"] == "tool_use":
        _check_use(where, block)
    if block["type"] == "tool_result" and not isinstance(block.get("content", ""), str | list):
        raise refuse(f"{where}.content", "Input should be a valid string or list")


def _check_use(where: str, block: Block) -> None:
    if not isinstance(block["id"], str) or not _TOOL_ID.fullmatch(block["id"]):
        raise refuse(f"{where}.id", "String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not isinstance(block["input"], dict):
        raise refuse(f"{where}.input", "Input should be a valid dictionary")


def _check_results(where: str, blocks: Sequence[Block], asked: Sequence[str]) -> None:
    """Every tool that was asked for is answered at once, and nothing else is."""
    kinds = [block["type"] for block in blocks]
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    if answered and kinds[: len(answered)] != ["tool_result"] * len(answered):
        raise refuse(where, "`tool_result` blocks must come first in the content.")
    if missing := [id_ for id_ in asked if id_ not in answered]:
        raise refuse(where, f"`tool_use` ids were found without `tool_result` blocks: {', '.join(missing)}")
    if surplus := [id_ for id_ in answered if id_ not in asked]:
        raise refuse(where, f"unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(surplus)}")
    if len(set(answered)) != len(answered):
        raise refuse(where, "each tool_use must have a single result.")


def _sequence(where: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise refuse(where, "Input should be a valid list")
    return value
