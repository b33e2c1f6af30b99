"""What the domain announces, inside the transaction of the act. Listeners write their own rows there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.dispatch import Signal

if TYPE_CHECKING:
    from repairs.models import RepairOrder, StatusChange

# Sent with `order`, `event`.
order_changed = Signal()


@dataclass(frozen=True)
class OrderEvent:
    """What happened to an order: whether it is new, the fields that changed, the change of status if there was one."""

    created: bool
    fields: frozenset[str]
    status_change: "StatusChange | None" = None


def announce(order: "RepairOrder", event: OrderEvent) -> None:
    order_changed.send(sender=type(order), order=order, event=event)
