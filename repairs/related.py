"""Which orders have to do with one: linked by hand, of the same part and serial, of the same part, at the same shop."""

from collections.abc import Mapping, Sequence
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

Kind = tuple[str, QuerySet[RepairOrder], Mapping[str, str | int]]
"""The title of a group, the orders that may stand in it, newest first, and the list that shows all of them."""


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
    """Each other order is shown once: as linked, or else in the first group that shows it."""
    linked = [Linked(link, *link.seen_from(order)) for link in links_of(order)]
    shown = {order.pk, *(item.other.pk for item in linked)}
    groups = []
    for title, found, query in (*_of_its_part(order), *_of_its_shop(order)):
        group = _group(title, found.exclude(pk__in=shown), query)
        shown |= {other.pk for other in group.orders}
        groups.append(group)
    return Related(linked, [group for group in groups if group.orders])


def _of_its_part(order: RepairOrder) -> list[Kind]:
    if not part_key(order.part_number):
        return []
    others = orders_of(order.part_number)
    serial = order.serial_number.strip()
    if not serial:
        return [("Same part", others, {"q": order.part_number})]
    same = others.filter(serial_number__iexact=serial)
    rest = others.exclude(serial_number__iexact=serial)
    return [
        ("Same part and serial", same, {"q": f"{order.part_number} {serial}"}),
        ("Same part", rest, {"q": order.part_number}),
    ]


def _of_its_shop(order: RepairOrder) -> list[Kind]:
    if order.shop is None:
        return []
    found = RepairOrder.objects.active().filter(shop=order.shop).select_related("shop").order_by("-number")
    return [("Open at the same shop", found, {"sheet": Sheet.ACTIVE.value, "shop": order.shop.pk})]


def _group(title: str, found: QuerySet[RepairOrder], query: Mapping[str, str | int]) -> Group:
    orders = list(found[: SHOWN + 1])
    return Group(title, orders[:SHOWN], len(orders) > SHOWN, urlencode(query))
