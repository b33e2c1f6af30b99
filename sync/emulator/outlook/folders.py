"""The folders that every mailbox has; they keep their ids whichever kind is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.emulator.http import Response
from sync.emulator.outlook.answers import one
from sync.emulator.outlook.errors import item_not_found
from sync.emulator.outlook.postoffice import FOLDERS, Mailbox
from sync.emulator.outlook.queries import Collection, selected
from sync.emulator.outlook.rights import mailbox_of

if TYPE_CHECKING:
    from sync.emulator.state import Call

_DISPLAY_NAMES = dict(zip(FOLDERS, ("Inbox", "Drafts", "Sent Items", "Deleted Items"), strict=True))
_COLLECTION = Collection(
    type_name="mailFolder",
    properties=frozenset({"id", "displayName", "totalItemCount", "unreadItemCount"}),
    filters={},
    sorts=(),
    extended=False,
)


def get_folder(call: Call) -> Response:
    """One folder, by its id or its well-known name."""
    box = mailbox_of(call)
    name = folder_name(box, call.parameters["folder"])
    inside = [message for message in box.messages if message.folder == name]
    folder = {
        "id": box.folder_id(name),
        "displayName": _DISPLAY_NAMES[name],
        "totalItemCount": len(inside),
        "unreadItemCount": sum(not message.data["isRead"] for message in inside),
    }
    wanted = selected(call.request, _COLLECTION) or folder.keys()
    shown = {"id": folder["id"], **{name: value for name, value in folder.items() if name in wanted}}
    return one(call, box, "mailFolders", shown)


def folder_name(box: Mailbox, given: str) -> str:
    """The well-known name of the folder with this name or id. GraphError 404 when there is none."""
    for name in FOLDERS:
        if given.lower() == name or given == box.folder_id(name):
            return name
    raise item_not_found()
