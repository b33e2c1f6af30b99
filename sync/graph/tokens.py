"""Where the bearer token comes from. Tokens are fetched in the calling thread, never on the event loop."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from typing import TYPE_CHECKING, Protocol

from sync.graph.errors import NeedsPerson, OutcomeUnknown

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from sync.graph.app_registration import AppRegistration


class TokenSource(Protocol):
    """Something that knows a bearer token for Graph."""

    def token(self, claims: str | None = None) -> str:
        """A valid token. `claims` is Graph's demand for a fresh one that satisfies these claims.

        Raises NeedsPerson when sign-in is refused, OutcomeUnknown when it could not be reached.
        """
        ...

    def forget(self) -> None:
        """Drop what is bound to the parent process; called in a child right after a fork."""
        ...


class StaticToken:
    """One fixed token, for a Graph stand-in on this machine."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self, claims: str | None = None) -> str:
        """The token; it cannot be renewed, so a demand for claims has to go unanswered."""
        if claims:
            raise NeedsPerson("Microsoft 365 asked for a new sign-in.", status=401)
        return self._token

    def forget(self) -> None:
        """Nothing of it is bound to a process."""


class EntraToken:
    """Tokens of the program itself from Microsoft Entra ID, cached and renewed by azure-identity."""

    def __init__(self, app: AppRegistration, *, scope: str) -> None:
        self._app = app
        self._scope = scope
        self._lock = threading.Lock()
        self._credential: TokenCredential | None = None

    def token(self, claims: str | None = None) -> str:
        """A token for the app; see TokenSource."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError
        from azure.identity import CredentialUnavailableError

        try:
            with self._lock:
                return self._signed_in().get_token(self._scope, claims=claims, enable_cae=True).token
        except CredentialUnavailableError as error:
            raise NeedsPerson(
                "This machine has no managed identity. Please check GRAPH_CREDENTIAL.",
                detail=type(error).__name__,
            ) from error
        except (AzureError, ValueError) as error:
            # azure-identity reports a network failure as a refusal too, with what really happened as its cause.
            refused = isinstance(error, ClientAuthenticationError | ValueError)
            if refused and not isinstance(error.__cause__, AzureError):
                raise NeedsPerson(
                    "Microsoft 365 did not accept our sign-in. Please check the AZURE_ settings.",
                    detail=type(error).__name__,
                ) from error
            raise OutcomeUnknown(
                "Microsoft's sign-in service could not be reached.", detail=type(error).__name__
            ) from error

    def forget(self) -> None:
        """Sign in anew: another thread of the parent may have held these locks."""
        self._lock = threading.Lock()
        self._credential = None

    def _signed_in(self) -> TokenCredential:
        if self._credential is None:
            self._credential = self._app.credential()
        return self._credential


def claims_challenge(authenticate: str | None) -> str | None:
    """The claims that a 401 demands in `WWW-Authenticate` (in base64), None when it demands none."""
    found = re.search(r'claims="([^"]+)"', authenticate or "")
    if not found:
        return None
    try:
        text = found.group(1)
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
