"""A workbook in a drive, as the write-behind engine sees it: sessions, sheets, chains of steps, the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from sync.graph.answers import ahead_of, moment
from sync.graph.batch import MAX_STEPS, SESSION_HEADER, chain, longest_wait, results
from sync.graph.client import READ_TIMEOUT, Connection, Counter, Response, no_check
from sync.graph.errors import (
    GraphError,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    RetryLater,
    SessionLost,
    classify,
    retry_after,
)
from sync.graph.steps import Step, StepResult, delete_rows, read_range, segment, used_range, write_range

__all__ = [
    "MAX_STEPS",
    "ItemInfo",
    "Step",
    "StepResult",
    "WorkbookFile",
    "Worksheet",
    "delete_rows",
    "read_range",
    "used_range",
    "write_range",
]

ITEM_FIELDS: Final = "id,name,eTag,cTag,size,lastModifiedDateTime,lastModifiedBy,webUrl"
FIRST_POLL: Final = 1.0
SLOWEST_POLL: Final = 30.0
OPENING_LIMIT: Final = 240.0  # seconds to wait for a session that Graph opens in the background
_STEP_SHARE: Final = 0.1  # of the read time-out, added for each step of a batch


@dataclass(frozen=True)
class Worksheet:
    """A sheet. The id survives renames; `position` counts from 0."""

    id: str
    name: str
    position: int


@dataclass(frozen=True)
class ItemInfo:
    """The file in its drive. `ctag` changes with the content, `etag` with anything; times are UTC."""

    name: str
    etag: str
    ctag: str
    size: int
    last_modified_at: datetime | None
    last_modified_by: str
    web_url: str


class WorkbookFile:
    """One workbook. `before_send` is called right before every HTTP request and may raise to stop it.

    Where `drive_id` is empty, `find_drive` comes first.

    Once Graph names a Retry-After, nothing is sent before it has passed: RetryLater is raised instead.
    `read_timeout` is in seconds, per request; a batch gets a tenth more for each step. `clock_ahead` is by how many
    seconds our clock was ahead of Microsoft's at the last answer, None when that is not known.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        drive_id: str,
        item_id: str,
        before_send: Callable[[], None] = no_check,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._connection = connection
        self.drive_id = drive_id
        self._item_id = item_id
        self._before_send = before_send
        self._read_timeout = read_timeout
        self._counter = Counter()
        self._quiet_until = 0.0
        self.batch_steps = 0
        self.clock_ahead: float | None = None

    @property
    def http_requests(self) -> int:
        """How many requests were sent through this object."""
        return self._counter.value

    @property
    def _item(self) -> str:
        return f"/drives/{segment(self.drive_id)}/items/{segment(self._item_id)}"

    @property
    def _workbook(self) -> str:
        return f"{self._item}/workbook"

    def find_drive(self, site_id: str) -> str:
        """The id of a SharePoint site's document library, in which the workbook is from now on."""
        if not site_id:
            raise NeedsPerson("GRAPH_DRIVE_ID or SHAREPOINT_SITE_ID must say where the workbook is.")
        answer = self._send("GET", f"/sites/{segment(site_id)}/drive?$select=id")
        if answer.status in (400, 404):
            sentence = "Microsoft 365 does not know the site; please check SHAREPOINT_SITE_ID."
            raise NeedsPerson(sentence, status=answer.status)
        drive_id = _checked(answer).get("id")
        if not isinstance(drive_id, str) or not drive_id:
            raise NotNow("Microsoft 365 did not name the site's document library.", status=answer.status)
        self.drive_id = drive_id
        return drive_id

    def open_session(self, *, keeps_changes: bool = True) -> str:
        """Open a session and return its id. A large workbook may take minutes.

        One that keeps no changes has a copy of the workbook for itself, which is dropped with it.
        """
        answer = self._send(
            "POST",
            f"{self._workbook}/createSession",
            json={"persistChanges": keeps_changes},
            headers={"Prefer": "respond-async"},
        )
        if answer.status == 202:
            answer = self._opened_in_background(answer)
        session_id = _checked(answer, writing=True).get("id")
        if not isinstance(session_id, str) or not session_id:
            raise OutcomeUnknown("Excel opened no session, or did not say which.", status=answer.status)
        return session_id

    def close_session(self, session_id: str) -> None:
        """Close a session; a session that is gone already is fine."""
        answer = self._send("POST", f"{self._workbook}/closeSession", headers={SESSION_HEADER: session_id})
        if answer.status < 300:
            return
        error = _error(answer, session_id, writing=True)
        if not _is_gone(error):
            raise error

    def worksheets(self, session_id: str) -> list[Worksheet]:
        """All sheets, in their order in the workbook."""
        found: list[Worksheet] = []
        path: object = f"{self._workbook}/worksheets"
        while isinstance(path, str):
            answer = self._send("GET", path, headers={SESSION_HEADER: session_id})
            body = _checked(answer, session_id=session_id)
            found.extend(_worksheets(body))
            path = body.get("@odata.nextLink")
        return sorted(found, key=lambda sheet: sheet.position)

    def run(self, session_id: str, steps: Sequence[Step]) -> list[StepResult]:
        """Send 1 to 20 steps as one chain: each runs only after the one before it succeeded.

        The first step that failed has its error in its result, those behind it are skipped; nothing is
        rolled back.
        Raises when the post as a whole failed, OutcomeUnknown when it wrote and its answer makes no sense.
        """
        writing = sum(step.writes for step in steps)
        answer = self._send(
            "POST",
            "/$batch",
            json=chain(self._workbook, session_id, steps),
            timeout_share=1 + _STEP_SHARE * len(steps),
            on_sent=lambda: self._note_written(writing),
        )
        if answer.status >= 300:
            raise _error(answer, writing=bool(writing))
        self._keep_quiet(longest_wait(answer.body))
        return results(steps, answer.body)

    def item(self) -> ItemInfo:
        """What the drive knows about the file."""
        body = _checked(self._send("GET", f"{self._item}?$select={ITEM_FIELDS}"))
        return ItemInfo(
            name=str(body.get("name") or ""),
            etag=str(body.get("eTag") or ""),
            ctag=str(body.get("cTag") or ""),
            size=body["size"] if isinstance(body.get("size"), int) else 0,
            last_modified_at=moment(body.get("lastModifiedDateTime")),
            last_modified_by=_who(body.get("lastModifiedBy")),
            web_url=str(body.get("webUrl") or ""),
        )

    def download(self) -> bytes:
        """The file as last saved, which may lag some seconds behind what a session wrote."""
        try:
            return self._connection.download(
                f"{self._item}/content", before_send=self._may_send, counter=self._counter
            )
        except GraphError as error:
            self._keep_quiet(error.retry_after)
            raise

    def _send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_share: float = 1.0,
        on_sent: Callable[[], None] = no_check,
    ) -> Response:
        def check() -> None:
            self._may_send()
            on_sent()

        answer = self._connection.request(
            method,
            path,
            json=json,
            headers=headers,
            read_timeout=self._read_timeout * timeout_share,
            before_send=check,
            counter=self._counter,
        )
        self.clock_ahead = ahead_of(answer.headers.get("date"))
        if answer.status >= 300 or answer.status == 202:
            self._keep_quiet(retry_after(answer.headers))
        return answer

    def _may_send(self) -> None:
        left = self._quiet_until - time.monotonic()
        if left > 0:
            raise RetryLater("Microsoft 365 asked us to wait.", retry_after=left)
        self._before_send()

    def _keep_quiet(self, seconds: float | None) -> None:
        if seconds is not None:
            self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)

    def _note_written(self, steps: int) -> None:
        self.batch_steps += steps

    def _opened_in_background(self, accepted: Response) -> Response:
        """Ask for the operation until it is done, then get the session that it made."""
        operation = self._follow(accepted.headers.get("location"))
        wait = retry_after(accepted.headers)
        pause = FIRST_POLL
        give_up = time.monotonic() + OPENING_LIMIT
        while True:
            time.sleep(self._affordable(wait if wait is not None else pause, give_up))
            answer = self._send("GET", operation)
            body = _checked(answer)
            if body.get("status") == "succeeded":
                return self._send("GET", self._follow(body.get("resourceLocation")))
            if body.get("status") not in ("notStarted", "running"):
                raise classify(answer.status, body, answer.headers, had_session=False, writing=True)
            wait, pause = retry_after(answer.headers), min(pause * 2, SLOWEST_POLL)

    def _affordable(self, seconds: float, give_up: float) -> float:
        if time.monotonic() + seconds > give_up:
            raise RetryLater("Excel needs longer than usual to open the workbook.", retry_after=seconds)
        return seconds

    def _follow(self, location: object) -> str:
        """Where Graph points to, as an absolute address; the connection refuses any other host."""
        if not isinstance(location, str) or not location:
            raise OutcomeUnknown("Excel is opening the workbook but did not say where to ask.", status=202)
        base = self._connection.base_url + "/"
        return location if urlsplit(location).scheme else urljoin(base, location)


def _error(answer: Response, session_id: str = "", *, writing: bool) -> GraphError:
    return classify(answer.status, answer.body, answer.headers, had_session=bool(session_id), writing=writing)


def _checked(answer: Response, *, session_id: str = "", writing: bool = False) -> dict[str, Any]:
    """The body of a success; raises what any other answer stands for."""
    if answer.status >= 300:
        raise _error(answer, session_id, writing=writing)
    if answer.body is None:
        kind = OutcomeUnknown if writing else NotNow
        raise kind("Excel's answer could not be understood.", status=answer.status)
    return answer.body


def _is_gone(error: GraphError) -> bool:
    if error.status in (404, 410):
        return True
    named = {error.code.lower(), error.inner_code.lower()}
    return isinstance(error, SessionLost) and "invalidsessionrecreatable" in named


def _worksheets(body: Mapping[str, Any]) -> list[Worksheet]:
    listed = body.get("value")
    try:
        return [Worksheet(str(row["id"]), str(row["name"]), int(row["position"])) for row in listed or ()]
    except (TypeError, KeyError, ValueError) as error:
        raise NotNow("Excel's list of sheets could not be understood.") from error


def _who(identities: object) -> str:
    """The person's name, else the app's."""
    if not isinstance(identities, Mapping):
        return ""
    for kind in ("user", "application", "device"):
        identity = identities.get(kind)
        name = identity.get("displayName") or identity.get("email") if isinstance(identity, Mapping) else None
        if name:
            return str(name)
    return ""
