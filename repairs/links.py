"""The verbs of links between orders: a person says that one replaces another, or that two belong together."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from repairs import activity
from repairs.errors import Refusal
from repairs.models import Activity, OrderLink, RepairOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def link(order: RepairOrder, *, by: "User | None", other: RepairOrder, kind: str) -> OrderLink:
    """Links `other` to `order`: as its replacement, or as related. Two orders have at most one link."""
    if kind not in OrderLink.Kind.values:
        raise Refusal(f"“{kind}” is no kind of link.", fields={"kind": "Please choose how they are linked."})
    if order.pk == other.pk:
        told = "An order can't be linked to itself."
        raise Refusal(told, fields={"number": told})
    with transaction.atomic():
        list(RepairOrder.objects.select_for_update().filter(pk__in=(order.pk, other.pk)).order_by("pk"))
        if between(order, other).exists():
            told = f"{order.label} and {other.label} are linked already."
            raise Refusal(told, fields={"number": told})
        made = OrderLink.objects.create(
            order=order, other=other, kind=kind, by=by, by_name=activity.name_of(by)
        )
        _record(made, by=by, ended=False)
    return made


def unlink(made: OrderLink, *, by: "User | None") -> None:
    """Takes a link away; both orders' histories keep it."""
    with transaction.atomic():
        if not OrderLink.objects.filter(pk=made.pk).delete()[0]:
            raise Refusal("That link has been taken away already.")
        _record(made, by=by, ended=True)


def links_of(order: RepairOrder) -> QuerySet[OrderLink]:
    """An order's links, in whichever direction."""
    found = OrderLink.objects.filter(Q(order=order) | Q(other=order))
    return found.select_related("order__shop", "other__shop")


def between(order: RepairOrder, other: RepairOrder) -> QuerySet[OrderLink]:
    return OrderLink.objects.filter(Q(order=order, other=other) | Q(order=other, other=order))


def _record(made: OrderLink, *, by: "User | None", ended: bool) -> None:
    for order in (made.order, made.other):
        words, other = made.seen_from(order)
        text = f"no longer: {words.lower()} {other.label}" if ended else f"{words.lower()} {other.label}"
        activity.record(order, verb=Activity.Verb.LINKED, by=by, changes={}, text=text)
