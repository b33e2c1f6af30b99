"""One person of each role, one without, and a stranger."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from genthrust.access import Need, Open
from people.abilities import ABILITIES
from people.roles import Role, give

STRANGER, NO_ROLE = "a stranger", "no role"
CAST = (STRANGER, NO_ROLE, *(role.label for role in Role))

SignedIn = Callable[[str], Client]


def person(name: str) -> User:
    """The person of the cast, made when first asked for."""
    made, _ = User.objects.get_or_create(username=name.lower().replace(" ", "-"))
    give(made, None if name == NO_ROLE else Role[name.upper()])
    return made


def meets(who: str, need: Need) -> bool:
    """What the table grants, worked out apart from the program's own way."""
    if isinstance(need, Open):
        return need is Open.TO_ANYONE or who != STRANGER
    return who not in (STRANGER, NO_ROLE) and Role[who.upper()] >= ABILITIES[need][0]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A browser of somebody of the cast."""

    def browser(name: str) -> Client:
        client = Client()
        if name != STRANGER:
            client.force_login(person(name))
        return client

    return browser
