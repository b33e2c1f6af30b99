"""What can be chosen about the emulated service, at the start or while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_CHOICES: dict[str, tuple[Any, ...]] = {
    "lock_conflict_status": (409, 429),
    "apostrophe_in_text_cells": ("keep", "swallow"),
    "second_send": ("delivers", "refused"),
    "loses_on_send": ("", "marker", "internet_message_id", "immutable_id"),
    "duplicate_transaction_status": (400, 409),
    "old_refresh_tokens": ("valid", "refused"),
}


@dataclass(slots=True)
class Options:
    """Times are in seconds, except the two latencies in milliseconds.

    The defaults follow the documentation; where it is silent both answers can be chosen.
    Mailboxes are given as comma-separated addresses, in which `*` stands for anything. `me` is the person whose token
    it is; with `app_only` there is none. In the `forbidden_mailboxes` nothing may be done, from `send_as_denied`
    nothing sent. The `shared_mailboxes` are open to a person's token with the scopes for it (`Mail.ReadWrite.Shared`).
    A message that was sent stays in Drafts for `drafts_linger` seconds; `second_send` is what sending it again then
    does, and `loses_on_send` what the copy in Sent Items has lost or has anew.
    With `retypes_text_cells`, what is written into a cell is taken as typed whatever its format.
    An upload to a name that is taken is refused at its end or, with `upload_refuses_early`, at its beginning.
    The sign-in: `tenant` and its app registration (`client_id`, its secret, its certificate as PEM, the `redirect_uris`
    it may send browsers to, in which `*` stands for anything), the tenant's `people`, and `outsiders` of another.
    With `asks_consent` each person is asked whether they agree; else an admin did for all. A refresh token that was
    used is still good or, with `old_refresh_tokens` refused, not. `id_token_tenant` is what an ID token names as its
    tenant, where that is to be another. Nobody is signed in without a challenge, except `without_pkce`: Microsoft
    holds only public apps to that, and the emulator the tracker.
    """

    latency_ms: int = 0
    step_latency_ms: int = 0
    save_debounce: float = 1.0
    save_lag: float = 0.0
    session_timeout: float = 300.0
    session_error_status: int = 404
    lock_conflict_status: int = 429
    apostrophe_in_text_cells: str = "keep"
    retypes_text_cells: bool = False
    async_sessions: bool = False
    async_session_polls: int = 1
    me: str = "demo@genthrust.example"
    app_only: bool = False
    mailboxes: str = "*@genthrust.example"
    forbidden_mailboxes: str = ""
    send_as_denied: str = ""
    shared_mailboxes: str = ""
    drafts_linger: float = 2.0
    second_send: str = "delivers"
    loses_on_send: str = ""
    outlook_concurrency: int = 4
    duplicate_transaction_status: int = 409
    upload_refuses_early: bool = False
    tenant: str = "5f0c1b1e-7a0e-4c7a-9d2b-3f6a1c9e0d11"
    client_id: str = "emulated-app"
    client_secret: str = "emulated-app-secret"  # noqa: S105 (opens nothing but an emulator)
    client_certificate: str = ""
    redirect_uris: str = "http://127.0.0.1:*/accounts/microsoft/login/callback/,http://localhost:*/accounts/microsoft/login/callback/"
    people: str = "demo@genthrust.example,office@genthrust.example,viewer@genthrust.example"
    outsiders: str = "visitor@elsewhere.example"
    asks_consent: bool = False
    without_pkce: bool = False
    access_token_seconds: int = 3600
    old_refresh_tokens: str = "valid"
    id_token_tenant: str = ""

    def update(self, values: Mapping[str, Any]) -> None:
        """Take over new values; ValueError names the first that is unknown or of the wrong kind."""
        checked = {name: self._checked(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        defaults = asdict(Options())
        if name not in defaults:
            raise ValueError(f"unknown option {name!r}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"option {name!r} must be one of {_CHOICES[name]}")
        wanted = type(defaults[name])
        accepted: tuple[type, ...] = (int, float) if wanted is float else (wanted,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
            raise ValueError(f"option {name!r} must be of type {wanted.__name__}")
        if isinstance(value, (int, float)) and value < 0:
            raise ValueError(f"option {name!r} must not be negative")
        return wanted(value)

    def as_dict(self) -> dict[str, Any]:
        """All options, ready for JSON."""
        return asdict(self)
