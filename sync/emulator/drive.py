"""The drive item behind the workbook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sync.emulator.errors import GraphError
from sync.emulator.http import Response
from sync.emulator.state import Call

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def get_item(call: Call) -> Response:
    """The item's properties, cut down by `$select`."""
    return Response(200, _selected(call, _item(call)))


def get_default_drive(call: Call) -> Response:
    """The document library of a site, whichever is named: the one drive that there is."""
    drive = {"id": call.emulator.identity.drive_id, "driveType": "documentLibrary", "name": "Documents"}
    return Response(200, _selected(call, drive))


def get_content(call: Call) -> Response:
    """The file as it was last saved, which may be behind what sessions have written."""
    call.emulator.storage.stamp()
    return Response(200, call.emulator.storage.path.read_bytes(), {"Content-Type": XLSX})


def put_content(call: Call) -> Response:
    """Replace the file; 423 while somebody has the workbook open."""
    if call.emulator.sessions.open_ids():
        raise GraphError(423, "The resource you are attempting to access is locked.", inner="resourceLocked")
    call.emulator.storage.replace(call.request.body)
    return Response(200, _item(call))


def _selected(call: Call, properties: dict[str, Any]) -> dict[str, Any]:
    select = call.request.query_value("$select")
    if select is None:
        return properties
    wanted = {name.strip().lower() for name in select.split(",")}
    return {name: value for name, value in properties.items() if name.lower() in wanted}


def _item(call: Call) -> dict[str, Any]:
    storage, identity = call.emulator.storage, call.emulator.identity
    modified, size, inode = storage.stamp()
    guid = "{" + str(uuid5(NAMESPACE_URL, identity.item_id)).upper() + "}"
    when = datetime.fromtimestamp(modified / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": identity.item_id,
        "name": storage.path.name,
        "eTag": f'"{guid},{modified}"',
        "cTag": f'"c:{guid},{modified}-{inode}"',
        "size": size,
        "lastModifiedDateTime": when,
        "lastModifiedBy": {"user": {"displayName": storage.last_editor()}},
        "webUrl": f"{call.emulator.base_url}/{storage.path.name}",
        "parentReference": {"driveId": identity.drive_id, "driveType": "documentLibrary", "path": "/root:"},
        "file": {"mimeType": XLSX},
    }
