"""Orders sorted by the names of their shops: no index of the orders has these names, so the shops are sorted."""

from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Count, QuerySet

from repairs.models import RepairOrder, Shop
from repairs.models.orders import OrderQuerySet
from repairs.paging import KeysFirst

BESIDE = ("shop",)
AT_ONCE = 200
"""Shops with few orders are sorted together, until they have so many; one with more orders is read by its index."""


def counted_by_shop(found: OrderQuerySet) -> dict[int | None, int]:
    """How many orders each shop has, by its id; None for those without a shop."""
    return dict(found.order_by().values_list("shop").annotate(Count("pk")))


def in_order_of_shops(
    found: OrderQuerySet, counted: Mapping[int | None, int], *, down: bool
) -> KeysFirst[RepairOrder]:
    """The orders by the names of their shops, then by number; those without a shop come last both ways."""
    sign = "-" if down else ""
    names = Shop.objects.filter(pk__in=[pk for pk in counted if pk]).order_by(f"{sign}name")
    groups = list(_groups(list(names.values_list("pk", flat=True)), counted))
    parts = [_sorted(found, shops, sign) for shops in groups]
    lengths = [sum(counted[shop] for shop in shops) for shops in groups]
    without = found.filter(shop=None).order_by(f"{sign}number")
    return KeysFirst(*parts, without, beside=BESIDE, lengths=[*lengths, counted.get(None, 0)])


def _groups(shops: Sequence[int], counted: Mapping[int | None, int]) -> Iterator[list[int]]:
    """The shops in portions, in their order: those with many orders each by itself, the others some at once."""
    group: list[int] = []
    for shop in shops:
        if group and sum(counted[pk] for pk in (*group, shop)) > AT_ONCE:
            yield group
            group = []
        group.append(shop)
    if group:
        yield group


def _sorted(found: OrderQuerySet, shops: Sequence[int], sign: str) -> "QuerySet[RepairOrder]":
    if len(shops) == 1:
        return found.filter(shop=shops[0]).order_by(f"{sign}number")
    return found.filter(shop__in=shops).order_by(f"{sign}shop__name", f"{sign}number")
