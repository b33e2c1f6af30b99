"""The account behind a session, with its role, and Django's permissions, which Admin asks for.

The permissions are derived from the roles instead of kept in the database.
"""

from typing import TYPE_CHECKING, Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from genthrust.access import MODELS, UNKNOWN, Open
from people.abilities import Ability, may
from people.microsoft import with_lost
from people.roles import with_roles

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth ships no types
    """Allauth's sign-in; grants `app.view_model` and the like by the rows of MODELS."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> "User | None":
        """The person of a name and a password, while local accounts are on."""
        if not settings.LOCAL_ACCOUNTS:
            return None
        found: User | None = super().authenticate(request, **credentials)
        return found

    def get_user(self, user_id: Any) -> "User | None":
        """The person of a session, in one query with the role and whether Microsoft wants them to sign in again."""
        people = with_roles(get_user_model().objects.filter(pk=user_id))
        person = (with_lost(people) if settings.MICROSOFT_SIGN_IN else people).first()
        return person if person is not None and self.user_can_authenticate(person) else None

    def has_perm(self, user_obj: "Person", perm: str, obj: Any = None) -> bool:
        app, _, codename = perm.partition(".")
        act, _, model = codename.partition("_")
        rule = MODELS.get(f"{app}.{model}", UNKNOWN)
        need = rule.read if act == "view" else rule.write
        return not isinstance(need, Open) and may(user_obj, need)

    def has_module_perms(self, user_obj: "Person", app_label: str) -> bool:
        rules = [rule for name, rule in MODELS.items() if name.startswith(f"{app_label}.")]
        return any(not isinstance(rule.read, Open) and may(user_obj, rule.read) for rule in rules)


def may_open_admin(request: HttpRequest) -> bool:
    """Admin asks the role instead of Django's `is_staff`."""
    return may(request.user, Ability.OPEN_BACK_OFFICE)
