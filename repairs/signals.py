"""What the domain announces, inside the transaction of the act. Listeners write their own rows there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.dispatch import Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from repairs.activity import Change
    from repairs.models import Document, RepairOrder, Shop, StatusChange

# Sent with `order`, `event`.
order_changed = Signal()
# Sent with `shop`, `changes`.
shop_changed = Signal()

# Sent with `source`, `into`, before the orders of the shop that is merged into another are moved.
shop_merged = Signal()

# Sent with `document`: it was added, removed or brought back.
document_changed = Signal()


@dataclass(frozen=True)
class OrderEvent:
    """What happened to an order: whether it is new, the fields that changed, the change of status if there was one."""

    created: bool
    fields: frozenset[str]
    status_change: "StatusChange | None" = None


def announce(order: "RepairOrder", event: OrderEvent) -> None:
    order_changed.send(sender=type(order), order=order, event=event)


def announce_shop(shop: "Shop", changes: "Mapping[str, Change]") -> None:
    """`changes` holds the old and the new value of each field that changed."""
    shop_changed.send(sender=type(shop), shop=shop, changes=changes)


def announce_merge(source: "Shop", into: "Shop") -> None:
    """Inside the transaction: whoever keeps rows about the source takes them over to the other shop now."""
    shop_merged.send(sender=type(into), source=source, into=into)


def announce_document(document: "Document") -> None:
    document_changed.send(sender=type(document), document=document)
