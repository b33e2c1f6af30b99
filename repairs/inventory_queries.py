"""What the inventory's pages read: the search, its filters, and the overview over them.

A figure of the overview and the list that it opens use the same filter, so they cannot disagree.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When

from repairs.models import Condition, InventoryItem
from repairs.models.inventory import LOW_STOCK
from repairs.parts import part_key
from repairs.searching import telling_words, tidy

LOW = Q(quantity__lt=LOW_STOCK)
NOT_NOTED = "none"
CONDITIONS: dict[str, str] = {**dict(Condition.choices), NOT_NOTED: "Not noted"}
Items = QuerySet[InventoryItem]


@dataclass(frozen=True)
class Lookup:
    """What a person looks for, as the address says. `condition` is a key of CONDITIONS or ""."""

    search: str = ""
    condition: str = ""
    low: bool = False

    def __bool__(self) -> bool:
        """Whether anything is looked for at all."""
        return bool(self.search or self.condition or self.low)


@dataclass(frozen=True)
class Tally:
    """Lines, pieces, and lines with low stock."""

    lines: int = 0
    pieces: int = 0
    low: int = 0


@dataclass(frozen=True)
class Stock:
    """The stock in figures, by the keys of CONDITIONS."""

    by_condition: dict[str, Tally]

    def lines(self, *, condition: str = "", low: bool = False) -> int:
        """How many lines the filters leave; "" is any condition."""
        chosen = [self.by_condition[condition]] if condition else self.by_condition.values()
        return sum(tally.low if low else tally.lines for tally in chosen)

    def pieces(self) -> int:
        return sum(tally.pieces for tally in self.by_condition.values())


def lookup(*, search: str, condition: str, low: str) -> Lookup:
    """Understands an address; what it does not know, it leaves out."""
    return Lookup(tidy(search), condition if condition in CONDITIONS else "", bool(low))


def items_of(wanted: Lookup) -> Items:
    """The lines that are looked for; those whose part number begins with the search come first."""
    found = searched(InventoryItem.objects.all(), wanted.search)
    if wanted.condition:
        found = found.filter(condition="" if wanted.condition == NOT_NOTED else wanted.condition)
    if wanted.low:
        found = found.filter(LOW)
    begins = When(part_key__startswith=part_key(wanted.search), then=Value(0))
    nearest = [Case(begins, default=Value(1))] if wanted.search else []
    return found.order_by(*nearest, "part_number", "pk")


def searched(items: Items, search: str) -> Items:
    """The lines in which every word occurs, dashes or not: in part number, serial or description."""
    words = telling_words(search)
    if search.split() and not words:
        return items.none()
    for word in words:
        items = items.filter(search__contains=part_key(word))
    return items


def stock(search: str = "") -> Stock:
    """The figures of all lines, or of those that the search finds, in one query."""
    rows = searched(InventoryItem.objects.order_by(), search).values("condition")
    counted = rows.annotate(lines=Count("pk"), pieces=Sum("quantity"), low=Count("pk", filter=LOW))
    tallies = {
        row["condition"] or NOT_NOTED: Tally(row["lines"], row["pieces"] or 0, row["low"]) for row in counted
    }
    return Stock({key: tallies.get(key, Tally()) for key in CONDITIONS})


def lowest(count: int) -> Items:
    """Low stock that was seen last."""
    return InventoryItem.objects.filter(LOW).order_by(F("last_seen").desc(nulls_last=True), "quantity", "pk")[
        :count
    ]


def recently_seen(count: int) -> Items:
    return InventoryItem.objects.filter(last_seen__isnull=False).order_by("-last_seen", "pk")[:count]


def same_part(item: InventoryItem) -> Items:
    """The other lines of an item's part."""
    return InventoryItem.objects.filter(part_key=item.part_key).exclude(pk=item.pk).order_by("source", "pk")


def stock_of(part: str) -> dict[str, Any]:
    """How many lines and pieces of a part are in stock, in whatever spelling."""
    return InventoryItem.objects.filter(part_key=part_key(part)).aggregate(
        lines=Count("pk"), pieces=Sum("quantity")
    )
