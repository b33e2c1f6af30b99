"""Codes and tokens that were given out, and what has become of them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final

from sync.emulator.clock import Clock
from sync.emulator.login.errors import LoginRefused
from sync.emulator.options import Options

CODE_SECONDS = 600
REFRESH_SECONDS = 90 * 24 * 3600
# What an admin does to a person, and Microsoft's number and words for who may not come in any more.
BARRED: Final = {
    "disable": (50057, "The user account is disabled."),
    "delete": (500341, "The user account has been deleted from the directory."),
    "unassign": (50105, "The signed in user is not assigned to a role for the application."),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request comes: a person with scopes, or, with no address, the app itself."""

    address: str
    scopes: frozenset[str]

    @property
    def is_app(self) -> bool:
        """Whether nobody is signed in."""
        return not self.address

    def opens(self, address: str) -> bool:
        """Whether this mailbox is the person's own; an app opens all."""
        return self.is_app or address.lower() == self.address.lower()


@dataclass(slots=True)
class Code:
    """What a browser carries back: good once, for a while, for whoever can prove that they asked."""

    principal: Principal
    redirect_uri: str
    challenge: str
    until: float
    redeemed: bool = False


@dataclass(slots=True)
class Held:
    """An access or refresh token."""

    principal: Principal
    until: float
    refused: bool = False


@dataclass
class Tokens:
    """Everything that was given out by one emulator."""

    clock: Clock
    options: Options
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Held] = field(default_factory=dict)
    refresh: dict[str, Held] = field(default_factory=dict)
    consents: dict[str, frozenset[str]] = field(default_factory=dict)
    needs_interaction: set[str] = field(default_factory=set)
    barred: dict[str, str] = field(default_factory=dict)  # address to the act in BARRED

    def clear(self) -> None:
        """Nobody was ever signed in."""
        for kept in (self.codes, self.access, self.refresh, self.consents, self.barred):
            kept.clear()
        self.needs_interaction.clear()

    def new_code(self, principal: Principal, *, redirect_uri: str, challenge: str) -> str:
        """A code for the browser to carry back."""
        code = f"0.{secrets.token_urlsafe(40)}"
        self.codes[code] = Code(principal, redirect_uri, challenge, self.clock.now() + CODE_SECONDS)
        return code

    def redeem(self, code: str, *, redirect_uri: str, verifier: str) -> Principal:
        """Whom a code stands for. LoginRefused when it is not what was given out, or not to this caller."""
        known = self.codes.get(code)
        if known is None:
            raise LoginRefused("invalid_grant", 9002313, "Invalid request. The code is malformed or invalid.")
        if known.redeemed:
            raise LoginRefused("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
        if known.until < self.clock.now():
            raise LoginRefused("invalid_grant", 70008, "The provided authorization code has expired.")
        if known.redirect_uri != redirect_uri:
            raise LoginRefused(
                "invalid_grant", 500112, "The reply address does not match the one of the request."
            )
        if known.challenge and known.challenge != _challenge(verifier):
            raise LoginRefused(
                "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge."
            )
        known.redeemed = True
        return known.principal

    def new_access(self, principal: Principal) -> str:
        """An access token."""
        token = f"eyJ0.{secrets.token_urlsafe(60)}"
        self.access[token] = Held(principal, self.clock.now() + self.options.access_token_seconds)
        return token

    def new_refresh(self, principal: Principal) -> str:
        """A refresh token."""
        token = f"1.{secrets.token_urlsafe(60)}"
        self.refresh[token] = Held(principal, self.clock.now() + REFRESH_SECONDS)
        return token

    def refresh_of(self, token: str) -> Principal:
        """Whom a refresh token stands for. LoginRefused when it is not good any more."""
        held = self.refresh.get(token)
        if held is None:
            raise LoginRefused("invalid_grant", 9002313, "Invalid request. The refresh token is malformed.")
        if held.until < self.clock.now():
            raise LoginRefused("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        self.check_enabled(held.principal.address)
        if held.refused:
            text = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            raise LoginRefused("invalid_grant", 50173, text, suberror="bad_token")
        self._check_interaction(held.principal)
        return held.principal

    def check_enabled(self, address: str) -> None:
        """LoginRefused for somebody whom an admin has barred."""
        if address in self.barred:
            raise LoginRefused("invalid_grant", *BARRED[self.barred[address]])

    def spend(self, token: str) -> None:
        """A refresh token was exchanged for a new one."""
        if self.options.old_refresh_tokens == "refused":
            self.refresh[token].refused = True

    def agreed(self, principal: Principal) -> bool:
        """Whether the person, or the tenant's admin for all, agreed to what the app asks."""
        return not self.options.asks_consent or principal.scopes <= self.consents.get(
            principal.address, frozenset()
        )

    def revoke(self, address: str) -> None:
        """An admin revokes the person's sessions: no refresh token of theirs is good any more."""
        for held in self.refresh.values():
            held.refused = held.refused or held.principal.address == address

    def all_texts(self) -> list[str]:
        """Every code and token that was given out, for tests that look where they must not stand."""
        return [*self.codes, *self.access, *self.refresh]

    def _check_interaction(self, principal: Principal) -> None:
        if principal.address in self.needs_interaction:
            text = "Due to a configuration change made by your administrator, you must use multi-factor authentication."
            claims = '{"access_token":{"capolids":{"essential":true,"values":["1"]}}}'
            raise LoginRefused("interaction_required", 50076, text, suberror="basic_action", claims=claims)
        if not self.agreed(principal):
            text = "The user or administrator has not consented to use the application."
            raise LoginRefused("invalid_grant", 65001, text, suberror="consent_required")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
