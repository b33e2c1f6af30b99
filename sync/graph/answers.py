"""What the values in Graph's answers stand for."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def moment(value: object) -> datetime | None:
    """An instant, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def dated(date: str | None) -> datetime | None:
    """The instant that an answer's `Date` names, in whole seconds and UTC; None without one."""
    try:
        sent = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    return sent if sent and sent.tzinfo else None


def ahead_of(date: str | None) -> float | None:
    """By how many seconds our clock is ahead of an answer's `Date`, which is whole seconds; None without one."""
    sent = dated(date)
    return (datetime.now(UTC) - sent).total_seconds() if sent else None
