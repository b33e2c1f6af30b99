"""What every page shows around its content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from genthrust.accounts import demo_account
from genthrust.appearance import THEMES, theme_of
from people.abilities import Abilities

# The kinds of installation that have a color of their own in the header; any other name has a third one.
KNOWN_KINDS = ("production", "staging", "demo")


def environment_kind() -> str:
    """One of KNOWN_KINDS, or "other"."""
    kind = settings.ENVIRONMENT_NAME.casefold()
    return kind if kind in KNOWN_KINDS else "other"


def shell(request: HttpRequest) -> dict[str, Any]:
    """`demo_account` is a function, so that only the sign-in page asks the database."""
    return {
        "environment_name": settings.ENVIRONMENT_NAME,
        "environment_kind": environment_kind(),
        "demo_account": demo_account,
        "local_accounts": settings.LOCAL_ACCOUNTS,
        "microsoft_sign_in": settings.MICROSOFT_SIGN_IN,
        "theme": theme_of(request),
        "themes": THEMES.items(),
        "may": Abilities(getattr(request, "user", None)),
    }
