"""The process-wide connection, made from Django's settings. Nothing else in the gateway knows of Django."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sync.graph.app_registration import AppRegistration
from sync.graph.client import Connection, Counter, Response, is_loopback
from sync.graph.errors import NeedsPerson
from sync.graph.tokens import EntraToken, StaticToken, TokenSource

GRAPH: Final = "https://graph.microsoft.com/v1.0"

__all__ = ["Connection", "Counter", "Response", "connection", "connection_as"]


@dataclass(frozen=True)
class _Address:
    base_url: str
    static_token: str = field(repr=False)
    app: AppRegistration
    act_as: str


class _Shared:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.address: _Address | None = None
        self.connection: Connection | None = None
        self.carrier: Connection | None = None

    def of(self, address: _Address) -> Connection:
        with self.lock:
            if self.connection is None or self.address != address:
                self.connection, self.address = Connection(address.base_url, _tokens(address)), address
            return self.connection

    def carried(self, base_url: str, tokens: TokenSource) -> Connection:
        with self.lock:
            if self.carrier is None or self.carrier.base_url != base_url.rstrip("/"):
                self.carrier = Connection(base_url, _Nobody())
            return Connection(base_url, tokens, carrier=self.carrier)


class _Nobody:
    """Signs nobody in: the carrier of others' requests sends none of its own."""

    def token(self, claims: str | None = None) -> str:
        raise NeedsPerson("Nobody is signed in on this connection.")

    def forget(self) -> None:
        """Nothing of it is bound to a process."""


_shared = _Shared()


def _renew_lock() -> None:
    _shared.lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)


def connection() -> Connection:
    """The connection of this process, as settings say; a new one when they point elsewhere meanwhile.

    GRAPH_BASE_URL (empty: whatever the function named by GRAPH_ADDRESS returns as (base URL, token), else
    Microsoft's own address), GRAPH_STATIC_TOKEN (loopback only), GRAPH_CREDENTIAL and what that needs;
    GRAPH_ACT_AS, which goes before those.
    Raises NeedsPerson when they do not fit together.
    """
    return _shared.of(_address())


def connection_as(tokens: TokenSource) -> Connection:
    """A connection to the same address, signed in as somebody else than the app. All of them share their sockets."""
    return _shared.carried(_address().base_url, tokens)


def _address() -> _Address:
    from django.conf import settings
    from django.utils.module_loading import import_string

    base_url, token = settings.GRAPH_BASE_URL, settings.GRAPH_STATIC_TOKEN
    hook = getattr(settings, "GRAPH_ADDRESS", None)
    if hook and not base_url:
        try:
            base_url, token = import_string(hook)()
        except ConnectionError as error:
            raise NeedsPerson(str(error)) from error
    app = AppRegistration(
        kind=settings.GRAPH_CREDENTIAL,
        tenant_id=settings.AZURE_TENANT_ID,
        client_id=settings.AZURE_CLIENT_ID,
        client_secret=settings.AZURE_CLIENT_SECRET,
        certificate=settings.AZURE_CLIENT_CERTIFICATE,
        certificate_password=settings.AZURE_CLIENT_CERTIFICATE_PASSWORD,
        login_url=settings.MICROSOFT_LOGIN_URL,
    )
    return _Address(base_url or GRAPH, token, app, settings.GRAPH_ACT_AS)


def _tokens(address: _Address) -> TokenSource:
    parts = urlsplit(address.base_url)
    if address.act_as:
        from sync.signed_in import AccountToken

        return AccountToken(address.act_as)
    if address.static_token:
        if not is_loopback(parts):
            raise NeedsPerson("GRAPH_STATIC_TOKEN is accepted only with a GRAPH_BASE_URL on this machine.")
        return StaticToken(address.static_token)
    if is_loopback(parts):
        raise NeedsPerson("A GRAPH_BASE_URL on this machine needs GRAPH_STATIC_TOKEN.")
    if missing := address.app.missing():
        raise NeedsPerson(f"Microsoft 365 is not set up: {', '.join(missing)} missing.")
    return EntraToken(address.app, scope=f"https://{parts.netloc}/.default")
