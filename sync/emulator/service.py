"""From a request to its answer: throttling, sign-in, faults, the writer's lock, batches, handlers."""

from __future__ import annotations

import asyncio
import math
import time

from sync.emulator import drive, files, ranges, workbook
from sync.emulator.batch import Item, read_batch, run_batch
from sync.emulator.errors import GraphError, too_large, unknown_segment
from sync.emulator.http import MAX_PAYLOAD, Request, Response, error_response
from sync.emulator.journal import Entry, Step
from sync.emulator.login.rights import check_scopes, get_me
from sync.emulator.login.service import Login, is_login
from sync.emulator.misbehavior import Misbehavior, Run
from sync.emulator.outlook.routes import add_routes, service_of
from sync.emulator.routing import Route, Router
from sync.emulator.state import Call, Emulator, Handler

_ITEM = "drives/{drive}/items/{item}"
_CONTENT = f"{_ITEM}/content"
_BOOK = f"{_ITEM}/workbook"
_SHEET = f"{_BOOK}/worksheets/{{sheet}}"
_VERSION = "v1.0"
_CONCURRENCY_PAUSE = 1
"""Seconds of the Retry-After that a request too many gets."""


def build_router() -> Router[Handler]:
    """Everything that the emulator answers."""
    router: Router[Handler] = Router()
    router.add("GET", "me", get_me)
    router.add("GET", "sites/{site}/drive", drive.get_default_drive)
    router.add("GET", "drives/{drive}/items/{entry}", files.get_item)
    router.add("GET", _CONTENT, drive.get_content)
    router.add("PUT", _CONTENT, drive.put_content)
    router.add("DELETE", "drives/{drive}/items/{entry}", files.delete_item)
    router.add("GET", "drives/{drive}/root:/{name}", files.get_by_path)
    router.add("POST", "drives/{drive}/items/{parent}/children", files.make_folder)
    router.add("POST", "drives/{drive}/items/{parent}/{name}/createUploadSession", files.create_upload)
    router.add("POST", f"{_BOOK}/createSession", workbook.create_session)
    router.add("POST", f"{_BOOK}/refreshSession", workbook.refresh_session)
    router.add("POST", f"{_BOOK}/closeSession", workbook.close_session)
    router.add("GET", f"{_BOOK}/operations/{{operation}}", workbook.get_operation)
    router.add("GET", f"{_BOOK}/sessionInfoResource", workbook.get_session_info)
    router.add("GET", f"{_BOOK}/worksheets", workbook.list_worksheets)
    router.add("GET", _SHEET, workbook.get_worksheet)
    router.add("GET", f"{_SHEET}/usedRange", ranges.get_used_range)
    router.add("GET", f"{_SHEET}/cell", ranges.get_cell)
    router.add("GET", f"{_SHEET}/range", ranges.get_range)
    router.add("PATCH", f"{_SHEET}/range", ranges.patch_range, writes=True)
    router.add("POST", f"{_SHEET}/range/insert", ranges.insert_range, writes=True)
    router.add("POST", f"{_SHEET}/range/delete", ranges.delete_range, writes=True)
    router.add("POST", f"{_SHEET}/range/clear", ranges.clear_range, writes=True)
    router.add("GET", "drives/{drive}/items/{parent}/{name}", files.get_by_path)
    add_routes(router)
    return router


class Service:
    """Answers Graph requests for one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._misbehavior = Misbehavior(emulator)
        self._login = Login(emulator)

    async def answer(self, request: Request, entry: Entry) -> Response:
        """The answer to a request over HTTP. ConnectionDropped when there is to be none."""
        try:
            if request.raw_path.startswith(files.PREFIX):
                return await self._piece(request)
            if is_login(request):
                return await self._sign_in(request)
            request.raw_path = _without_version(request.raw_path)
            self._check_retry_after(request)
            self._authenticate(request)
            _check_content_type(request)
            return await self._admitted(request, lambda: self._locked(request, entry))
        except GraphError as error:
            return error_response(error)

    async def _piece(self, request: Request) -> Response:
        """A request to the address of an upload, which needs no sign-in."""
        self._check_retry_after(request)

        async def run() -> Response:
            try:
                return files.answer_upload(self._emulator, request)
            except GraphError as error:
                return error_response(error)

        return await self._misbehavior.around(request, run)

    async def _sign_in(self, request: Request) -> Response:
        async def run() -> Response:
            return self._login.answer(request)

        return await self._misbehavior.around(request, run)

    def _check_retry_after(self, request: Request) -> None:
        if (wait := self._emulator.cooling(service_of(request.raw_path))) > 0:
            self._emulator.journal.count("retry_after_violations")
            raise _throttled(math.ceil(wait))

    async def _admitted(self, request: Request, run: Run) -> Response:
        """Run a request with the faults around it; one more to Outlook than may run at a time is turned away."""
        emulator = self._emulator
        if service_of(request.raw_path) != "outlook":
            return await self._misbehavior.around(request, run)
        with emulator.post.running_one():
            if emulator.post.running > emulator.options.outlook_concurrency:
                emulator.journal.count("outlook_concurrency_refused")
                emulator.cool_down("outlook", _CONCURRENCY_PAUSE)
                raise GraphError(
                    429,
                    "Application is over its MailboxConcurrency limit.",
                    code="ApplicationThrottled",
                    retry_after=_CONCURRENCY_PAUSE,
                )
            return await self._misbehavior.around(request, run)

    def _authenticate(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == self._emulator.identity.token:
            return
        held = self._emulator.tokens.access.get(token)
        if held is None:
            raise _not_signed_in("Access token is empty or invalid.")
        if held.until < self._emulator.clock.now():
            raise _not_signed_in("Lifetime validation failed, the token is expired.")
        request.principal = held.principal

    async def _locked(self, request: Request, entry: Entry) -> Response:
        """Run a request, holding the workbook's edit lock while it writes."""
        items = self._read_batch(request)
        writes = any(self._writes(item.request) for item in items) if items else self._writes(request)
        owns = writes and not self._emulator.writer.locked()
        if owns:
            await self._emulator.writer.acquire()
        try:
            await asyncio.sleep(self._emulator.options.latency_ms / 1000)
            if items:
                return await self._batch(items, entry, owns_lock=owns)
            return self._single(request, entry, may_write=owns)
        finally:
            if owns:
                self._emulator.writer.release()

    def _read_batch(self, request: Request) -> list[Item]:
        if request.raw_path.strip("/").lower() != "$batch":
            return []
        if request.method != "POST":
            raise GraphError(405, "A batch must be posted.")
        if len(request.body) > MAX_PAYLOAD:
            raise too_large("The request is too large.")
        items = read_batch(request.json())
        for item in items:
            item.request.principal = request.principal
        return items

    def _writes(self, request: Request) -> bool:
        try:
            return self._emulator.router.match(request.method, request.raw_path)[0].writes
        except GraphError:
            return False

    async def _batch(self, items: list[Item], entry: Entry, *, owns_lock: bool) -> Response:
        chained = any(item.depends_on for item in items)
        lock_is_free = owns_lock

        async def run(item: Item) -> Response:
            nonlocal lock_is_free
            may_write = lock_is_free
            if not chained and self._writes(item.request):
                # What runs at the same time cannot hold the same lock: only one of them gets it.
                lock_is_free = False
            return await self._step(item, entry, may_write=may_write)

        return await run_batch(items, run)

    async def _step(self, item: Item, entry: Entry, *, may_write: bool) -> Response:
        """One request of a batch, with its own line in the log."""
        request = item.request
        step = Step(item.id, request.method, item.url, request.session_id, started=time.time())
        entry.steps.append(step)
        self._emulator.journal.count("batch_steps")

        async def run() -> Response:
            return self._single(request, step, may_write=may_write)

        try:
            await asyncio.sleep(self._emulator.options.step_latency_ms / 1000)
            if service_of(request.raw_path) == "outlook":
                self._check_retry_after(request)
            response = await self._admitted(request, run)
        except GraphError as error:
            response = error_response(error)
        finally:
            step.finished = time.time()
        step.status = response.status
        return response

    def _single(self, request: Request, line: Entry | Step, *, may_write: bool) -> Response:
        """Run one handler and note what it changed."""
        try:
            route, parameters = self._emulator.router.match(request.method, request.raw_path)
            check_scopes(request.principal, request.raw_path)
            call = Call(self._emulator, request, parameters)
            if "{drive}" in route.template:
                self._check_item(call)
            if route.writes and not may_write:
                raise self._lock_conflict()
            return self._run(route, call, line)
        except GraphError as error:
            if error.inner == "invalidSessionReCreatable":
                self._emulator.journal.count("sessions_refused")
            return error_response(error)

    def _run(self, route: Route[Handler], call: Call, line: Entry | Step) -> Response:
        request, emulator = call.request, self._emulator
        if "workbook" in route.template:
            if len(request.body) > MAX_PAYLOAD:
                raise too_large("The request is too large.")
            call.session = emulator.sessions.resolve(request.session_id)
        if route.writes:
            call.book = emulator.book_for(call.session, for_change=True)
        response = route.handler(call)
        line.cells, line.written = call.cells, call.written
        if route.writes:
            emulator.journal.wrote(cells=call.cells, with_session=call.session is not None)
            if not call.workbook.private:
                emulator.storage.changed()
        return response

    def _check_item(self, call: Call) -> None:
        identity = self._emulator.identity
        drive_id, item_id = call.parameters.get("drive"), call.parameters.get("item", identity.item_id)
        if (drive_id, item_id) != (identity.drive_id, identity.item_id):
            raise GraphError(404, "The resource could not be found.", code="itemNotFound")

    def _lock_conflict(self) -> GraphError:
        self._emulator.journal.count("lock_conflicts")
        message = "We're sorry. Another request is changing the workbook; the edit lock could not be had."
        if self._emulator.options.lock_conflict_status == 409:
            return GraphError(409, message, inner="accessConflict")
        return GraphError(
            429, message, code="TooManyRequests", inner="EditModeCannotAcquireLockTooManyRequests"
        )


def _not_signed_in(message: str) -> GraphError:
    return GraphError(
        401,
        message,
        code="InvalidAuthenticationToken",
        inner="unauthorizedUncategorized",
        headers={"WWW-Authenticate": 'Bearer realm=""'},
    )


def _throttled(seconds: int) -> GraphError:
    return GraphError(
        429, "Too many requests.", inner="tooManyRequestsUncategorized", retry_after=max(1, seconds)
    )


def _check_content_type(request: Request) -> None:
    if request.method in {"POST", "PATCH"} and request.body and "content-type" not in request.headers:
        raise GraphError(400, "Entity only allows writes with a JSON Content-Type header.", code="BadRequest")


def _without_version(raw_path: str) -> str:
    version, _, rest = raw_path.lstrip("/").partition("/")
    if version.lower() != _VERSION:
        raise unknown_segment(version)
    return "/" + rest
