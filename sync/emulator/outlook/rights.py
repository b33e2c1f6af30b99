"""Whose mailbox a request is about, and what may be done with it and in its name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sync.emulator.errors import GraphError
from sync.emulator.login.tokens import Principal
from sync.emulator.outlook.errors import send_as_denied
from sync.emulator.outlook.postoffice import Mailbox

if TYPE_CHECKING:
    from sync.emulator.state import Call, Emulator


def mailbox_of(call: Call) -> Mailbox:
    """The mailbox in the address. GraphError 404 when there is none, 403 when it is closed to us, 400 for a `/me`
    that nobody is signed in for.
    """
    emulator = call.emulator
    signed_in = call.request.principal
    address = call.parameters.get("user")
    if address is None:
        if signed_in.is_app if signed_in else emulator.options.app_only:
            raise GraphError(
                400, "/me request is only valid with delegated authentication flow.", code="BadRequest"
            )
        address = signed_in.address if signed_in else emulator.options.me
    elif signed_in and not signed_in.opens(address) and not _shared(call, signed_in, address):
        raise GraphError(403, "Access is denied. Check credentials and try again.", code="ErrorAccessDenied")
    if not exists(emulator, address):
        raise GraphError(404, f"The requested user '{address}' is invalid.", code="ErrorInvalidUser")
    if _listed(emulator.options.forbidden_mailboxes, address):
        raise GraphError(403, "Access is denied. Check credentials and try again.", code="ErrorAccessDenied")
    return emulator.post.mailbox(address)


def exists(emulator: Emulator, address: str) -> bool:
    """Whether the tenant has such a mailbox."""
    return _listed(emulator.options.mailboxes, address) or address.lower() == emulator.options.me.lower()


def check_send_as(emulator: Emulator, address: str) -> None:
    """GraphError 403 for an address that mail must not come from."""
    options = emulator.options
    denied = f"{options.forbidden_mailboxes},{options.send_as_denied}"
    if not exists(emulator, address) or _listed(denied, address):
        raise send_as_denied()


def _shared(call: Call, signed_in: Principal, address: str) -> bool:
    """Whether it is a shared mailbox, of which a person with the scopes for it may see the mail."""
    of_mail = signed_in.scopes & {"Mail.ReadWrite.Shared", "Mail.Send.Shared"}
    is_mail = not any(word in call.request.raw_path.lower() for word in ("/events", "/todo/"))
    return bool(of_mail) and is_mail and _listed(call.emulator.options.shared_mailboxes, address)


def _listed(patterns: str, address: str) -> bool:
    """Whether an address is in a comma-separated list, in which `*` stands for anything."""
    wanted = address.lower()
    return any(fnmatchcase(wanted, pattern.strip().lower()) for pattern in patterns.split(","))
