"""What a person's token opens in Graph: their own things, as far as its scopes go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.emulator.errors import GraphError
from sync.emulator.http import Response
from sync.emulator.login.directory import profile
from sync.emulator.login.tokens import Principal

if TYPE_CHECKING:
    from sync.emulator.state import Call

# The word in a path, and the scopes of which one must be there.
_NEEDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("/events", frozenset({"Calendars.ReadWrite"})),
    ("/todo/", frozenset({"Tasks.ReadWrite"})),
    ("/send", frozenset({"Mail.Send", "Mail.Send.Shared"})),
    ("/messages", frozenset({"Mail.ReadWrite", "Mail.ReadWrite.Shared"})),
    ("/mailfolders", frozenset({"Mail.ReadWrite", "Mail.ReadWrite.Shared"})),
    ("/drives/", frozenset({"Files.ReadWrite.All", "Sites.ReadWrite.All"})),
    ("/sites/", frozenset({"Sites.ReadWrite.All"})),
)


def check_scopes(principal: Principal | None, path: str) -> None:
    """GraphError 403 for a person's token without a scope for this path (without the version)."""
    if principal is None or principal.is_app:
        return
    lower = path.lower()
    for word, scopes in _NEEDS:
        if word in lower:
            if not scopes & principal.scopes:
                raise GraphError(
                    403, "Access is denied. Check credentials and try again.", code="ErrorAccessDenied"
                )
            return


def get_me(call: Call) -> Response:
    """The profile of whoever is signed in."""
    principal, options = call.request.principal, call.emulator.options
    if principal.is_app if principal else options.app_only:
        raise GraphError(
            400, "/me request is only valid with delegated authentication flow.", code="BadRequest"
        )
    if principal and "User.Read" not in principal.scopes:
        raise GraphError(403, "Insufficient privileges.", code="Authorization_RequestDenied")
    wanted = call.request.query_value("$select") or ""
    address = principal.address if principal else options.me
    return Response(200, profile(address, [name for name in wanted.split(",") if name]))
