"""What the stand-in answers: rules that a test or a person writes, and the events that follow from an answer."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PIECE = re.compile(r"\S*\s*")
_JSON_PIECE = 9
_ids = itertools.count(1)
Event = dict[str, Any]


@dataclass(slots=True)
class Rule:
    """One scripted answer.

    `match` must occur in the request's last message. `blocks` are texts ({"text": …}) and uses of tools
    ({"tool": name, "input": {…}}). `times` is how often it answers; None is always. `pause` is in seconds, before
    each piece. `error` ({"status", "message", "retry_after"}) takes the place of the answer. With `hold` nothing at
    all comes before it is released. After so many pieces `hold_after` waits until it is released, `cut_after` ends
    the stream, `break_after` drops the connection and `error_after` tells of an error in the stream.
    """

    blocks: list[dict[str, Any]] = field(default_factory=list)
    match: str = ""
    times: int | None = 1
    pause: float = 0.0
    stop_reason: str = ""
    error: dict[str, Any] | None = None
    hold: bool = False
    hold_after: int | None = None
    cut_after: int | None = None
    break_after: int | None = None
    error_after: int | None = None


class Script:
    """The rules in the order in which they were written; the first that matches answers."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, given: Mapping[str, Any]) -> None:
        """TypeError for a name that no rule has."""
        self._rules.append(Rule(**given))

    def clear(self) -> None:
        self._rules.clear()

    def next(self, body: Mapping[str, Any]) -> Rule | None:
        last = json.dumps(body["messages"][-1], ensure_ascii=False)
        for rule in self._rules:
            if rule.times != 0 and rule.match in last:
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None


def pieces_of(block: Mapping[str, Any]) -> list[str]:
    """The pieces in which a block is streamed: words of a text, a few characters of an input."""
    if "text" in block:
        return [piece for piece in _PIECE.findall(block["text"]) if piece]
    whole = json.dumps(block["input"])
    return [whole[at : at + _JSON_PIECE] for at in range(0, len(whole), _JSON_PIECE)]


def content_of(block: Mapping[str, Any]) -> Event:
    """A block as it stands in a message."""
    if "text" in block:
        return {"type": "text", "text": block["text"]}
    return {
        "type": "tool_use",
        "id": block.get("id") or f"toolu_{next(_ids):06d}",
        "name": block["tool"],
        "input": block["input"],
    }


def stop_reason_of(rule: Rule) -> str:
    if rule.stop_reason:
        return rule.stop_reason
    return "tool_use" if any("tool" in block for block in rule.blocks) else "end_turn"


def tokens(value: Any) -> int:
    """About as many tokens as the real one would count."""
    return len(json.dumps(value, ensure_ascii=False)) // 4 + 1


def message_start(body: Mapping[str, Any]) -> Event:
    used = {"input_tokens": tokens([body.get("system", ""), body["messages"]]), "output_tokens": 1}
    return {
        "id": f"msg_{next(_ids):06d}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": used,
    }


def block_events(index: int, block: Mapping[str, Any]) -> Iterator[Event]:
    """The events of one block; those with a piece of it are its deltas."""
    whole = content_of(block)
    is_text = whole["type"] == "text"
    empty = {**whole, "text": ""} if is_text else {**whole, "input": {}}
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for piece in pieces_of(block):
        delta = (
            {"type": "text_delta", "text": piece}
            if is_text
            else {"type": "input_json_delta", "partial_json": piece}
        )
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
