"""What the command palette offers of mail."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from people.abilities import Ability, may
from repairs.models import RepairOrder
from repairs.palette import Hit

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def mail_acts(order: RepairOrder, person: "User") -> Iterable[Hit]:
    if may(person, Ability.DECIDE_MAIL):
        yield Hit(f"Write an email about {order.label}", f"{order.get_absolute_url()}#mail")
