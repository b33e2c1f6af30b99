"""Who may sign in. Nobody signs up: accounts are made by the office, and by the demo for itself."""

from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse

from people.listening import failed_too_often
from people.roles import Role, give

DEMO_USERNAME = "demo"


@dataclass(frozen=True)
class DemoAccount:
    username: str
    password: str
    email: str  # the address of an Outlook in the emulator


# Not a secret: it opens only a demo beside an emulator, and its sign-in page tells it to everybody.
DEMO = DemoAccount(
    username=DEMO_USERNAME,
    password="genthrust-demo",  # noqa: S106 (told on the sign-in page)
    email="demo@genthrust.example",
)


# Beside it, one account for each lesser role, to see what they see. They have the same password.
DEMO_ROLES = {"office": Role.OFFICE, "technician": Role.TECHNICIAN, "viewer": Role.VIEWER}


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Besides allauth's own limits, which each process counts for itself: one that all of them share."""
        super().pre_authenticate(request, **credentials)
        if failed_too_often(str(credentials.get("username") or "")):
            raise self.validation_error("too_many_login_attempts")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("dashboard")


def create_demo_account() -> bool:
    """Makes the demo's accounts, the first with every permission, when Graph is emulated and nobody has one yet.

    Gives whether they were made.
    """
    users = get_user_model().objects
    if not settings.GRAPH_EMULATED or users.exists():
        return False
    users.create_superuser(DEMO.username, email=DEMO.email, password=DEMO.password)
    for name, role in DEMO_ROLES.items():
        give(users.create_user(name, email=f"{name}@genthrust.example", password=DEMO.password), role)
    return True


def demo_account() -> DemoAccount | None:
    """The account that the sign-in page tells: only in a demo, and only while it exists."""
    if not settings.GRAPH_EMULATED:
        return None
    return DEMO if get_user_model().objects.filter(username=DEMO.username, is_active=True).exists() else None
