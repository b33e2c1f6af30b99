"""What there is to be allowed, and the least role that may: the one table of who may do what.

docs/roles.md shows it to people. Every address and socket names one of these (genthrust.access).
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from people.roles import Role, role_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Ability(StrEnum):
    SEE = "see"
    WORK_ON_ORDERS = "work_on_orders"
    EDIT_ORDERS = "edit_orders"
    KEEP_SHOPS = "keep_shops"
    DECIDE_MAIL = "decide_mail"
    STEER_SYNC = "steer_sync"
    OPEN_BACK_OFFICE = "open_back_office"
    MANAGE_PEOPLE = "manage_people"


# Ability: the least role that has it, and what it is in words.
ABILITIES: dict[Ability, tuple[Role, str]] = {
    Ability.SEE: (
        Role.VIEWER,
        "See orders, shops, inventory, the feed, the queue and runs; search; look for replies to an order's mail",
    ),
    Ability.WORK_ON_ORDERS: (
        Role.TECHNICIAN,
        "Change the status of an order, add a note, fill in the tracking number where it is asked for, take one's own "
        "last of these back, take the feed's next step, set, take off and finish reminders",
    ),
    Ability.EDIT_ORDERS: (
        Role.OFFICE,
        "Make orders, change any of their fields, move them to another sheet",
    ),
    Ability.KEEP_SHOPS: (Role.OFFICE, "Make, change and merge shops"),
    Ability.DECIDE_MAIL: (
        Role.OFFICE,
        "Write, edit, combine, approve, reject and resend emails to shops",
    ),
    Ability.STEER_SYNC: (
        Role.OFFICE,
        "Compare with Excel, try runs again or cancel them, decide about orders that need a person",
    ),
    Ability.OPEN_BACK_OFFICE: (
        Role.OFFICE,
        "Open Admin: the models, the days to a follow-up, the words of emails",
    ),
    Ability.MANAGE_PEOPLE: (Role.ADMIN, "Keep accounts and roles"),
}


def may(person: "User | AnonymousUser | None", ability: Ability) -> bool:
    """Whether a person's role is enough."""
    role = role_of(person)
    return role is not None and role >= ABILITIES[ability][0]


class Abilities:
    """What one person may do, for templates: `{% if may.edit_orders %}`. Asks the database when first asked."""

    def __init__(self, person: "User | AnonymousUser | None") -> None:
        self._person = person

    def __getitem__(self, name: str) -> bool:
        return may(self._person, Ability(name))


def table() -> Iterator[str]:
    """The table as it stands in docs/roles.md, line by line."""
    yield "| | " + " | ".join(role.label for role in Role) + " |"
    yield "|---|" + ":-:|" * len(Role)
    for least, words in ABILITIES.values():
        marks = ("✓" if role >= least else "–" for role in Role)
        yield f"| {words} | " + " | ".join(marks) + " |"
