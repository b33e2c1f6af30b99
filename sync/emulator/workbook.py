"""Sessions, operations and worksheets of the workbook."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sync.emulator.errors import bad_request, invalid_argument
from sync.emulator.http import Response
from sync.emulator.sessions import Session
from sync.emulator.sheet import Sheet
from sync.emulator.state import Call


def create_session(call: Call) -> Response:
    """201 with the session, or 202 with an operation to ask when the caller allows that."""
    body = call.request.json()
    persists = body.get("persistChanges") if isinstance(body, dict) else None
    if not isinstance(persists, bool):
        raise invalid_argument("persistChanges must be true or false.")
    # A workbook that cannot be opened gets no session.
    call.emulator.storage.current()
    call.emulator.journal.count("sessions_created")
    sessions = call.emulator.sessions
    polls = _polls(call)
    if polls is None:
        return Response(201, _describe(sessions.create(persists=persists)))
    session = None if call.request.async_fails else sessions.create(persists=persists)
    operation = sessions.start_operation(session=session, polls=polls)
    return Response(202, None, {"Location": f"{_workbook_url(call)}/operations/{operation}"})


def _polls(call: Call) -> int | None:
    """How often an operation is still running when asked; None to answer at once."""
    if "respond-async" not in call.request.headers.get("prefer", ""):
        return None
    if call.request.async_polls is not None:
        return call.request.async_polls
    options = call.emulator.options
    return options.async_session_polls if options.async_sessions else None


def _describe(session: Session) -> dict[str, Any]:
    return {"id": session.id, "persistChanges": session.persists}


def _workbook_url(call: Call) -> str:
    identity = call.emulator.identity
    return (
        f"{call.emulator.base_url}/drives/{quote(identity.drive_id, safe='')}"
        f"/items/{quote(identity.item_id, safe='')}/workbook"
    )


def refresh_session(call: Call) -> Response:
    """204; naming the session has kept it alive."""
    if call.session is None:
        raise bad_request("The header workbook-session-id is missing.")
    return Response(204)


def close_session(call: Call) -> Response:
    """204; what was changed is saved soon after."""
    if call.session is None:
        raise bad_request("The header workbook-session-id is missing.")
    call.emulator.sessions.end(call.session.id)
    if call.session.persists:
        call.emulator.storage.save_soon()
    return Response(204)


def get_operation(call: Call) -> Response:
    """200 whatever the operation's own status, failed included."""
    operation_id = call.parameters["operation"]
    operation = call.emulator.sessions.poll(operation_id)
    if operation.polls_left >= 0:
        return Response(200, {"id": operation_id, "status": "running"})
    if operation.session is None:
        error = {"code": "internalServerError", "message": "The operation failed."}
        error_body = {**error, "innerError": {"code": "internalServerErrorUncategorized"}}
        return Response(200, {"id": operation_id, "status": "failed", "error": error_body})
    key = quote(operation.session.id, safe="")
    location = f"{_workbook_url(call)}/sessionInfoResource(key='{key}')"
    return Response(200, {"id": operation_id, "status": "succeeded", "resourceLocation": location})


def get_session_info(call: Call) -> Response:
    """The session that an operation has made."""
    return Response(200, _describe(call.emulator.sessions.finished(call.parameters.get("key", ""))))


def list_worksheets(call: Call) -> Response:
    """All worksheets in their order."""
    sheets = call.workbook.sheets
    return Response(200, {"value": [_sheet(sheet, position) for position, sheet in enumerate(sheets)]})


def get_worksheet(call: Call) -> Response:
    """One worksheet by id or name."""
    sheet = call.workbook.sheet(call.parameters["sheet"])
    return Response(200, _sheet(sheet, call.workbook.sheets.index(sheet)))


def _sheet(sheet: Sheet, position: int) -> dict[str, Any]:
    return {"id": sheet.id, "name": sheet.title, "position": position, "visibility": sheet.visibility}
