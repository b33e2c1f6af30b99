"""Requests to one person's Outlook, each sent exactly once: what mail, calendar and To Do have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote

from sync.graph.answers import dated
from sync.graph.client import Connection, Counter, Response
from sync.graph.errors import NotNow, OutcomeUnknown, RetryLater, Unreachable, retry_after
from sync.graph.outlook_errors import classify_outlook
from sync.graph.steps import segment

AT_ONCE: Final = 3  # Outlook takes four at once, counted per app and perhaps over all mailboxes
READ_TIMEOUT: Final = 45.0  # seconds; Graph itself gives up after about 30
MAX_PAGES: Final = 50  # of one list; more of them would not be a list of ours
IMMUTABLE_IDS: Final = {"Prefer": 'IdType="ImmutableId"'}  # else an id changes when its item is moved

T = TypeVar("T")
Row = Mapping[str, Any]


class Outlook:
    """The Outlook behind `address`, or our own (`/me`) when that is empty.

    `before_send` runs right before every request and may raise to stop it; it must not call Outlook itself. Who
    has several objects, or processes, keeps to AT_ONCE open requests by it.
    Once Outlook names a Retry-After, nothing is sent through this object before it has passed.
    `answered_at` is the time of day by Outlook's own clock at its last answer (UTC, whole seconds; None when
    it never said).
    """

    def __init__(
        self,
        connection: Connection,
        *,
        address: str,
        before_send: Callable[[], None],
        read_timeout: float,
        headers: Mapping[str, str] = IMMUTABLE_IDS,
    ) -> None:
        self._connection = connection
        self._root = f"/users/{segment(address)}" if address else "/me"
        self._before_send = before_send
        self._read_timeout = read_timeout
        self._headers = headers
        self._quiet_until = 0.0
        self.answered_at: datetime | None = None

    def read(self, path: str, parse: Callable[[Row], T]) -> T:
        """One object. Raises Gone, RetryLater, NotNow (also when `parse` can't make sense of it)."""
        body = self._send("GET", self._root + path, None, writing=False).body
        return _parsed(body, parse, NotNow)

    def rows(self, path: str, parse: Callable[[Row], T]) -> list[T]:
        """A list, all its pages. Raises as `read`."""
        found: list[T] = []
        address: object = self._root + path
        for _page in range(MAX_PAGES):
            body = self._send("GET", str(address), None, writing=False).body
            found += _parsed(body, lambda page: [parse(row) for row in _listed(page)], NotNow)
            address = body.get("@odata.nextLink") if body else None
            if not address:
                return found
        raise NotNow("Outlook's list did not come to an end.")

    def write(self, method: str, path: str, json: object, parse: Callable[[Row], T]) -> T:
        """Create or change an object and return it as it is now.

        Raises OutcomeUnknown when it may or may not have happened; NotNow and RetryLater mean that it
        has not.
        """
        return _parsed(self.act(method, path, json).body, parse, OutcomeUnknown)

    def act(self, method: str, path: str, json: object = None) -> Response:
        """Send a write of which only success counts. Raises as `write`."""
        return self._send(method, self._root + path, json, writing=True)

    def _send(self, method: str, path: str, json: object, *, writing: bool) -> Response:
        sent = Counter()
        try:
            answer = self._connection.request(
                method,
                path,
                json=json,
                headers=self._headers,
                read_timeout=self._read_timeout,
                before_send=self._may_send,
                counter=sent,
            )
        except OutcomeUnknown as error:
            if writing and sent.value and not isinstance(error, Unreachable):
                raise
            # A read changes nothing, and without sign-in or connection nothing was sent.
            raise NotNow(error.sentence, detail=error.detail) from error
        self.answered_at = dated(answer.headers.get("date")) or self.answered_at
        if answer.status < 300:
            return answer
        self._keep_quiet(retry_after(answer.headers))
        raise classify_outlook(
            answer.status, answer.body, answer.headers, writing=writing, of_mailbox=_is_always_there(path)
        )

    def _may_send(self) -> None:
        left = self._quiet_until - time.monotonic()
        if left > 0:
            raise RetryLater("Outlook is busy and asked us to wait.", retry_after=left)
        self._before_send()

    def _keep_quiet(self, seconds: float | None) -> None:
        if seconds is not None:
            self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)


def _is_always_there(path: str) -> bool:
    """Whether every mailbox has this, so that it is the mailbox that is missing when this is."""
    return path.partition("?")[0].endswith(("/messages", "/events", "/todo/lists", "/deleteditems"))


def identity(row: Row) -> str:
    """The id of any object. Raises ValueError when it has none."""
    found = row["id"]
    if not isinstance(found, str) or not found:
        raise ValueError("an object without an id")
    return found


def within(collection: str, item_id: str) -> str:
    """The path of one object of a collection. Raises ValueError without an id: that is the whole collection."""
    if not item_id:
        raise ValueError(f"no id of an object in {collection}")
    return f"{collection}/{segment(item_id)}"


def filtered(condition: str) -> str:
    """An OData condition as a query option."""
    return f"$filter={quote(condition, safe='')}"


def has_property(property_id: str, value: str | None) -> str:
    """The condition that an item carries this value in this extended property, or any value when that is None."""
    wanted = "ne null" if value is None else f"eq {quoted(value)}"
    return f"singleValueExtendedProperties/Any(ep: ep/id eq {quoted(property_id)} and ep/value {wanted})"


def with_property(property_id: str, value: str) -> dict[str, Any]:
    """The part of an item's body that gives it an extended property."""
    return {"singleValueExtendedProperties": [{"id": property_id, "value": value}]}


def quoted(value: str) -> str:
    """A string as OData writes it."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def midnight(day: date, time_zone: str) -> dict[str, str]:
    """The start of a day in a time zone, as Graph's dateTimeTimeZone."""
    return {"dateTime": f"{day.isoformat()}T00:00:00", "timeZone": time_zone}


def whole_day(day: date, time_zone: str) -> dict[str, Any]:
    """Start and end of an all-day event: both at midnight, in the same time zone."""
    return {
        "start": midnight(day, time_zone),
        "end": midnight(day + timedelta(days=1), time_zone),
        "isAllDay": True,
    }


def _listed(page: Row) -> list[Row]:
    rows = page["value"]
    if not isinstance(rows, list):
        raise TypeError("no list")
    return rows


def _parsed(body: Row | None, parse: Callable[[Row], T], otherwise: type[NotNow] | type[OutcomeUnknown]) -> T:
    try:
        if body is not None:
            return parse(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass  # said below, as for no body at all
    raise otherwise("Outlook's answer could not be understood.")
