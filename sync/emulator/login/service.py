"""The addresses of the sign-in service, beside those of Graph."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sync.emulator.http import Request, Response
from sync.emulator.login import pages
from sync.emulator.login.authorize import authorize
from sync.emulator.login.directory import Directory
from sync.emulator.login.errors import LoginRefused, missing
from sync.emulator.login.exchange import Exchange
from sync.emulator.login.tokens import Tokens

if TYPE_CHECKING:
    from sync.emulator.state import Emulator

_AUTHORIZE, _TOKEN = "oauth2/v2.0/authorize", "oauth2/v2.0/token"
_DISCOVERY = "v2.0/.well-known/openid-configuration"
_PATH = re.compile(rf"/(?P<tenant>[^/]+)/(?P<what>{re.escape(_AUTHORIZE)}|{_TOKEN}|{re.escape(_DISCOVERY)})")


def is_login(request: Request) -> bool:
    """Whether a request is for the sign-in service."""
    return _PATH.fullmatch(request.raw_path) is not None


class Login:
    """The sign-in service of one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._directory = Directory(emulator.options)
        self._exchange = Exchange(emulator.options, self._directory, emulator.tokens)

    @property
    def _tokens(self) -> Tokens:
        return self._emulator.tokens

    def answer(self, request: Request) -> Response:
        """The page or the answer at one of its addresses."""
        found = _PATH.fullmatch(request.raw_path)
        tenant, what = found.group("tenant", "what") if found else ("", "")
        try:
            self._directory.check_tenant(tenant)
            if what == _AUTHORIZE:
                return authorize(self._directory, self._tokens, _given(request))
            return _discovery(request, tenant) if what == _DISCOVERY else self._token(request, tenant)
        except LoginRefused as refused:
            return pages.trouble(refused.text) if what == _AUTHORIZE else refused.answer()

    def _token(self, request: Request, tenant: str) -> Response:
        if request.method != "POST":
            raise LoginRefused(
                "invalid_request", 900561, "The endpoint only accepts POST requests.", status=405
            )
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise missing("grant_type")
        known = {
            f"{self._root()}/{tenant}/{_TOKEN}",
            f"https://{request.headers.get('host')}/{tenant}/{_TOKEN}",
        }
        return self._exchange.answer(_form(request), audiences=known)

    def _root(self) -> str:
        return self._emulator.base_url.removesuffix("/v1.0")


def _discovery(request: Request, tenant: str) -> Response:
    """Asked for by clients that insist on TLS, which somebody in front of the emulator must speak then."""
    root = f"https://{request.headers.get('host')}/{tenant}"
    body: dict[str, Any] = {
        "issuer": f"{root}/v2.0",
        "authorization_endpoint": f"{root}/{_AUTHORIZE}",
        "token_endpoint": f"{root}/{_TOKEN}",
        "response_types_supported": ["code"],
    }
    return Response(200, body)


def _given(request: Request) -> dict[str, str]:
    """What the app asked in the address, or the page's form carried on."""
    return _form(request) if request.method == "POST" else dict(parse_qsl(request.query))


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
