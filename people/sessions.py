"""Sessions in the database that are over SESSION_HOURS after the sign-in, however often they are written.

Django counts from the last write: who acts, or only sets out for a sign-in and never comes back, would stay for ever.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

BEGAN = "signed_in_at"  # in the session: seconds since 1970


def begin(session: SessionBase) -> None:
    """Somebody has just signed in."""
    session[BEGAN] = timezone.now().timestamp()


class SessionStore(db.SessionStore):
    """What SESSION_ENGINE names. Its name, Django's own, goes into the signature of what is kept."""

    def load(self) -> dict[str, Any]:
        kept = super().load()
        if SESSION_KEY in kept and BEGAN not in kept:  # of a sign-in before this was written down
            kept[BEGAN] = timezone.now().timestamp()
            self.modified = True
        if BEGAN in kept and self._end(kept) <= timezone.now():
            self._session_key = None
            return {}
        return kept

    def ends_at(self) -> datetime | None:
        """Until when somebody is signed in here; None where nobody is."""
        return self._end(self._session) if BEGAN in self else None  # type: ignore[attr-defined]  # Django's own

    def _end(self, kept: dict[str, Any]) -> datetime:
        return datetime.fromtimestamp(kept[BEGAN], UTC) + timedelta(seconds=self.get_session_cookie_age())
