"""There is always somebody who may give roles: the last admin keeps theirs."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q, QuerySet

from people.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KEPT = "{} is the last admin. Please make somebody else an admin first; otherwise nobody could give roles any more."


def admins() -> "QuerySet[User]":
    """Everybody who may give roles."""
    is_admin = Q(is_superuser=True) | Q(groups__name=Role.ADMIN.label)
    people = get_user_model().objects
    return people.filter(pk__in=people.filter(is_admin, is_active=True).values("pk"))


def is_last(*people: "User") -> bool:
    """Whether without these people nobody would be left to give roles.

    Inside a transaction it holds all admins until its end, so that two of them can't leave at the same moment.
    """
    left = {person.pk for person in people}
    if connection.in_atomic_block:
        list(admins().order_by("pk").select_for_update().values_list("pk", flat=True))
    held = set(admins().values_list("pk", flat=True))  # as it is since the lock was had
    return bool(held & left) and not held - left
