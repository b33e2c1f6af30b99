"""All-day events in one person's calendar, each made at most once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from sync.graph.client import Connection, no_check
from sync.graph.errors import Gone, Refused
from sync.graph.outlook import (
    READ_TIMEOUT,
    Outlook,
    filtered,
    has_property,
    identity,
    whole_day,
    with_property,
    within,
)

TRANSACTION: Final = "String {c08c5814-092a-4159-bd45-aef0f03cd046} Name GenthrustTransactionId"
_REUSED: Final = "errorduplicatetransactionid"


class Calendar:
    """The calendar of `address`, or our own (`/me`) when that is empty.

    Every call may be repeated after an OutcomeUnknown. `day` is a day in `time_zone` (an IANA name). Errors
    are those of Mailbox; requests, their number at once and `before_send`: see Outlook.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        address: str = "",
        before_send: Callable[[], None] = no_check,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._outlook = Outlook(
            connection, address=address, before_send=before_send, read_timeout=read_timeout
        )

    def create(
        self, *, transaction_id: str, subject: str, body: str, day: date, time_zone: str, link: str = ""
    ) -> str:
        """Make an all-day event that leaves the day free, and return its id; `link` follows the plain text.

        Under one `transaction_id` Outlook makes one event only: a repeated call gets the one that is there,
        as it was first made. Gone: it was made before, and a person has deleted it since.
        """
        event = {
            "transactionId": transaction_id,
            "subject": subject,
            "body": {"contentType": "text", "content": "\n\n".join(part for part in (body, link) if part)},
            "showAs": "free",
            **whole_day(day, time_zone),
            **with_property(TRANSACTION, transaction_id),
        }
        try:
            return self._outlook.write("POST", "/events", event, identity)
        except Refused as error:
            if error.code.lower() != _REUSED:
                raise
            found = self.find(transaction_id)
            if not found:
                raise Gone("This event was made before and deleted in Outlook since.") from error
            return found[0]

    def look(self) -> None:
        """Read one event's id at most, which shows whether the calendar is open to us. Errors as of any read."""
        self._outlook.read("/events?$top=1&$select=id", lambda page: page)

    def find(self, transaction_id: str) -> list[str]:
        """The ids of the events that were made under this id and are still there."""
        condition = filtered(has_property(TRANSACTION, transaction_id))
        return self._outlook.rows(f"/events?{condition}&$select=id", identity)

    def move(self, event_id: str, day: date, time_zone: str) -> bool:
        """Put an event on another day; False when it is gone."""
        return self._done("PATCH", event_id, whole_day(day, time_zone))

    def remove(self, event_id: str) -> bool:
        """Delete an event; False when it was gone already."""
        return self._done("DELETE", event_id)

    def _done(self, method: str, event_id: str, change: dict[str, Any] | None = None) -> bool:
        try:
            self._outlook.act(method, within("/events", event_id), change)
        except Gone:
            return False
        return True
