"""Reading a list that somebody saved as CSV, for the imports of shops and of the inventory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

LARGEST_FILE = 20 * 1024 * 1024
Progress = Callable[[int, int], None]
Finding = dict[str, Any]


class UnreadableList(Exception):
    """The file can't be imported. The text is one sentence for people."""


def lines_of(path: Path, kind: str) -> list[list[str]]:
    """All lines of the file, the header's first. Raises UnreadableList; `kind` says what it should have been."""
    try:
        return list(csv.reader(io.StringIO(_text_of(path, kind), newline=""), strict=True))
    except csv.Error as error:
        raise UnreadableList(f"{path} is not {kind} (CSV): {error}.") from error


def _text_of(path: Path, kind: str) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableList(f"{path} is larger than the 20 MB that can be imported.")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableList(f"{path} can't be opened: {error.strerror}.") from error
    if b"\0" in content:
        raise UnreadableList(f"{path} is not {kind} (CSV).")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel's older "CSV" is, near enough for names in Latin letters.
        return content.decode("latin-1")
