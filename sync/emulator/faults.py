"""Misbehavior that can be switched on: which requests it meets, how often, and what happens to them.

A rule, as posted to `/_emulator/faults`:

    {"match": {"method": "PATCH", "path_regex": "address='A5", "in_batch": true, "nth": 2},
     "times": 1,
     "action": {"kind": "status", "status": 429, "retry_after": 5}}

Everything in `match` may be left out. The path is looked at in plain letters, with its query and without `/v1.0`.
`in_batch` tells single requests from steps of a batch; left out it means both, the `$batch` itself included.
Kinds: status, status_after_apply (status, code, inner_code, third_code, message, retry_after), drop,
drop_after_apply, delay, hang (seconds, or until it is switched off), expire_session, refuse_cell_text (text),
claims_challenge, async_session (polls, fails), edit (when: before or after, sheet, ops as in `edits`), by_hand (when,
act and what it takes as in `outlook.by_hand`; the mailbox and the message are those of the request unless named).

A Retry-After closes only the service that gave it: Outlook (`/me`, `/users`), or the files.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sync.emulator.http import Request

_REQUIRED: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "status_after_apply": ("status",),
    "drop": (),
    "drop_after_apply": (),
    "delay": ("seconds",),
    "hang": ("seconds",),
    "expire_session": (),
    "refuse_cell_text": ("text",),
    "edit": ("ops",),
    "by_hand": ("act",),
    "claims_challenge": (),
    "async_session": (),
}
_PERMANENT = {"refuse_cell_text"}
_PEOPLES_WORK = {"edit", "by_hand"}
_MATCH_KEYS = {"method", "path_regex", "in_batch", "nth"}


@dataclass(slots=True)
class Fault:
    """A rule. `times` of None never wears out; `nth` is the first matching request that it meets, from 1."""

    id: int
    action: dict[str, Any]
    method: str | None = None
    path: re.Pattern[str] | None = None
    in_batch: bool | None = None
    nth: int = 1
    times: int | None = 1
    seen: int = 0
    fired: int = 0
    source: dict[str, Any] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, seconds: float) -> None:
        """Keep a request waiting for so long, or until this is switched off."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)

    @property
    def kind(self) -> str:
        """What it does, as named in its action."""
        return str(self.action["kind"])

    def fits(self, request: Request) -> bool:
        """Whether the rule is about this request at all."""
        return (
            (self.method is None or self.method == request.method)
            and (self.in_batch is None or self.in_batch == request.in_batch)
            and (self.path is None or self.path.search(request.path) is not None)
        )

    def meets(self, request: Request) -> bool:
        """Count the request if the rule is about it, and say whether it fires."""
        if not self.fits(request):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True

    def describe(self) -> dict[str, Any]:
        """The rule as it was given, with its counts."""
        return {**self.source, "id": self.id, "seen": self.seen, "fired": self.fired}


class FaultBoard:
    """All rules in the order in which they were made."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, rule: Mapping[str, Any]) -> Fault:
        """Switch a rule on. ValueError says what is wrong with it."""
        action, match = _action(rule), _match(rule)
        default = None if action["kind"] in _PERMANENT else 1
        times = rule.get("times", default)
        if times is not None and (not isinstance(times, int) or times < 1):
            raise ValueError("times must be a number from 1, or null for ever")
        method = match.get("method")
        regex = match.get("path_regex")
        fault = Fault(
            id=next(self._ids),
            action=action,
            method=method.upper() if method else None,
            path=re.compile(regex) if regex else None,
            in_batch=match.get("in_batch"),
            nth=match.get("nth") or 1,
            times=times,
            source=dict(rule),
        )
        self._faults.append(fault)
        return fault

    def take(self, request: Request) -> list[Fault]:
        """The rules that fire on this request. People's work comes first: it is done even if Graph then refuses."""
        met = [fault for fault in self._faults if fault.meets(request)]
        return sorted(met, key=lambda fault: fault.kind not in _PEOPLES_WORK)

    def clear(self, fault_id: int | None = None) -> None:
        """Switch one rule off, or all; what one of them holds goes on at once."""
        for fault in self._faults:
            if fault_id is None or fault.id == fault_id:
                fault.over.set()
        self._faults = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]

    def describe(self) -> list[dict[str, Any]]:
        """All rules with their counts."""
        return [fault.describe() for fault in self._faults]


def _action(rule: Mapping[str, Any]) -> dict[str, Any]:
    action = rule.get("action")
    if not isinstance(action, dict) or action.get("kind") not in _REQUIRED:
        raise ValueError(f"action.kind must be one of {', '.join(_REQUIRED)}")
    missing = [name for name in _REQUIRED[action["kind"]] if name not in action]
    if missing:
        raise ValueError(f"action {action['kind']} needs {', '.join(missing)}")
    return action


def _match(rule: Mapping[str, Any]) -> dict[str, Any]:
    match = rule.get("match") or {}
    unknown = set(match) - _MATCH_KEYS
    if unknown:
        raise ValueError(f"match knows no {', '.join(sorted(unknown))}")
    try:
        re.compile(match.get("path_regex") or "")
    except re.error as error:
        raise ValueError(f"path_regex: {error}") from error
    return dict(match)
