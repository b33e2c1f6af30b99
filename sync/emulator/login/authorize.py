"""The page that a browser is sent to: who is it, do they agree, and back with a code."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from sync.emulator.http import Response
from sync.emulator.login import pages
from sync.emulator.login.directory import Directory, scopes_of
from sync.emulator.login.errors import LoginRefused, missing
from sync.emulator.login.tokens import BARRED, Principal, Tokens

# What the app asked for, which travels on in the page's form.
_ASKED = (
    *("client_id", "response_type", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method", "prompt", "login_hint"),
)


def authorize(directory: Directory, tokens: Tokens, given: Mapping[str, str]) -> Response:
    """The page, or the way back. Until app and address are known to be right, nothing is sent back."""
    asked = {name: given[name] for name in _ASKED if name in given}
    try:
        directory.check_client(asked.get("client_id", ""))
        directory.check_redirect(asked.get("redirect_uri", ""))
    except LoginRefused as refused:
        return pages.trouble(refused.text)
    try:
        return _decided(directory, tokens, asked, given)
    except LoginRefused as refused:
        kept_out = (50020, *(number for number, _ in BARRED.values()))
        if refused.number in kept_out:  # Microsoft keeps the browser of whom it does not let in
            return pages.trouble(refused.text)
        return _back(asked, error=refused.error, error_description=refused.text)


def _decided(
    directory: Directory, tokens: Tokens, asked: Mapping[str, str], given: Mapping[str, str]
) -> Response:
    _check(asked)
    directory.check_challenge(asked.get("code_challenge", ""))
    scopes = scopes_of(asked.get("scope", ""))
    if given.get("answer") == "cancel":
        raise LoginRefused("access_denied", 65004, "The user declined to consent to access the app.")
    if not given.get("person"):
        return pages.choose(directory.people(), asked, hint=asked.get("login_hint", ""))
    principal = Principal(directory.admit(given["person"]), scopes)
    tokens.check_enabled(principal.address)
    if given.get("answer") == "accept":
        earlier = tokens.consents.get(principal.address, frozenset())
        tokens.consents[principal.address] = earlier | scopes
    if not tokens.agreed(principal):
        return pages.consent(principal.address, scopes, asked)
    tokens.needs_interaction.discard(principal.address)
    code = tokens.new_code(
        principal, redirect_uri=asked["redirect_uri"], challenge=asked.get("code_challenge", "")
    )
    return _back(asked, code=code)


def _check(asked: Mapping[str, str]) -> None:
    if not asked.get("response_type"):
        raise missing("response_type")
    if asked["response_type"] != "code":
        raise LoginRefused(
            "unsupported_response_type", 700054, "response_type is not enabled for the application."
        )
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        raise LoginRefused(
            "invalid_request", 50147, "Invalid size of Code_Challenge parameter or its method."
        )


def _back(asked: Mapping[str, str], **told: str) -> Response:
    more = {**told, **({"state": asked["state"]} if "state" in asked else {})}
    return Response(302, None, {"Location": f"{asked['redirect_uri']}?{urlencode(more)}"})
