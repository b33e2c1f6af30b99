"""What the command palette finds: pages and acts by their names, orders, shops and parts by any fragment.

Each app adds its own pages, acts, and what can be done with one order, as it starts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import reverse

from people.abilities import Ability, may
from repairs import inventory_queries, orders, queries
from repairs.book import Book
from repairs.models import InventoryItem, RepairOrder, Shop
from repairs.parts import part_key
from repairs.searching import found_by, number_in, telling_words
from repairs.statuses import STATUSES, status_word

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_ORDERS, MOST_SHOPS, MOST_PARTS = 6, 4, 4


@dataclass(frozen=True)
class Place:
    """A page, or with `act` something that is done at once, by its name in urls.py.

    `words` is what else people call it. `keys` are the keys that lead there, one after the other: "g o".
    """

    label: str
    address: str
    words: str = ""
    keys: str = ""
    act: bool = False
    needs: Ability = Ability.SEE


@dataclass(frozen=True)
class Hit:
    """One line of the palette: a link, or with `post` a form of these fields."""

    label: str
    url: str
    detail: str = ""
    keys: str = ""
    post: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    hits: list[Hit]


OrderActs = Callable[[RepairOrder, "User"], Iterable[Hit]]


@dataclass
class _Registry:
    places: dict[str, Place] = field(default_factory=dict)
    order_acts: dict[str, OrderActs] = field(default_factory=dict)


_known = _Registry()


def add_places(*places: Place) -> None:
    _known.places |= {place.address: place for place in places}


def add_order_acts(name: str, acts: OrderActs) -> None:
    """`acts` gives what a person can do with an order that the palette was asked for by its number."""
    _known.order_acts[name] = acts


def places(person: "User") -> list[Place]:
    """The pages, then the acts, that a person is shown."""
    shown = [place for place in _known.places.values() if may(person, place.needs)]
    return sorted(shown, key=lambda place: place.act)


def find(search: str, person: "User") -> list[Group]:
    """What a search finds, in groups, the empty ones left out; without a search every page and act."""
    groups = [_of_places(search, person)]
    if search:
        named = _named_order(search)
        groups = [
            Group("order", named.label if named else "", _of_order(named, person)),
            Group("orders", "Orders", [_order_hit(order, search) for order in _orders(search, named)]),
            Group("shops", "Shops", [_shop_hit(shop) for shop in queries.shops(search)[:MOST_SHOPS]]),
            Group("parts", "Parts in stock", [_part_hit(item) for item in _parts(search)]),
            *groups,
        ]
    return [group for group in groups if group.hits]


def _of_places(search: str, person: "User") -> Group:
    words = search.casefold().split()
    found = [
        place
        for place in places(person)
        if all(word in f"{place.label} {place.words}".casefold() for word in words)
    ]
    hits = [
        Hit(place.label, reverse(place.address), keys=place.keys, post={} if place.act else None)
        for place in found
    ]
    return Group("places", "Pages and acts", hits)


def _named_order(search: str) -> RepairOrder | None:
    number = number_in(search)
    return RepairOrder.objects.select_related("shop").filter(number=number).first() if number else None


def _of_order(order: RepairOrder | None, person: "User") -> list[Hit]:
    """The order itself, then what can be done with it."""
    if order is None:
        return []
    more = [hit for acts in _known.order_acts.values() for hit in acts(order, person)]
    return [_order_hit(order), *more]


def _orders(search: str, named: RepairOrder | None) -> Iterable[RepairOrder]:
    found = RepairOrder.objects.filter(found_by(search, Book()))
    if named:
        found = found.exclude(pk=named.pk)
    return found.select_related("shop").order_by("-number")[:MOST_ORDERS]


def _parts(search: str) -> Iterable[InventoryItem]:
    wanted = inventory_queries.lookup(search=search, condition="", low="")
    return inventory_queries.items_of(wanted)[:MOST_PARTS]


def _order_hit(order: RepairOrder, search: str = "") -> Hit:
    """With its description, where that is what was found."""
    shop = order.shop.name if order.shop else "No shop"
    described = order.description if _one_stands_in(search, order.description) else ""
    told = (status_word(order.shown_status), described, shop, order.part_number)
    return Hit(order.label, order.get_absolute_url(), " · ".join(filter(None, told)))


def _one_stands_in(search: str, text: str) -> bool:
    return any(part_key(word) in part_key(text) for word in telling_words(search))


def _shop_hit(shop: Shop) -> Hit:
    return Hit(shop.name, shop.get_absolute_url(), ", ".join(filter(None, (shop.city, shop.state))))


def _part_hit(item: InventoryItem) -> Hit:
    told = (item.description, f"SN {item.serial_number}" if item.serial_number else "")
    return Hit(item.part_number, item.get_absolute_url(), " · ".join(filter(None, told)))


def steps_of(order: RepairOrder, person: "User") -> Iterable[Hit]:
    """The next step of the path; a note; a copy. As far as the person may. Leaving the path needs the order's page."""
    if may(person, Ability.WORK_ON_ORDERS):
        for status in orders.usual_next(order.status):
            if not STATUSES[status].exit:
                yield _status_act(order, status)
        yield Hit(f"Add a note to {order.label}", f"{order.get_absolute_url()}#more")
    if may(person, Ability.EDIT_ORDERS):
        yield Hit(f"New order like {order.label}", f"{reverse('order-new')}?copy={order.number}")


def _status_act(order: RepairOrder, status: str) -> Hit:
    fields = {"status": status, "expected_version": str(order.version)}
    url = reverse("order-status", args=[order.number])
    return Hit(f"Set {order.label} to {status_word(status)}", url, post=fields)
