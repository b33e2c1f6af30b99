"""Which orders have to do with one: linked by hand, of the same part and serial, of the same part, at the same shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet

from repairs.knowledge import orders_of
from repairs.links import links_of
from repairs.models import OrderLink, RepairOrder
from repairs.parts import part_key
from repairs.statuses import Sheet

SHOWN = 5
"""So many orders of a group are shown."""


@dataclass(frozen=True)
class Linked:
    """A link as one of its two orders sees it."""

    link: OrderLink
    words: str
    other: RepairOrder


@dataclass(frozen=True)
class Group:
    """Related orders of one kind, newest first; `more` when there are others, which the list shows with `query`."""

    title: str
    orders: Sequence[RepairOrder]
    more: bool
    query: str


@dataclass(frozen=True)
class Related:
    linked: Sequence[Linked]
    groups: Sequence[Group]


def related_to(order: RepairOrder) -> Related:
    """Each order stands in the first group that it belongs to."""
    linked = [Linked(link, *link.seen_from(order)) for link in links_of(order)]
    groups = [*_of_its_part(order), _of_its_shop(order)]
    return Related(linked, [group for group in groups if group and group.orders])


def _of_its_part(order: RepairOrder) -> list[Group | None]:
    if not part_key(order.part_number):
        return []
    others = orders_of(order.part_number).exclude(pk=order.pk)
    serial = order.serial_number.strip()
    if not serial:
        return [_group("Same part", others, q=order.part_number)]
    same = others.filter(serial_number__iexact=serial)
    rest = others.exclude(serial_number__iexact=serial)
    return [
        _group("Same part and serial", same, q=f"{order.part_number} {serial}"),
        _group("Same part", rest, q=order.part_number),
    ]


def _of_its_shop(order: RepairOrder) -> Group | None:
    if order.shop is None:
        return None
    others = RepairOrder.objects.active().filter(shop=order.shop).exclude(pk=order.pk)
    found = others.select_related("shop").order_by("-number")
    return _group("Open at the same shop", found, sheet=Sheet.ACTIVE.value, shop=order.shop.pk)


def _group(title: str, found: QuerySet[RepairOrder], **query: str | int) -> Group:
    orders = list(found[: SHOWN + 1])
    return Group(title, orders[:SHOWN], len(orders) > SHOWN, urlencode(query))
