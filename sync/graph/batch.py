"""A `$batch` post: how a chain of steps is put into one request, and what its answer says about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sync.graph.client import GRAPH_CALLS
from sync.graph.errors import GraphError, NotNow, OutcomeUnknown, RetryLater, classify, retry_after
from sync.graph.steps import Step, StepResult

MAX_STEPS: Final = 20
SESSION_HEADER: Final = "workbook-session-id"
_FAILED_DEPENDENCY: Final = 424
_DONE: Final = frozenset({200, 201, 204})


def chain(workbook: str, session_id: str, steps: Sequence[Step]) -> dict[str, Any]:
    """The body of the post: every step waits for the one before it, and every step names the session.

    Graph hands no header of the outer request on to the steps, and runs steps that don't wait in any order.
    Raises ValueError for anything but 1 to 20 steps.
    """
    if not 1 <= len(steps) <= MAX_STEPS:
        raise ValueError(f"a batch holds 1 to {MAX_STEPS} steps, not {len(steps)}")
    if not session_id:
        raise ValueError("a batch needs a session")
    return {"requests": [_item(number, workbook, session_id, step) for number, step in enumerate(steps, 1)]}


def _item(number: int, workbook: str, session_id: str, step: Step) -> dict[str, Any]:
    headers = {SESSION_HEADER: session_id}
    item: dict[str, Any] = {"id": str(number), "method": step.method, "url": workbook + step.path}
    if step.body is not None:
        headers["Content-Type"] = "application/json"
        item["body"] = step.body
    item["headers"] = headers
    if number > 1:
        item["dependsOn"] = [str(number - 1)]
    return item


def results(steps: Sequence[Step], body: Mapping[str, Any] | None) -> list[StepResult]:
    """What became of each step, in the order of the steps.

    Raises OutcomeUnknown (NotNow when nothing was to be written) if the answer cannot be what Graph promises.
    """
    answers = _by_id(body)
    writing = any(step.writes for step in steps)
    if answers is None or not set(answers) <= {str(number) for number in range(1, len(steps) + 1)}:
        raise _malformed(writing)
    found: list[StepResult] = []
    for number, step in enumerate(steps, 1):
        broken = any(result.error for result in found)
        found.append(_result(step, answers.get(str(number)), broken=broken, writing=writing))
    return [_waiting_longest(result, longest_wait(body)) for result in found]


def longest_wait(body: Mapping[str, Any] | None) -> float | None:
    """The longest Retry-After of all steps, in seconds: nothing may be sent before it has passed."""
    answers = _by_id(body) or {}
    waits = [retry_after(_headers(answer)) for answer in answers.values()]
    return max((wait for wait in waits if wait is not None), default=None)


def _by_id(body: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]] | None:
    """The answers by the id of their step; None when this is no list of answers, each with its own id."""
    listed = body.get("responses") if body else None
    if not isinstance(listed, list) or not all(isinstance(answer, dict) for answer in listed):
        return None
    answers = {str(answer.get("id")): answer for answer in listed}
    return answers if len(answers) == len(listed) else None


def _headers(answer: Mapping[str, Any]) -> Mapping[str, object]:
    headers = answer.get("headers")
    return headers if isinstance(headers, dict) else {}


def _result(step: Step, answer: Mapping[str, Any] | None, *, broken: bool, writing: bool) -> StepResult:
    status = answer.get("status") if answer else _FAILED_DEPENDENCY
    if status == _FAILED_DEPENDENCY:
        if not broken:  # a step can only be skipped because another one failed before it
            raise _malformed(writing)
        return StepResult(None, None, skipped=True)
    if answer is None or type(status) is not int or not 100 <= status < 600:
        raise _malformed(writing)
    body = answer.get("body")
    if status in _DONE:
        return _done(step, body, writing=writing)
    GRAPH_CALLS.labels(step.method, status).inc()
    error = classify(status, body, _headers(answer), had_session=True, writing=step.writes)
    return StepResult(None, error, skipped=False)


def _done(step: Step, body: object, *, writing: bool) -> StepResult:
    if isinstance(body, dict):
        return StepResult(body, None, skipped=False)
    if not step.writes:
        raise _malformed(writing)
    return StepResult(None, None, skipped=False)


def _waiting_longest(result: StepResult, wait: float | None) -> StepResult:
    if isinstance(result.error, RetryLater):
        result.error.retry_after = wait
    return result


def _malformed(writing: bool) -> GraphError:
    kind = OutcomeUnknown if writing else NotNow
    return kind("Excel's answer could not be understood, so the workbook is read again.")
