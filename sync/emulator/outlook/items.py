"""One thing in a mailbox: a message, an event, a To Do list or a task."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from sync.emulator.outlook.errors import item_not_found, malformed_id

_ORDINARY = "AAMkAGEm"
_IMMUTABLE = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A"


def new_id(prefix: str = _ORDINARY) -> str:
    """An id in the shape of the service: it needs encoding in addresses, and its case matters."""
    return prefix + base64.urlsafe_b64encode(secrets.token_bytes(27)).decode("ascii") + "AAA="


@dataclass(slots=True)
class Item:
    """`data` is what Graph shows, by its names. `folder` is the folder of a message or the list of a task.

    `id` is another after each move, `immutable_id` stays. `leaves_at` (seconds since the epoch) is when a message
    that was sent goes from Drafts to Sent Items; `origin` is what an event was created from.
    """

    folder: str
    data: dict[str, Any]
    extended: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    immutable_id: str = field(default_factory=lambda: new_id(_IMMUTABLE))
    leaves_at: float | None = None
    keep_copy: bool = True
    in_reply_to: str | None = None
    origin: dict[str, Any] | None = None

    def touch(self, when: str) -> None:
        """The item was changed."""
        self.data["lastModifiedDateTime"] = when
        self.data["changeKey"] = base64.b64encode(secrets.token_bytes(15)).decode("ascii")

    def move(self, folder: str) -> None:
        """Put it into another folder, where it has another id."""
        self.folder = folder
        self.id = new_id()

    def answers_to(self, wanted: str) -> bool:
        """Whether it is meant by either of its ids or by the value of an extended property."""
        return wanted in {self.id, self.immutable_id, *self.extended.values()}


def find_item(items: list[Item], wanted: str, *, immutable: bool) -> Item:
    """The item with that id of the kind asked for. GraphError 400 for the other kind, 404 when there is none."""
    if not wanted.startswith(_IMMUTABLE if immutable else _ORDINARY):
        raise malformed_id()
    for item in items:
        if wanted == (item.immutable_id if immutable else item.id):
            return item
    raise item_not_found()
