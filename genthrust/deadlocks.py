"""The one place that repeats what a deadlock undid: the request that was chosen as its victim.

The database rolls a victim's transaction back whole. The request is answered by its view anew, up to REPEATS times,
unless an earlier transaction of it has been committed already: that would be done twice. In the background nothing is
repeated here: a run whose transaction was undone is due again by its row (sync.runs), and who does many things in
turn asks `is_passing` whether an error is about the one thing or about the database.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from genthrust.access import READING
from genthrust.standing_alone import again, alone
from repairs.views.fragments import wants_fragment

if TYPE_CHECKING:
    from genthrust.mysql.base import DatabaseWrapper

logger = logging.getLogger(__name__)

DEADLOCK, WAITED_TOO_LONG = 1213, 1205
# Another was faster, no connection free, shutting down, no connection free for the user, interrupted, killed.
PASSING = (DEADLOCK, WAITED_TOO_LONG, 1020, 1040, 1053, 1203, 1317, 1927)
OF_THE_CLIENT = range(2000, 3000)  # it could not reach the server, or lost it
LOST = (2006, 2013, 2055, 1053, 1317, 1927)  # in the middle of something: gone away, lost, shut down, killed
# SQLite's, and those of genthrust.mysql.slots.
PASSING_WORDS = ("locked", "database connections of this process")
REPEATS = 4
PAUSE = 0.02  # seconds, times the number of the repeat, with chance in it so that two victims part
HARMLESS = ("SELECT", "SET", "SHOW")  # a fresh connection is set up by SET
BUSY = "The database is busy. Please try again in a moment."
NOT_SAVED = "The database is busy. Nothing was saved; please try again in a moment."
PERHAPS_SAVED = "The database is busy. Part of it may be saved: please look before you send it again."

Handler = Callable[[HttpRequest], HttpResponseBase]
Execute = Callable[..., Any]


def is_passing(error: Exception) -> bool:
    """Whether the database is away or asks to try again.

    All else that it refuses, it refuses every time. Among that are other kinds of `OperationalError`: a value that
    does not fit, a column that is not there.
    """
    code = error.args[0] if error.args else None
    if isinstance(error, InterfaceError):
        return code == 0  # the connection was closed
    if not isinstance(error, OperationalError):
        return False
    if isinstance(code, int):
        return code in PASSING or code in OF_THE_CLIENT
    return any(words in str(error) for words in PASSING_WORDS)


class RepeatDeadlocks:
    """Middleware. Answers with 503 and a sentence when the database stays too busy."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if connection.vendor != "mysql":  # SQLite lets one writer in at a time
            return self._get_response(request)
        request.changes_before = _changes()  # type: ignore[attr-defined]  # read below
        with connection.execute_wrapper(_count_changes):
            return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if not is_passing(error):
            return None
        if _code(error) == DEADLOCK and hasattr(request, "changes_before"):
            return _repeated(request, error)
        return busy(request, error)


def _changes() -> int:
    """How often this thread's connection has made something permanent."""
    return cast("DatabaseWrapper", connection).changes


def _count_changes(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """A statement outside a transaction is permanent at once; one that only reads is not."""
    database = context["connection"]
    if not database.in_atomic_block and not sql.lstrip().upper().startswith(HARMLESS):
        database.changes += 1
    return execute(sql, params, many, context)


def _repeated(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """The view's answer at last; that it is busy when the request may not be repeated, or was in vain."""
    match = request.resolver_match
    for number in range(1, REPEATS + 1):
        if match is None or _changes() != request.changes_before:  # type: ignore[attr-defined]  # set above
            break
        time.sleep(PAUSE * number * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)
        logger.info("Deadlock: %s %s is done again (%s).", request.method, request.path, number)
        _rewind(request)
        try:
            answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            return answer
        except OperationalError as another:
            if not is_passing(another):
                raise
            error = another
            if _code(error) != DEADLOCK:
                break
    return busy(request, error)


def _rewind(request: HttpRequest) -> None:
    for _, files in request.FILES.lists():
        for file in files:
            file.seek(0)


def busy(request: HttpRequest, error: Exception | None) -> HttpResponse:
    """503. Asks the database for nothing: there may be no connection to it."""
    logger.warning("The database was too busy for %s %s: %s", request.method, request.path, error)
    sentence = _sentence(request, error)
    if wants_fragment(request):
        answer = HttpResponse(sentence, status=503, content_type="text/plain")
    else:
        page = alone(request, "503.html", {"sentence": sentence, "again": again(request)})
        answer = HttpResponse(page, status=503)
    answer["Retry-After"] = "5"
    return answer


def _sentence(request: HttpRequest, error: Exception | None) -> str:
    if request.method in READING:
        return BUSY
    return PERHAPS_SAVED if _may_be_saved(request, error) else NOT_SAVED


def _may_be_saved(request: HttpRequest, error: Exception | None) -> bool:
    """Something was permanent already, or the connection was lost, perhaps with the answer that it is now."""
    if connection.vendor != "mysql":
        return True  # it is not counted there
    if not hasattr(request, "changes_before"):
        return False  # the view was never reached
    return _changes() != request.changes_before or (error is not None and _code(error) in (0, *LOST))


def _code(error: Exception) -> Any:
    return error.args[0] if error.args else None
