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
    """The tree. An item's id follows from its path, in small letters, as SharePoint's names ignore case."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uploads: dict[str, Upload] = {}

    def clear(self) -> None:
        """Nothing is left: no folder, no upload."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.uploads.clear()

    def id_of(self, path: Path) -> str:
        inner = path.relative_to(self.root).as_posix().lower()
        return "root" if inner == "." else "01" + uuid5(NAMESPACE_URL, inner).hex.upper()

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


def not_found() -> GraphError:
    return GraphError(404, "The resource could not be found.", code="itemNotFound")
