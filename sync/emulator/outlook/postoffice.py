"""All mailboxes and what really left, kept in one JSON file beside the workbook."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from sync.emulator.clock import Clock
from sync.emulator.options import Options
from sync.emulator.outlook.items import Item, new_id

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 5.0
FOLDERS = ("inbox", "drafts", "sentitems", "deleteditems")
_LISTS = {"Tasks": "defaultList", "Flagged Emails": "flaggedEmails"}


class UnreadableMail(Exception):
    """The file is there but holds no mailboxes."""


@dataclass(slots=True)
class Mailbox:
    """One address and what it holds."""

    address: str
    messages: list[Item] = field(default_factory=list)
    events: list[Item] = field(default_factory=list)
    lists: list[Item] = field(default_factory=list)
    tasks: list[Item] = field(default_factory=list)

    def folder_id(self, name: str) -> str:
        """A folder's id, always the same."""
        return f"AQMkADE{uuid5(NAMESPACE_DNS, f'{self.address}/{name}').hex}AAA="


class PostOffice:
    """Mailboxes by address; they come into being when they are first asked for."""

    def __init__(self, workbook: Path, clock: Clock, options: Options) -> None:
        self.path = workbook.with_suffix(".outlook.json")
        # Among the workbook's own leftovers, and removed with them.
        self._temporary = workbook.with_name(f".{workbook.name}.{os.getpid()}.outlook.tmp")
        self._clock = clock
        self._options = options
        self._mailboxes: dict[str, Mailbox] = {}
        self._changed = asyncio.Event()
        self.outbox: list[dict[str, Any]] = []
        self.running = 0
        self.most_running = 0

    def mailbox(self, address: str) -> Mailbox:
        """A mailbox as it stands now: what was sent a while ago is in Sent Items."""
        key = address.lower()
        if key not in self._mailboxes:
            self._mailboxes[key] = _new_mailbox(key)
        box = self._mailboxes[key]
        self._let_go(box)
        return box

    def now(self) -> str:
        """The emulator's time as it stands in messages."""
        return written(self._clock.utc())

    def _let_go(self, box: Mailbox) -> None:
        now = self._clock.utc().timestamp()
        due = [
            message for message in box.messages if message.leaves_at is not None and message.leaves_at <= now
        ]
        for message in due:
            self._arrive(box, message)
            self.changed()

    def _arrive(self, box: Mailbox, message: Item) -> None:
        """Transport is done with a message: it is in Sent Items, or nowhere if no copy was wanted."""
        when = written(datetime.fromtimestamp(message.leaves_at or 0, UTC))
        message.leaves_at = None
        if not message.keep_copy:
            box.messages.remove(message)
            return
        message.move("sentitems")
        message.data |= {"isDraft": False, "isRead": True, "sentDateTime": when, "receivedDateTime": when}
        message.touch(when)
        lost = self._options.loses_on_send
        if lost == "marker":
            message.extended = {}
        elif lost == "internet_message_id":
            message.data["internetMessageId"] = new_message_id()
        elif lost == "immutable_id":
            message.immutable_id = Item("", {}).immutable_id

    @contextmanager
    def running_one(self) -> Iterator[None]:
        """Count a request to Outlook while it runs."""
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            yield
        finally:
            self.running -= 1

    def changed(self) -> None:
        """Something is to be saved."""
        self._changed.set()

    def clear(self) -> None:
        """Empty all mailboxes and forget what left."""
        self._mailboxes.clear()
        self.outbox.clear()
        self.changed()

    def load(self) -> None:
        """Take over what an earlier emulator left behind. UnreadableMail when that is not possible."""
        if not self.path.exists():
            return
        try:
            content = json.loads(self.path.read_text("utf-8"))
            self.outbox = list(content["outbox"])
            self._mailboxes = {address: _read(address, box) for address, box in content["mailboxes"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableMail(f"{self.path}: {error}") from error

    async def keep_saved(self) -> None:
        """Save soon after each change, until cancelled."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._options.save_debounce)
            if not self.save():
                await asyncio.sleep(_RETRY_SECONDS)

    def save(self) -> bool:
        """Bring the file up to date, whole or not at all; False when it could not be written (the log says why)."""
        if not self._changed.is_set():
            return True
        boxes = {address: asdict(box) for address, box in self._mailboxes.items()}
        try:
            self._temporary.write_text(json.dumps({"mailboxes": boxes, "outbox": self.outbox}), "utf-8")
            self._temporary.replace(self.path)
        except OSError:
            logger.exception("Saving the mailboxes failed.")
            return False
        self._changed.clear()
        return True


def written(moment: datetime) -> str:
    """A time as Graph writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_message_id() -> str:
    """An Internet message id as Exchange makes them."""
    return f"<{new_id('SN4PR')[:24]}@SN4PR17MB0001.namprd17.prod.outlook.com>"


def _new_mailbox(address: str) -> Mailbox:
    box = Mailbox(address)
    box.lists = [
        Item("", {"displayName": name, "isOwner": True, "isShared": False, "wellknownListName": known})
        for name, known in _LISTS.items()
    ]
    return box


def _read(address: str, content: dict[str, Any]) -> Mailbox:
    names = [part.name for part in fields(Mailbox) if part.name != "address"]
    return Mailbox(address, **{name: [Item(**item) for item in content[name]] for name in names})
