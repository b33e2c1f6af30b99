"""Structured logs: one JSON object a line, with the run, the order and the person that a line is about."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from genthrust.redaction import redacted

Handler = Callable[[HttpRequest], HttpResponseBase]
_about: ContextVar[dict[str, Any]] = ContextVar("about", default={})  # noqa: B039 (never changed, only replaced)


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """Adds ids (`run`, `order`, `person`, `request`) to every line that is logged in the context."""
    before = _about.set({**_about.get(), **{name: value for name, value in ids.items() if value is not None}})
    try:
        yield
    finally:
        _about.reset(before)


class JsonFormatter(logging.Formatter):
    """`time` is UTC. `error` holds the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **_about.get(),
        }
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class LogsSayWho:
    """Middleware: lines that are logged for a request name the person and the order of its address."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Kept until the next request of this thread sets its own: what is logged after the view belongs to it."""
        user = getattr(request, "user", None)
        person = user.pk if user is not None and user.is_authenticated else None
        ids = {"path": request.path, "person": person, "order": kwargs.get("number")}
        _about.set({name: value for name, value in ids.items() if value is not None})
        return None
