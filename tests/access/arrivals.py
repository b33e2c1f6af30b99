"""A middleware for tests that stands where the view would begin."""

from typing import Any

from django.http import HttpRequest, HttpResponse

ARRIVED = 299


class Arrivals:
    """Answers in the view's place, so that a test sees who would have reached it, and nothing is done."""

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse:
        return HttpResponse(status=ARRIVED)
