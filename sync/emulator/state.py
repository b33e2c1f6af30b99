"""Everything an emulator is made of, and what a handler is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sync.emulator.book import Book
from sync.emulator.clock import Clock
from sync.emulator.faults import FaultBoard
from sync.emulator.http import Request, Response
from sync.emulator.journal import Journal
from sync.emulator.login.tokens import Tokens
from sync.emulator.options import Options
from sync.emulator.outlook.postoffice import PostOffice
from sync.emulator.routing import Router
from sync.emulator.sessions import Session, Sessions
from sync.emulator.storage import Storage
from sync.emulator.tree import Files


@dataclass(frozen=True, slots=True)
class Identity:
    """The one drive, the one item in it and the token that opens it."""

    drive_id: str
    item_id: str
    token: str


@dataclass(slots=True)
class Call:
    """One request on its way through a handler. `cells` and `written` are left behind for the log."""

    emulator: Emulator
    request: Request
    parameters: dict[str, str]
    session: Session | None = None
    book: Book | None = None
    cells: int = 0
    written: int = 0

    @property
    def workbook(self) -> Book:
        """The copy of the workbook that this request works on."""
        if self.book is None:
            self.book = self.emulator.book_for(self.session, for_change=False)
        return self.book


Handler = Callable[[Call], Response]


@dataclass
class Emulator:
    """One emulated service."""

    path: Path
    identity: Identity
    options: Options
    router: Router[Handler]
    base_url: str = ""
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    faults: FaultBoard = field(default_factory=FaultBoard)
    writer: asyncio.Lock = field(default_factory=asyncio.Lock)
    closed_until: dict[str, float] = field(default_factory=dict)
    """By service (`files` or `outlook`), on the emulator's clock: before this nothing at all may be sent to it."""

    def __post_init__(self) -> None:
        self.first_options = self.options.as_dict()
        self.sessions = Sessions(self.clock, self.options)
        self.tokens = Tokens(self.clock, self.options)
        self.storage = Storage(self.path, self.options)
        self.files = Files(self.path.with_name(f"{self.path.stem} library"))
        self.post = PostOffice(self.path, self.clock, self.options)

    def book_for(self, session: Session | None, *, for_change: bool) -> Book:
        """The shared copy, or the session's own when it does not persist."""
        if session is None or session.persists:
            return self.storage.current()
        if session.private is None and for_change:
            session.private = self.storage.current().private_copy()
        return session.private or self.storage.current()

    def cool_down(self, service: str, seconds: float) -> None:
        """From now on every request to a service is refused until the seconds have passed."""
        self.closed_until[service] = max(self.closed_until.get(service, 0.0), self.clock.now() + seconds)

    def cooling(self, service: str) -> float:
        """Seconds left in which nothing may be sent to a service."""
        return max(0.0, self.closed_until.get(service, 0.0) - self.clock.now())
