"""What the settings of the sign-in with Microsoft come to, and what can't be right with them."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from genthrust.env import is_loopback

DOOR = ("INVITED", "DOMAINS", "TENANT")  # who may enter for the first time (people.entering)
# Who it is, and a refresh token; and what the program does in a person's name: their calendar and their To Do.
ALWAYS = ("openid", "profile", "email", "offline_access", "User.Read")
USUAL = ("Calendars.ReadWrite", "Tasks.ReadWrite")
# What the account of GRAPH_ACT_AS is asked for besides: the workbook, documents, and the shared mailbox.
PROGRAM = ("Files.ReadWrite.All", "Mail.ReadWrite.Shared", "Mail.Send.Shared")
GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def scopes(given: str) -> list[str]:
    """What is asked for at the sign-in: always who it is, and the words that were given or the usual ones."""
    return [*ALWAYS, *(word for word in given.split() or USUAL if word not in ALWAYS)]


def trouble(
    *, tenant: str, client_id: str, secret: str, login_url: str, keys: Sequence[str], domains_missing: bool
) -> str:
    """Why nobody could sign in like this, as a sentence; "" when all is there."""
    needed = {
        "AZURE_TENANT_ID": tenant,
        "SIGN_IN_CLIENT_ID (or AZURE_CLIENT_ID)": client_id,
        "SIGN_IN_CLIENT_SECRET (or AZURE_CLIENT_SECRET)": secret,
        "TOKEN_KEYS": keys,
    }
    if missing := [name for name, value in needed.items() if not value]:
        return f"MICROSOFT_SIGN_IN needs {missing[0]}."
    if not GUID.fullmatch(tenant):  # and not "common", or a domain, which no token repeats
        return (
            "AZURE_TENANT_ID must be the id of your own directory, so that nobody else's people can sign in."
        )
    if not login_url.startswith("https://") and not is_loopback(login_url):
        return "MICROSOFT_LOGIN_URL must begin with https://."
    return "SIGN_UP=domains needs SIGN_UP_DOMAINS." if domains_missing else ""


def providers(
    *, tenant: str, client_id: str, secret: str, scopes: Sequence[str], login_url: str, graph_url: str
) -> dict[str, Any]:
    """Allauth's settings of its Microsoft provider. `graph_url` is GRAPH_BASE_URL, or ""."""
    parts = urlsplit(graph_url or "https://graph.microsoft.com")
    app = {
        "client_id": client_id,
        "secret": secret,
        "settings": {
            "tenant": tenant,
            "login_url": login_url,
            "graph_url": f"{parts.scheme}://{parts.netloc}",
            "scope": list(scopes),
            "oauth_pkce_enabled": True,
        },
    }
    return {"microsoft": {"APPS": [app]}}
