"""The pages of what went wrong. They say what happened, what became of the work, and where to go from here."""

import re
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.timezone import localtime

from genthrust import deadlocks
from genthrust.standing_alone import again, alone
from repairs import clock

_OF_AN_ORDER = re.compile(r"/orders/G?(\d{1,9})(?:/|$)", re.IGNORECASE)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. Where the address was an order's, the page names the number."""
    found = _OF_AN_ORDER.match(request.path)
    return render(request, "404.html", {"number": found[1] if found else ""}, status=404)


class NotAllowedPage:
    """Middleware: an address that only takes what a form sends leads on to its page, where somebody opens it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        if answer.status_code != 405 or request.method != "GET":
            return answer
        page = render(request, "405.html", {"page": _page_of(request.path_info)}, status=405)
        page.headers["Allow"] = answer.headers.get("Allow", "POST")
        return page


def _page_of(path: str) -> str:
    """The page on which an address's form stands: the nearest one above it."""
    while path := path.rstrip("/").rpartition("/")[0]:
        if is_valid_path(f"{path}/"):
            return f"{path}/"
    return "/"


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where only the database was away or busy, before the view was reached or after it had answered."""
    error = sys.exception()
    if isinstance(error, Exception) and deadlocks.is_passing(error):
        return deadlocks.busy(request, error)
    told = {"at": localtime(clock.now()), "again": again(request)}
    return HttpResponse(alone(request, "500.html", told), status=500)
