"""A document library: folders, and files that are uploaded piece by piece.

Sources: Microsoft's "driveItem: createUploadSession", "Create folder", "Get a DriveItem by path". Whether a name that
is taken is refused when the session is made or at its end is left open there, so that both are understood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync.graph.client import Connection, Response, no_check
from sync.graph.errors import GraphError, NeedsPerson, NotNow, OutcomeUnknown, Refused, classify, made
from sync.graph.steps import segment

PIECE: Final = 10 * 327_680  # bytes; Graph takes multiples of 320 KiB only, but for the last piece
FAIL: Final = {"@microsoft.graph.conflictBehavior": "fail"}
_FIELDS: Final = "id,name,size,webUrl,file,folder"
_SENTENCES: Final[Mapping[int, tuple[type[GraphError], str]]] = {
    401: (NeedsPerson, "Microsoft 365 did not accept our sign-in."),
    403: (NeedsPerson, "Our account may not write to the document library."),
    404: (NeedsPerson, "The document library was not found; please check GRAPH_DRIVE_ID."),
    423: (NotNow, "Somebody has the document open in SharePoint."),
    507: (NeedsPerson, "The document library is full."),
}


class NameTaken(Exception):
    """Another file has this name already."""


class UploadGone(Exception):
    """The upload is finished, cancelled or too old: nothing more can be sent to its address."""


@dataclass(frozen=True)
class StoredFile:
    """A file in the library. `quick_xor` is "" where Graph did not name it."""

    id: str
    name: str
    size: int
    quick_xor: str
    web_url: str


class Library:
    """One drive. `before_send` is called right before every request and may raise to stop it.

    The methods raise GraphErrors as everything of the gateway does.
    """

    def __init__(
        self, connection: Connection, drive_id: str, *, before_send: Callable[[], None] = no_check
    ) -> None:
        self._connection = connection
        self._drive = f"/drives/{segment(drive_id)}"
        self._before_send = before_send

    def folder(self, name: str, *, inside: str = "") -> str:
        """The id of a folder, made when it is not there; `inside` is its parent's id, else the library's root."""
        parent = f"{self._drive}/items/{segment(inside or 'root')}/children"
        answer = self._request("POST", parent, {"name": name, "folder": {}, **FAIL})
        if answer.status == 409:
            answer = self._request("GET", self._path(name, inside=inside))
        found = _checked(answer)
        if "folder" not in found:
            raise NeedsPerson(f"In the document library, “{name}” is not a folder.")
        return str(found["id"])

    def find(self, name: str, *, inside: str) -> StoredFile | None:
        """The file of that name in a folder."""
        answer = self._request("GET", f"{self._path(name, inside=inside)}?$select={_FIELDS}")
        return None if answer.status == 404 else _stored(_checked(answer))

    def has(self, item_id: str) -> bool:
        """Whether a file is there, under whatever name and in whatever folder; what was deleted is not."""
        answer = self._request("GET", f"{self._drive}/items/{segment(item_id)}?$select=id")
        return answer.status != 404 and bool(_checked(answer))

    def begin(self, name: str, *, inside: str) -> str:
        """Begins an upload; gives the address that the pieces go to, which is a secret. Raises NameTaken."""
        path = f"{self._path(name, inside=inside)}:/createUploadSession"
        answer = self._request("POST", path, {"item": FAIL})
        if answer.status == 409:
            raise NameTaken(name)
        address = _checked(answer).get("uploadUrl")
        if not isinstance(address, str) or not address:
            raise NotNow("SharePoint began no upload, or did not say where.")
        return address

    def cancel(self, address: str) -> None:
        """Ends an upload of which nothing is to stay; one that is over already is fine."""
        answer = self._plain("DELETE", address)
        if answer.status >= 300 and answer.status not in (404, 410):
            raise _error(answer, writing=True)

    def arrived(self, address: str) -> int:
        """How many bytes of an upload have arrived. Raises UploadGone."""
        answer = self._plain("GET", address)
        if answer.status in (401, 403, 404, 410):
            raise UploadGone
        return _next_byte(_checked(answer))

    def send(self, address: str, piece: bytes, *, begin: int, total: int) -> StoredFile | None:
        """Sends one piece; gives the file once it is whole. Raises NameTaken or UploadGone."""
        headers = {
            "Content-Range": f"bytes {begin}-{begin + len(piece) - 1}/{total}",
            "Content-Type": "application/octet-stream",
        }
        answer = self._plain("PUT", address, headers=headers, content=piece)
        if answer.status in (404, 410):
            raise UploadGone
        if answer.status == 409:
            raise NameTaken
        if answer.status == 416:
            raise OutcomeUnknown("SharePoint has other pieces of the document than we thought.", status=416)
        body = _checked(answer, writing=True)
        return None if answer.status == 202 else _stored(body)

    def delete(self, item_id: str) -> None:
        """Moves a file to the library's recycle bin; one that is gone already is fine."""
        answer = self._request("DELETE", f"{self._drive}/items/{segment(item_id)}")
        if answer.status >= 300 and answer.status != 404:
            raise _error(answer, writing=True)

    def _path(self, name: str, *, inside: str) -> str:
        place = f"items/{segment(inside)}" if inside else "root"
        return f"{self._drive}/{place}:/{segment(name)}"

    def _request(self, method: str, path: str, json: object = None) -> Response:
        return self._connection.request(method, path, json=json, before_send=self._before_send)

    def _plain(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        return self._connection.plain(
            method, address, headers=headers or {}, content=content, before_send=self._before_send
        )


def _checked(answer: Response, *, writing: bool = False) -> dict[str, Any]:
    if answer.status >= 300:
        raise _error(answer, writing=writing)
    if answer.body is None:
        kind = OutcomeUnknown if writing else NotNow
        raise kind("SharePoint's answer could not be understood.", status=answer.status)
    return answer.body


def _error(answer: Response, *, writing: bool) -> GraphError:
    if answer.status in _SENTENCES:
        return made(_SENTENCES[answer.status], answer.status, answer.body, answer.headers)
    error = classify(answer.status, answer.body, answer.headers, had_session=False, writing=writing)
    if type(error) is Refused:
        return made((Refused, "SharePoint refused the document."), answer.status, answer.body, answer.headers)
    return error


def _next_byte(body: Mapping[str, Any]) -> int:
    """From `nextExpectedRanges`, such as ["3276800-"] or ["3276800-6553599"]."""
    try:
        return int(str(body["nextExpectedRanges"][0]).partition("-")[0])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise NotNow("SharePoint did not say which piece it wants.") from error


def _stored(body: Mapping[str, Any]) -> StoredFile:
    file = body.get("file")
    hashes = file.get("hashes") if isinstance(file, Mapping) else None
    quick = hashes.get("quickXorHash") if isinstance(hashes, Mapping) else ""
    if not body.get("id"):
        raise OutcomeUnknown("SharePoint did not say which file it made.")
    return StoredFile(
        id=str(body["id"]),
        name=str(body.get("name") or ""),
        size=body["size"] if isinstance(body.get("size"), int) else -1,
        quick_xor=str(quick or ""),
        web_url=str(body.get("webUrl") or ""),
    )
