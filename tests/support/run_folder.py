"""The folder of one test run, in memory where there is room, and never left behind for long."""

import fcntl
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

PREFIX = "genthrust-tests-"
MEMORY = Path("/dev/shm")  # noqa: S108 (each run makes its own folder in it, with mkdtemp)
ROOM_BYTES = 2 * 1024**3


class RunFolder:
    """A temporary folder. One whose run was killed is removed by the next run, which sees its lock free."""

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or _roomiest()
        self.path = Path()
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        remove_abandoned(self._parent)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._parent))
        unnamed = self.path / "lock.new"
        self._lock = unnamed.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(self.path / "lock")  # named only once it is held, so that nobody finds it free
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock:
            self._lock.close()


def remove_abandoned(parent: Path) -> None:
    for lock in parent.glob(f"{PREFIX}*/lock"):
        try:
            with lock.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError, PermissionError):
            continue  # in use, just removed, or another user's


def _roomiest() -> Path:
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())
