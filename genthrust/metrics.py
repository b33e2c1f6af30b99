"""How long pages take, for Prometheus. What else is measured: sync.metrics."""

import time
from collections.abc import Callable
from http import HTTPMethod

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Histogram

WEB_SECONDS = Histogram(
    "genthrust_web_request_seconds", "Time to answer a request, in seconds.", ("page", "method", "status")
)
_METHODS = frozenset(HTTPMethod)
Handler = Callable[[HttpRequest], HttpResponseBase]


class Measured:
    """Middleware: how long each page takes, by the name of its address, never by the address itself.

    What is counted under a name of its own stays in memory for good, so that nobody may invent such names.
    """

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.monotonic()
        answer = self._get_response(request)
        page = request.resolver_match.view_name if request.resolver_match else ""
        method = request.method if request.method in _METHODS else "other"
        taken = time.monotonic() - begun
        WEB_SECONDS.labels(page or "none", method, answer.status_code).observe(taken)
        return answer
