"""New tokens for a refresh token, from Microsoft's sign-in service. Nothing is kept here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from sync.graph.client import is_loopback
from sync.graph.errors import NeedsPerson, OutcomeUnknown

if TYPE_CHECKING:
    import httpx

# What only the person can mend, by signing in once more (OAuth 2.0 5.2, OpenID Connect Core 3.1.2.6, and Entra's own).
ENDED: Final = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
OF_THE_APP: Final = "https://graph.microsoft.com/.default"
# Shorter than others wait for the lock under which this is called.
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0


class SignInEnded(NeedsPerson):
    """Microsoft wants the person at the screen; before that nothing can be done in their name."""


@dataclass(frozen=True)
class Renewed:
    """`refresh` is "" where the old one stays; `seconds` is how long the access token is good."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int
    scopes: str


@dataclass(frozen=True)
class SignInService:
    """The sign-in service of one tenant, for one app registration."""

    login_url: str
    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: Sequence[str]

    def renew(self, refresh_token: str, *, claims: str | None = None) -> Renewed:
        """New tokens. `claims` is what Graph demanded of them.

        Raises SignInEnded, NeedsPerson when it is our settings that are refused, OutcomeUnknown when the service
        can't be reached or is ill. The old refresh token is still good then: Entra does not revoke what was used.
        """
        return _renewed(
            self._asked(
                {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh_token,
                    "scope": " ".join(self.scopes),
                    **({"claims": claims} if claims else {}),
                }
            )
        )

    def try_secret(self) -> None:
        """Whether the service knows the app and its secret: a token of the app's own is asked for and thrown away.

        Raises NeedsPerson where they are refused, OutcomeUnknown when the service can't be reached or is ill.
        """
        _renewed(self._asked({"grant_type": "client_credentials", "scope": OF_THE_APP}))

    def _asked(self, form: Mapping[str, str]) -> httpx.Response:
        import httpx

        whole = {**form, "client_id": self.client_id, "client_secret": self.client_secret}
        url = f"{self.login_url}/{quote(self.tenant, safe='')}/oauth2/v2.0/token"
        seconds = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        try:
            return httpx.post(
                url, data=whole, timeout=seconds, trust_env=not is_loopback(urlsplit(self.login_url))
            )
        except httpx.HTTPError as error:
            raise _unreachable(type(error).__name__) from error


def _renewed(answer: httpx.Response) -> Renewed:
    try:
        body: Any = answer.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, Mapping) else {}
    if answer.status_code != 200:
        raise _refusal(answer.status_code, body)
    try:
        return Renewed(
            access=str(body["access_token"]),
            refresh=str(body.get("refresh_token") or ""),
            seconds=int(body["expires_in"]),
            scopes=str(body.get("scope") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreachable("no token in the answer") from error


def _refusal(status: int, body: Mapping[str, Any]) -> NeedsPerson | OutcomeUnknown:
    code = str(body.get("error") or "")
    detail = str(body.get("error_description") or "").partition(":")[0][:40]
    if code in ENDED:
        return SignInEnded(
            "Microsoft asks for a new sign-in of this person.", code=code, status=status, detail=detail
        )
    if status == 429 or status >= 500 or not code:
        return _unreachable(detail or f"status {status}")
    return NeedsPerson(
        "Microsoft did not accept the app that people sign in to. Please check the SIGN_IN_ settings.",
        code=code,
        status=status,
        detail=detail,
    )


def _unreachable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown("Microsoft's sign-in service could not be reached.", detail=detail)
