"""The errors of the Messages API, as it words and numbers them."""

from __future__ import annotations

from typing import Any

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
REQUEST_ID = "req_standin"


class ApiError(Exception):
    """An answer that is an error: its status, its sentence, and for 429 how many seconds to wait."""

    def __init__(self, status: int, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        told = {"type": TYPES.get(self.status, "api_error"), "message": self.message}
        return {"type": "error", "error": told, "request_id": REQUEST_ID}


def refuse(where: str, why: str) -> ApiError:
    """A request that is not well formed."""
    return ApiError(400, f"{where}: {why}")
