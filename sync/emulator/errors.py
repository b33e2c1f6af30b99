"""Errors in the shape Graph gives them: a code, a second-level code and sometimes a third."""

from __future__ import annotations

from typing import Any

_TOP_LEVEL = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "notFound",
    405: "methodNotAllowed",
    409: "conflict",
    413: "payloadTooLarge",
    423: "notAllowed",
    424: "failedDependency",
    429: "tooManyRequests",
    500: "internalServerError",
    501: "notImplemented",
    502: "badGateway",
    503: "serviceUnavailable",
    504: "gatewayTimeout",
}


class ConnectionDropped(Exception):
    """The connection ends here without an answer."""


class GraphError(Exception):
    """A refusal. `inner` is the second-level code a client should act on, `third` the one below it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        inner: str | None = None,
        third: str | None = None,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or _TOP_LEVEL.get(status, "generalException")
        self.inner = inner
        self.third = third
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)

    def body(self) -> dict[str, Any]:
        """The JSON body, with the codes nested from the outside in."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.inner:
            error["innerError"] = {"code": self.inner, "message": self.message}
            if self.third:
                error["innerError"]["innerError"] = {"code": self.third, "message": self.message}
        return {"error": error}


def invalid_argument(message: str) -> GraphError:
    """400: the argument is invalid, missing or has an incorrect format."""
    return GraphError(400, message, code="invalidArgument", inner="invalidArgument")


def bad_request(message: str) -> GraphError:
    """400: the request itself is malformed."""
    return GraphError(400, message, inner="badRequestUncategorized")


def unknown_segment(segment: str) -> GraphError:
    """400 for an address that Graph has nothing at."""
    return GraphError(400, f"Resource not found for the segment '{segment}'.", code="BadRequest")


def not_found(message: str) -> GraphError:
    """404 for an item, sheet or operation that does not exist."""
    return GraphError(404, message, code="itemNotFound", inner="itemNotFound")


def too_large(message: str, *, inner: str = "payloadTooLargeUncategorized") -> GraphError:
    """413 for a body, or a range, beyond the service's limits."""
    return GraphError(413, message, inner=inner)
