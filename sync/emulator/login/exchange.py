"""The token endpoint: a code, a refresh token, or the app's own word, against tokens."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sync.emulator.http import Response
from sync.emulator.login import assertion
from sync.emulator.login.directory import RESOURCE, Directory, identifier, scopes_of
from sync.emulator.login.errors import LoginRefused, missing
from sync.emulator.login.tokens import Principal, Tokens
from sync.emulator.options import Options

Given = Mapping[str, str]


class Exchange:
    """Answers one emulator's token endpoint."""

    def __init__(self, options: Options, directory: Directory, tokens: Tokens) -> None:
        self._options = options
        self._directory = directory
        self._tokens = tokens
        self._grants: dict[str, Callable[[Given], dict[str, Any]]] = {
            "authorization_code": self._of_code,
            "refresh_token": self._of_refresh,
            "client_credentials": self._of_app,
        }

    def answer(self, given: Given, *, audiences: Collection[str]) -> Response:
        """Tokens. LoginRefused; `audiences` are the addresses under which the endpoint is known."""
        kind = given.get("grant_type", "")
        if not kind:
            raise missing("grant_type")
        if kind not in self._grants:
            raise LoginRefused("unsupported_grant_type", 70003, f"The grant type '{kind}' is not supported.")
        self._directory.check_client(given.get("client_id", ""))
        if kind == "client_credentials" and "client_assertion" in given:
            self._check_assertion(given, audiences)
        else:
            self._directory.check_secret(given.get("client_secret", ""))
        return Response(200, self._grants[kind](given), {"Cache-Control": "no-store"})

    def _check_assertion(self, given: Given, audiences: Collection[str]) -> None:
        if given.get("client_assertion_type") != assertion.KIND:
            raise missing("client_assertion_type")
        assertion.check(
            given["client_assertion"],
            certificate=self._options.client_certificate,
            client_id=self._options.client_id,
            audiences=audiences,
        )

    def _of_code(self, given: Given) -> dict[str, Any]:
        if not given.get("code"):
            raise missing("code")
        principal = self._tokens.redeem(
            given["code"],
            redirect_uri=given.get("redirect_uri", ""),
            verifier=given.get("code_verifier", ""),
        )
        return self._given_out(principal)

    def _of_refresh(self, given: Given) -> dict[str, Any]:
        if not given.get("refresh_token"):
            raise missing("refresh_token")
        principal = self._tokens.refresh_of(given["refresh_token"])
        asked = scopes_of(given["scope"]) if given.get("scope") else principal.scopes
        if more := sorted(asked - principal.scopes):
            text = f"The user or administrator has not consented to use the application for {more[0]}."
            raise LoginRefused("invalid_grant", 65001, text, suberror="consent_required")
        self._tokens.spend(given["refresh_token"])
        return self._given_out(principal)

    def _of_app(self, given: Given) -> dict[str, Any]:
        if given.get("scope") != f"{RESOURCE}.default":
            text = f"The provided value for scope {given.get('scope', '')} is not valid: it must end in /.default."
            raise LoginRefused("invalid_scope", 1002012, text)
        return self._body(Principal("", frozenset()))

    def _given_out(self, principal: Principal) -> dict[str, Any]:
        body = self._body(principal)
        body["scope"] = " ".join(sorted(principal.scopes))
        if "offline_access" in principal.scopes:
            body["refresh_token"] = self._tokens.new_refresh(principal)
        if "openid" in principal.scopes:
            body["id_token"] = self._id_token(principal)
        return body

    def _body(self, principal: Principal) -> dict[str, Any]:
        lives = self._options.access_token_seconds
        access = self._tokens.new_access(principal)
        return {"token_type": "Bearer", "expires_in": lives, "ext_expires_in": lives, "access_token": access}

    def _id_token(self, principal: Principal) -> str:
        """Who it is; without a signature, since nobody here checks one: it comes straight from us."""
        claims = {
            "aud": self._options.client_id,
            "tid": self._options.id_token_tenant or self._options.tenant,
            "oid": identifier(principal.address),
            "preferred_username": principal.address,
            "exp": int(time.time()) + 3600,
        }
        return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
