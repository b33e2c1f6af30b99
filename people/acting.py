"""Who is at work in this thread, for records that are written where no request is at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def acting(request: HttpRequest) -> Iterator[None]:
    """Within it, the person of the request is the one who acts."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def acting_name() -> str:
    """The account at work; "" outside a request (a command, or the program itself) and for a stranger."""
    request = _request.get()
    person = getattr(request, "user", None)
    return person.get_username() if person is not None and person.is_authenticated else ""


def acting_address() -> str:
    """Where the request comes from; "" outside a request."""
    return address_of(_request.get())


def address_of(request: HttpRequest | None) -> str:
    """The network address that a request came from, past the trusted servers in front."""
    if request is None or not request.META.get("REMOTE_ADDR"):
        return ""
    try:
        return str(get_adapter().get_client_ip(request))[:45]
    except PermissionDenied:  # allauth's way to say that it can't be known
        return ""
