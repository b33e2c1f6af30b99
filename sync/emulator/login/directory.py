"""Who and what the tenant knows: its people, strangers who try, and the app registration."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any

from sync.emulator.login.errors import LoginRefused, missing, unknown_client, unknown_tenant
from sync.emulator.options import Options

# What Microsoft Graph lets be asked for in a person's name. The first ones say only who it is.
SCOPES = (
    *("openid", "profile", "email", "offline_access"),
    *("User.Read", "Calendars.ReadWrite", "Tasks.ReadWrite"),
    *("Mail.ReadWrite", "Mail.Send", "Mail.ReadWrite.Shared", "Mail.Send.Shared"),
    *("Files.ReadWrite.All", "Sites.ReadWrite.All"),
)
RESOURCE = "https://graph.microsoft.com/"


class Directory:
    """The tenant, as the options have it."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def check_tenant(self, tenant: str) -> None:
        """LoginRefused for another tenant's name. One tenant's app can't be used through `common`."""
        if tenant in ("common", "organizations", "consumers"):
            raise LoginRefused(
                "invalid_request",
                50194,
                "Application is not configured as a multi-tenant application. Usage of the /common endpoint is "
                "not supported for such apps.",
            )
        if tenant != self._options.tenant:
            raise unknown_tenant(tenant)

    def check_client(self, client_id: str) -> None:
        """LoginRefused for another app than the one that is registered."""
        if not client_id:
            raise missing("client_id")
        if client_id != self._options.client_id:
            raise unknown_client(client_id, self._options.tenant)

    def check_secret(self, secret: str) -> None:
        """LoginRefused for a wrong client secret."""
        if not secret:
            text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise LoginRefused("invalid_client", 7000218, text, status=401)
        if not hmac.compare_digest(secret, self._options.client_secret):
            raise LoginRefused("invalid_client", 7000215, "Invalid client secret provided.", status=401)

    def check_redirect(self, uri: str) -> None:
        """LoginRefused for an address that is not registered: the code would go to a stranger."""
        if not any(fnmatchcase(uri, known.strip()) for known in self._options.redirect_uris.split(",")):
            text = f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured."
            raise LoginRefused("invalid_request", 50011, text)

    def check_challenge(self, challenge: str) -> None:
        """LoginRefused without one (RFC 7636), so that a code that is caught on its way is worth nothing."""
        if not (challenge or self._options.without_pkce):
            text = "Proof Key for Code Exchange is required for authorization code redemption."
            raise LoginRefused("invalid_request", 9002325, text)

    def people(self) -> list[str]:
        """The addresses that can be chosen at the sign-in, those of the tenant first."""
        return [*_addresses(self._options.people), *_addresses(self._options.outsiders)]

    def admit(self, address: str) -> str:
        """A person of the tenant. LoginRefused for one of another tenant, and for one that nobody knows."""
        if address in _addresses(self._options.people):
            return address
        if address in _addresses(self._options.outsiders):
            text = f"User account '{address}' from another identity provider does not exist in the tenant."
            raise LoginRefused("access_denied", 50020, text)
        raise LoginRefused("invalid_grant", 50034, "The user account does not exist in the directory.")


def scopes_of(text: str) -> frozenset[str]:
    """The scopes that a request asks for, without the resource that may stand before each. LoginRefused."""
    asked = {word.removeprefix(RESOURCE) for word in text.split()}
    if not asked:
        raise missing("scope")
    if unknown := sorted(asked - set(SCOPES)):
        told = f"The provided value for the input parameter 'scope' is not valid. Scope {unknown[0]} does not exist."
        raise LoginRefused("invalid_scope", 70011, told)
    return frozenset(asked)


def identifier(address: str) -> str:
    """The object id of a person, the same at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, address.lower()))


def profile(address: str, wanted: Collection[str] = ()) -> dict[str, Any]:
    """What `/me` tells of a person; with `wanted` only that."""
    nickname = address.partition("@")[0]
    whole: dict[str, Any] = {
        "id": identifier(address),
        "displayName": nickname.capitalize(),
        "givenName": nickname.capitalize(),
        "surname": None,
        "mail": address,
        "mailNickname": nickname,
        "userPrincipalName": address,
        "jobTitle": None,
        "businessPhones": [],
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "companyName": None,
    }
    return {name: value for name, value in whole.items() if not wanted or name in wanted}


def _addresses(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]
