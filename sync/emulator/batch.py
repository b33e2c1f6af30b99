"""`$batch`: up to twenty requests in one, either one chain or all at once."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from sync.emulator.errors import GraphError, unknown_segment
from sync.emulator.http import Request, Response, error_response

MAX_STEPS = 20
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}

RunStep = Callable[["Item"], Awaitable[Response]]


@dataclass(slots=True)
class Item:
    """One request of a batch; `refusal` is what it gets without being tried."""

    id: str
    request: Request
    depends_on: list[str] = field(default_factory=list)
    refusal: GraphError | None = None

    @property
    def url(self) -> str:
        """The address in plain letters, as logs and fault rules see it."""
        return self.request.path


def read_batch(body: Any) -> list[Item]:
    """The requests of a batch. GraphError 400 when Graph would refuse the batch as a whole."""
    given = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(given, list) or not given:
        raise _refused("Invalid batch payload format.")
    if len(given) > MAX_STEPS:
        raise _refused(f"Number of batch request steps exceeds the maximum value of {MAX_STEPS}.")
    items = [_read_item(entry) for entry in given]
    ids = [item.id.casefold() for item in items]
    if len(set(ids)) != len(ids):
        raise _refused("Request Id has to be unique in a batch.")
    _check_dependencies(items)
    return items


def _refused(message: str) -> GraphError:
    return GraphError(400, message, code="BadRequest")


def _read_item(entry: Any) -> Item:
    if not isinstance(entry, dict):
        raise _refused("Invalid batch payload format.")
    item_id, method, url = entry.get("id"), entry.get("method"), entry.get("url")
    if not (isinstance(item_id, str) and item_id):
        raise _refused("Request Id is missing.")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise _refused(f"Invalid method for request Id: {item_id}")
    if not (isinstance(url, str) and url):
        raise _refused(f"Invalid URL for request Id: {item_id}")
    headers = _read_headers(item_id, entry.get("headers"))
    body = entry.get("body")
    if body is not None and "content-type" not in headers:
        raise _refused(f"Write request id : {item_id} does not contain Content-Type header or body.")
    return Item(
        id=item_id,
        request=_read_request(method, url, headers, body),
        depends_on=_read_dependencies(item_id, entry.get("dependsOn")),
        refusal=_refuse_address(url),
    )


def _read_headers(item_id: str, given: Any) -> dict[str, str]:
    headers = given if given is not None else {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise _refused(f"Invalid headers for request Id: {item_id}")
    return {name.lower(): value for name, value in headers.items()}


def _read_dependencies(item_id: str, given: Any) -> list[str]:
    names = given if given is not None else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _refused(f"Invalid dependency for request Id: {item_id}")
    return names


def _refuse_address(url: str) -> GraphError | None:
    """Addresses in a batch are relative to the version: neither a host nor `/v1.0` may stand there."""
    if "://" in url.partition("?")[0]:
        return unknown_segment(url.partition(":")[0] + ":")
    first = url.lstrip("/").partition("/")[0].partition("?")[0]
    return unknown_segment(first) if first.lower() in {"v1.0", "beta", "$batch"} else None


def _read_request(method: str, url: str, headers: dict[str, str], body: Any) -> Request:
    parts = urlsplit("/" + url.lstrip("/"))
    is_json = "json" in headers.get("content-type", "")
    raw = base64.b64decode(body) if isinstance(body, str) and not is_json else b""
    return Request(
        method=method.upper(),
        raw_path=parts.path,
        query=parts.query,
        headers=headers,
        body=raw,
        in_batch=True,
        parsed=body if is_json else None,
    )


def _check_dependencies(items: list[Item]) -> None:
    """Either nobody depends on anybody, or each on the one before it."""
    earlier: set[str] = set()
    for item in items:
        if any(name.casefold() not in earlier for name in item.depends_on):
            raise _refused(f"Invalid dependency for request Id: {item.id}")
        earlier.add(item.id.casefold())
    if not any(item.depends_on for item in items):
        return
    for before, item in pairwise(items):
        if before.id.casefold() not in [name.casefold() for name in item.depends_on]:
            raise _refused("All requests of a batch must run in parallel or one after another.")


async def run_batch(items: list[Item], run: RunStep) -> Response:
    """Run a chain in its order, anything else in another order than it was sent."""
    chained = any(item.depends_on for item in items)
    failed: set[str] = set()
    answers = []
    for item in items if chained else reversed(items):
        if failed & {name.casefold() for name in item.depends_on}:
            response = error_response(
                GraphError(424, "Failed dependency. A request it depends on failed.", code="FailedDependency")
            )
        elif item.refusal is not None:
            response = error_response(item.refusal)
        else:
            response = await run(item)
        if response.status >= 400:
            failed.add(item.id.casefold())
        answers.append(_answer(item, response))
    return Response(200, {"responses": answers})


def _answer(item: Item, response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": item.id, "status": response.status, "headers": dict(response.headers)}
    if response.is_json:
        answer["headers"].setdefault("Content-Type", "application/json; odata.metadata=minimal")
        answer["body"] = response.body
    elif response.body is not None:
        answer["body"] = base64.b64encode(response.encoded()).decode("ascii")
    return answer
