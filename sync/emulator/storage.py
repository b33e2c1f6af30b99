"""The file behind the workbook: opened when it changed, saved by atomic rename in a forked child.

The child has the workbook exactly as it was at the fork, so that saving 10,000 rows (seconds of work) neither blocks a
request nor catches a half-made change. Only the parent renames, and so knows its own file from a person's.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from sync.emulator.book import Book, UnreadableWorkbook
from sync.emulator.errors import GraphError
from sync.emulator.options import Options

logger = logging.getLogger(__name__)

SERVICE = "Workbook service"
PERSON = "A colleague"
_RETRY_SECONDS = 5.0
_LONGEST_DEBOUNCE = 10
"""Under steady changes the file is saved after this many times the debounce at the latest."""

Stamp = tuple[int, int, int]


class Storage:
    """One workbook file. `current()` is the copy that all persistent sessions share."""

    def __init__(self, path: Path, options: Options) -> None:
        self.path = path
        self.editor = PERSON
        self._options = options
        self._book: Book | None = None
        self._known: Stamp | None = None
        self._changes = 0
        self._saved = 0
        self._first_change = 0.0
        self._last_change = 0.0
        self._due_now: float | None = None
        self._wake = asyncio.Event()
        self._saving = asyncio.Lock()
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        """Temporary files of an earlier emulator that was killed while saving."""
        for leftover in self.path.parent.glob(f".{self.path.name}.*.tmp"):
            leftover.unlink(missing_ok=True)

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether memory is ahead of the file."""
        return self._changes > self._saved

    def stamp(self) -> Stamp:
        """What tells one content of the file from another. GraphError 404 when the file is gone."""
        try:
            status = self.path.stat()
        except FileNotFoundError as error:
            raise GraphError(404, "The resource could not be found.", code="itemNotFound") from error
        return status.st_mtime_ns, status.st_size, status.st_ino

    def last_editor(self) -> str:
        """Who changed the file last."""
        return self.editor if self.stamp() == self._known else PERSON

    def current(self) -> Book:
        """The shared copy, read again when somebody else replaced the file and nothing of ours is unsaved."""
        if self._book is not None and (self.has_unsaved_changes or self._saving.locked()):
            return self._book
        stamp = self.stamp()
        if self._book is None or stamp != self._known:
            self._book = self._read()
            self._known = stamp
            self.editor = PERSON
        return self._book

    def _read(self) -> Book:
        try:
            return Book.read(self.path.read_bytes())
        except UnreadableWorkbook as error:
            raise GraphError(
                500,
                "The workbook cannot be opened.",
                inner="internalServerErrorUncategorized",
                third="GenericFileOpenError",
            ) from error

    def discard(self) -> None:
        """Forget everything that is not in the file."""
        self._book = None
        self._saved = self._changes

    def changed(self, *, by: str = SERVICE) -> None:
        """The shared copy was changed: save it soon."""
        now = time.monotonic()
        if not self.has_unsaved_changes:
            self._first_change = now
        self._changes += 1
        self._last_change = now
        self.editor = by
        self._wake.set()

    def save_soon(self) -> None:
        """Save without waiting for a pause in the changes (only for the configured lag)."""
        self._due_now = time.monotonic()
        self._wake.set()

    async def keep_saved(self) -> None:
        """Save whenever it is due, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.has_unsaved_changes:
                wait = self._due() - time.monotonic()
                if wait > 0:
                    await self._sleep(wait)
                elif not await self.save():
                    await asyncio.sleep(_RETRY_SECONDS)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), timeout=seconds)
        except TimeoutError:
            return
        self._wake.clear()

    def _due(self) -> float:
        pause = self._options.save_debounce
        due = min(self._last_change + pause, self._first_change + _LONGEST_DEBOUNCE * pause)
        if self._due_now is not None:
            due = min(due, self._due_now)
        return due + self._options.save_lag

    async def save(self) -> bool:
        """Bring the file up to date; False when it could not be written (the log says why)."""
        async with self._saving:
            if not self.has_unsaved_changes or self._book is None:
                return True
            book, version = self._book, self._changes
            temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
            self._first_change, self._due_now = time.monotonic(), None
            if not await _in_child(lambda: book.write(temporary)):
                temporary.unlink(missing_ok=True)
                return False
            if book is self._book:
                temporary.replace(self.path)
                self._known = self.stamp()
                self._saved = max(self._saved, version)
            else:
                temporary.unlink(missing_ok=True)
            return True

    def replace(self, data: bytes) -> None:
        """Put another file in the place of this one. A save under way comes to nothing."""
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.put.tmp")
        temporary.write_bytes(data)
        temporary.replace(self.path)
        self.discard()


async def _in_child(work: Callable[[], None]) -> bool:
    """Do something in a forked copy of this process; whether it ended well."""
    gc.freeze()
    child = os.fork()
    if child == 0:
        _work_and_exit(work)
    gc.unfreeze()
    while (status := _exit_status(child)) is None:  # noqa: ASYNC110 - the end of a child sets no event
        await asyncio.sleep(0.005)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        logger.error("Saving the workbook failed (exit code %s).", code)
    return code == 0


def _exit_status(child: int) -> int | None:
    finished, status = os.waitpid(child, os.WNOHANG)
    return status if finished else None


def _work_and_exit(work: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # Nothing of the parent may run in here a second time: no event loop, no exit handlers.
        os._exit(code)
