"""Workbook sessions: one shared copy for those that persist, a private one for those that do not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sync.emulator.book import Book
from sync.emulator.clock import Clock
from sync.emulator.errors import GraphError, not_found
from sync.emulator.options import Options


@dataclass(slots=True)
class Session:
    """An open session; `private` is the copy of a session that does not persist, once it has been used."""

    id: str
    persists: bool
    last_used: float
    private: Book | None = None


@dataclass(slots=True)
class Operation:
    """A session in the making, for callers that asked not to wait."""

    session: Session | None
    polls_left: int


class Sessions:
    """All open sessions. What is closed or expired is unknown here, and so answered like any unknown id."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._clock = clock
        self._options = options
        self._open: dict[str, Session] = {}
        self._operations: dict[str, Operation] = {}

    def create(self, *, persists: bool) -> Session:
        """Open a session."""
        # Real ids hold characters that have to be encoded in addresses.
        number = uuid.uuid4().hex
        session_id = f"cluster=EMU1&session=15.EMU1.{number}.5.2.en-US5.en-US24.{persists:d}.A"
        session = Session(session_id, persists, self._clock.now())
        self._open[session_id] = session
        return session

    def resolve(self, session_id: str | None) -> Session | None:
        """The session a request names, kept alive by it. GraphError invalidSessionReCreatable when it is gone."""
        if session_id is None:
            return None
        session = self._open.get(session_id)
        if session is None or self._is_over(session):
            self._open.pop(session_id, None)
            raise GraphError(
                self._options.session_error_status,
                "The session specified in the request does not exist or is invalid due to a transient error.",
                inner="invalidSessionReCreatable",
            )
        session.last_used = self._clock.now()
        return session

    def _is_over(self, session: Session) -> bool:
        return self._clock.now() - session.last_used > self._options.session_timeout

    def end(self, session_id: str | None) -> None:
        """Close a session, or let it expire."""
        self._open.pop(session_id or "", None)

    def end_all(self) -> None:
        """Close every session and forget those in the making."""
        self._open.clear()
        self._operations.clear()

    def open_ids(self) -> list[str]:
        """The sessions that hold the file open now."""
        return [session.id for session in self._open.values() if not self._is_over(session)]

    def start_operation(self, *, session: Session | None, polls: int) -> str:
        """A long-running createSession; without a session it is going to fail."""
        operation_id = str(uuid.uuid4())
        self._operations[operation_id] = Operation(session, polls)
        return operation_id

    def poll(self, operation_id: str) -> Operation:
        """The operation as it stands, a step further each time; polls_left < 0 means it has ended."""
        operation = self._operations.get(operation_id)
        if operation is None:
            raise not_found("The operation could not be found.")
        operation.polls_left -= 1
        return operation

    def finished(self, session_id: str) -> Session:
        """The session that an operation has made."""
        session = self._open.get(session_id)
        if session is None:
            raise not_found("The session could not be found.")
        return session
