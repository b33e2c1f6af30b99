"""What the command palette offers of the assistant."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse

from repairs.models import RepairOrder
from repairs.palette import Hit
from repairs.parts import part_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def research_acts(order: RepairOrder, person: "User") -> Iterable[Hit]:
    if part_key(order.part_number):
        yield Hit(f"Research the part of {order.label}", reverse("research"), post={"what": order.label})
