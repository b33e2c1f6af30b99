"""The tree of folders and files on disk, and the uploads that have begun."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from sync.emulator.errors import GraphError


@dataclass(slots=True)
class Upload:
    """One upload session: where the file goes, and what has arrived."""

    target: Path
    content: bytearray
    total: int | None = None


class Files:
    """The tree. An item's id follows from its path, in small letters, as SharePoint's names ignore case, and from how
    often an item was deleted there: the recycle bin beside the tree keeps each by its id, which none has again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.recycle_bin = root.with_name(f"{root.name} recycle bin")
        self.uploads: dict[str, Upload] = {}

    def clear(self) -> None:
        """Nothing is left: no folder, no upload, nothing in the recycle bin."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.recycle_bin, ignore_errors=True)
        self.uploads.clear()

    def delete(self, path: Path) -> None:
        """Into the recycle bin, with all that is inside."""
        self.recycle_bin.mkdir(exist_ok=True)
        path.rename(self.recycle_bin / self.id_of(path))

    def id_of(self, path: Path) -> str:
        return "root" if path == self.root else _id(self._place(path))

    def _place(self, path: Path) -> str:
        """Its path, with a slash more behind a name for each item of that name that was deleted there."""
        before = "" if path.parent == self.root else f"{self._place(path.parent)}/"
        place = before + path.name.lower()
        while (self.recycle_bin / _id(place)).exists():
            place += "/"
        return place

    def by_id(self, item_id: str) -> Path:
        """404 when there is no such item."""
        if item_id.lower() == "root":
            return self.root
        for path in self.root.rglob("*"):
            if self.id_of(path) == item_id:
                return path
        raise not_found()

    def child(self, parent: Path, name: str) -> Path | None:
        """What has this name there, whatever the case of its letters."""
        if not parent.is_dir():
            return None
        return next((path for path in parent.iterdir() if path.name.lower() == name.lower()), None)


def _id(place: str) -> str:
    return "01" + uuid5(NAMESPACE_URL, place).hex.upper()


def not_found() -> GraphError:
    return GraphError(404, "The resource could not be found.", code="itemNotFound")
