"""What a fault that is switched on does to a request, before it is run or after."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable

from sync.emulator.edits import apply_edits
from sync.emulator.errors import ConnectionDropped, GraphError, invalid_argument
from sync.emulator.faults import Fault
from sync.emulator.http import Request, Response, error_response
from sync.emulator.outlook import by_hand
from sync.emulator.outlook.routes import service_of
from sync.emulator.state import Emulator

Run = Callable[[], Awaitable[Response]]


class Misbehavior:
    """Runs requests with the emulator's faults around them."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._before: dict[str, Callable[[Fault, Request], Response | None]] = {
            "status": self._refusal,
            "claims_challenge": lambda _fault, _request: _claims_challenge(),
            "drop": _drop,
            "hang": _drop,
            "expire_session": lambda _fault, request: emulator.sessions.end(request.session_id),
            "refuse_cell_text": lambda fault, request: _refuse_text(request, str(fault.action["text"])),
            "async_session": _answer_later,
            "edit": lambda fault, request: self._by_hand(fault, request, when="before"),
            "by_hand": lambda fault, request: self._by_hand(fault, request, when="before"),
        }

    async def around(self, request: Request, run: Run) -> Response:
        """The answer to a request. ConnectionDropped when a fault leaves it without one."""
        faults = self._emulator.faults.take(request)
        for fault in faults:
            if fault.kind in {"delay", "hang"}:
                await fault.hold(float(fault.action["seconds"]))
            act = self._before.get(fault.kind)
            if act is not None and (refusal := act(fault, request)) is not None:
                return refusal
        response = await run()
        for fault in faults:
            response = self._after(fault, request, response)
        return response

    def _after(self, fault: Fault, request: Request, response: Response) -> Response:
        if fault.kind == "status_after_apply":
            return self._refusal(fault, request)
        if fault.kind == "drop_after_apply":
            raise ConnectionDropped
        if fault.kind in {"edit", "by_hand"}:
            self._by_hand(fault, request, when="after")
        return response

    def _by_hand(self, fault: Fault, request: Request, *, when: str) -> None:
        action = fault.action
        if action.get("when", "before") != when:
            return
        try:
            if fault.kind == "edit":
                apply_edits(self._emulator.storage, str(action.get("sheet", "")), action["ops"])
            else:
                by_hand.act(self._emulator, str(action["act"]), {**_addressed(request), **action})
        except (ValueError, KeyError) as error:
            raise GraphError(500, f"The work by hand of a fault failed: {error}") from error

    def _refusal(self, fault: Fault, request: Request) -> Response:
        action = fault.action
        retry_after = action.get("retry_after")
        if retry_after is not None:
            self._emulator.cool_down(service_of(request.raw_path), float(retry_after))
        error = GraphError(
            int(action["status"]),
            str(action.get("message", "The service was told to answer with an error.")),
            code=action.get("code"),
            inner=action.get("inner_code"),
            third=action.get("third_code"),
            retry_after=retry_after,
        )
        return error_response(error)


def _addressed(request: Request) -> dict[str, str]:
    """The mailbox and the message that a request names, for work by hand that names none."""
    match = re.match(
        r"/+(?:me|users/(?P<mailbox>[^/]+))/messages/(?P<id>[^/?]+)", request.path, re.IGNORECASE
    )
    return {name: value for name, value in match.groupdict().items() if value} if match else {}


def _drop(_fault: Fault, _request: Request) -> Response | None:
    raise ConnectionDropped


def _answer_later(fault: Fault, request: Request) -> Response | None:
    request.async_polls = int(fault.action.get("polls", 1))
    request.async_fails = bool(fault.action.get("fails", False))
    return None


def _claims_challenge() -> Response:
    claims = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1"}}})
    encoded = base64.b64encode(claims.encode()).decode("ascii")
    error = GraphError(
        401,
        "Continuous access evaluation resulted in a challenge.",
        code="InvalidAuthenticationToken",
        headers={
            "WWW-Authenticate": f'Bearer realm="", error="insufficient_claims", claims="{encoded}"',
        },
    )
    return error_response(error)


def _refuse_text(request: Request, text: str) -> Response | None:
    """400 for a write with that text in one of its cells."""
    body = request.json() if request.method == "PATCH" else {}
    grids = [body.get(name) for name in ("values", "formulas")] if isinstance(body, dict) else []
    if any(_holds(grid, text) for grid in grids):
        return error_response(invalid_argument("The argument is invalid or has an incorrect format."))
    return None


def _holds(value: object, text: str) -> bool:
    if isinstance(value, list):
        return any(_holds(part, text) for part in value)
    return isinstance(value, str) and text in value
