"""Folders and files of the drive beside the workbook, as real ones in a folder on disk, and uploads piece by piece."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from sync.emulator import drive
from sync.emulator.errors import GraphError, bad_request, unknown_segment
from sync.emulator.http import Request, Response
from sync.emulator.state import Call, Emulator
from sync.emulator.tree import Upload, not_found
from sync.quickxor import quick_xor_hash

PREFIX = "/upload/"
ALIGNED = 327_680
_LARGEST_PIECE = 60 * 1024 * 1024
_UNFIT = re.compile(r'["*:<>?/\\|]|^\s|\s$')
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def make_folder(call: Call) -> Response:
    """`POST children` with a folder in it; 409 when the name is taken."""
    files, body = call.emulator.files, call.request.json()
    parent = files.by_id(call.parameters["parent"])
    name = _fit(str(body.get("name") or ""))
    if "folder" not in body or body.get("@microsoft.graph.conflictBehavior", "fail") != "fail":
        raise bad_request("Only folders with conflictBehavior fail are made here.")
    if files.child(parent, name):
        raise _name_taken()
    made = parent / name
    made.mkdir(parents=True)
    return Response(201, describe(call.emulator, made))


def get_item(call: Call) -> Response:
    """The workbook, or what stands beside it."""
    item_id = call.parameters["entry"]
    if item_id == call.emulator.identity.item_id:
        return drive.get_item(call)
    return Response(200, describe(call.emulator, call.emulator.files.by_id(item_id)))


def get_by_path(call: Call) -> Response:
    return Response(200, describe(call.emulator, _addressed(call)))


def delete_item(call: Call) -> Response:
    """Into the recycle bin, which nobody looks into here."""
    files = call.emulator.files
    files.delete(files.by_id(call.parameters["entry"]))
    return Response(204)


def create_upload(call: Call) -> Response:
    """Begin an upload. A taken name is refused at its end, or here, as the option says."""
    files = call.emulator.files
    parent, name = _parent(call), _fit(call.parameters["name"].removesuffix(":"))
    item = call.request.json().get("item") or {}
    if item.get("@microsoft.graph.conflictBehavior", "fail") != "fail":
        raise bad_request("Only conflictBehavior fail is emulated.")
    if call.emulator.options.upload_refuses_early and files.child(parent, name):
        raise _name_taken()
    key = uuid4().hex
    files.uploads[key] = Upload(parent / name, bytearray())
    address = call.emulator.base_url.removesuffix("/v1.0") + PREFIX + key
    return Response(200, {"uploadUrl": address, "expirationDateTime": "2099-01-01T00:00:00Z", **_wanted(0)})


def answer_upload(emulator: Emulator, request: Request) -> Response:
    """A request to the address of an upload, which is its own key: a token beside it is refused."""
    if "authorization" in request.headers:
        raise GraphError(401, "An upload address takes no token.", code="unauthenticated")
    key = request.raw_path.removeprefix(PREFIX)
    upload = emulator.files.uploads.get(key)
    if upload is None:
        raise GraphError(404, "The upload session was not found.", code="itemNotFound")
    if request.method == "GET":
        return Response(200, _wanted(len(upload.content)))
    if request.method == "DELETE":
        del emulator.files.uploads[key]
        return Response(204)
    if request.method != "PUT":
        raise GraphError(405, "An upload takes GET, PUT and DELETE.")
    _take_piece(upload, request)
    if len(upload.content) < (upload.total or 0):
        return Response(202, _wanted(len(upload.content)))
    return _finish(emulator, key, upload)


def describe(emulator: Emulator, path: Path) -> dict[str, Any]:
    """The item's properties."""
    found: dict[str, Any] = {
        "id": emulator.files.id_of(path),
        "name": path.name,
        "webUrl": path.as_uri(),
        "parentReference": {"driveId": emulator.identity.drive_id},
    }
    if path.is_dir():
        return found | {"folder": {"childCount": sum(1 for _ in path.iterdir())}}
    content = path.read_bytes()
    return found | {"size": len(content), "file": {"hashes": {"quickXorHash": quick_xor_hash([content])}}}


def _take_piece(upload: Upload, request: Request) -> None:
    match = _RANGE.fullmatch(request.headers.get("content-range", ""))
    if not match:
        raise bad_request("Content-Range is missing or invalid.")
    begin, end, total = map(int, match.groups())
    if end - begin + 1 != len(request.body) or end >= total or upload.total not in (None, total):
        raise bad_request("Content-Range does not fit the piece.")
    if len(request.body) >= _LARGEST_PIECE:
        raise GraphError(413, "The piece is too large.")
    if end + 1 < total and len(request.body) % ALIGNED:
        raise bad_request("The piece's size is no multiple of 320 KiB.")
    if begin != len(upload.content):
        raise GraphError(416, "The range was received already or is not wanted yet.", code="invalidRange")
    upload.total = total
    upload.content += request.body


def _finish(emulator: Emulator, key: str, upload: Upload) -> Response:
    """The file is whole. It gets its name at once or, when that is taken, not at all."""
    del emulator.files.uploads[key]
    if emulator.files.child(upload.target.parent, upload.target.name):
        raise _name_taken()
    upload.target.parent.mkdir(parents=True, exist_ok=True)
    unnamed = upload.target.with_name(f".{key}")
    unnamed.write_bytes(upload.content)
    unnamed.rename(upload.target)
    return Response(201, describe(emulator, upload.target))


def _addressed(call: Call) -> Path:
    found = call.emulator.files.child(_parent(call), call.parameters["name"].removesuffix(":"))
    if found is None:
        raise not_found()
    return found


def _parent(call: Call) -> Path:
    """The folder before the name: addressed as `items/{id}:/{name}` or `root:/{name}`."""
    parent = call.parameters.get("parent", "root:")
    if not parent.endswith(":"):
        raise unknown_segment(call.parameters["name"])
    return call.emulator.files.by_id(parent.removesuffix(":"))


def _wanted(begin: int) -> dict[str, Any]:
    return {"nextExpectedRanges": [f"{begin}-"]}


def _fit(name: str) -> str:
    if not name or _UNFIT.search(name):
        raise bad_request("The provided name contains invalid characters.")
    return name


def _name_taken() -> GraphError:
    return GraphError(409, "An item with the same name already exists.", code="nameAlreadyExists")
