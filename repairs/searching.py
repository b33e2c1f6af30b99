"""Looking orders up by fragments: RO number, shop, part number, serial, description."""

from functools import reduce
from operator import and_

from django.db.models import Q, Value
from django.db.models.functions import Replace

from repairs.book import Book
from repairs.models import RepairOrder, Shop
from repairs.models.orders import OrderQuerySet
from repairs.parts import part_key
from repairs.reading import read_number

LONGEST_SEARCH = 200
MOST_WORDS = 8
FEW = 1_000
"""Up to so many orders that a search finds are looked up by their keys."""
SEARCHED = "RO, shop, part number, serial and description"
"""What `searched` looks through, in words for people."""
NOTHING = Q(pk__in=[])


def tidy(search: str) -> str:
    """A search as it is carried on: without needless spaces and without what no column can hold."""
    return " ".join(search.replace("\0", " ").split())[:LONGEST_SEARCH]


def searched(orders: OrderQuerySet, search: str) -> OrderQuerySet:
    """The orders in which every word occurs, dashes or not, in any of the columns.

    RO numbers are understood as people write them: 38573, G38573, RO-38573, RO 38573.
    """
    return orders.filter(_condition(search))


def found_by(search: str, book: Book) -> Q:
    """The same as a condition, to be used several times.

    All orders are looked through for a fragment, in one narrow index; where few have it, they are looked up by their
    keys from then on.
    """
    condition = _condition(search)
    keys = book.recall(
        f"search {condition}",
        lambda: _some_keys(condition),
        lambda known, written: _searched_again(known, written, condition),
    )
    return Q(pk__in=keys) if len(keys) <= FEW else condition


def _some_keys(condition: Q) -> list[int]:
    """Enough of them to know whether they are few."""
    return list(RepairOrder.objects.order_by().filter(condition).values_list("pk", flat=True)[: FEW + 1])


def _searched_again(known: list[int], written: frozenset[int], condition: Q) -> list[int]:
    """The keys after some orders were written; what many orders had is taken to be in many still."""
    if len(known) > FEW:
        return known
    again = RepairOrder.objects.order_by().filter(condition, pk__in=written).values_list("pk", flat=True)
    return [*(key for key in known if key not in written), *again]


def _condition(search: str) -> Q:
    if not search.split():
        return Q()
    words = telling_words(search)
    if not words:
        return NOTHING
    named = read_number(search)
    return reduce(and_, map(_holds, words)) | (Q(number=named) if named else NOTHING)


def telling_words(search: str) -> list[str]:
    """The words to look for; a lone dash says nothing."""
    return [word for word in search.split() if part_key(word)][:MOST_WORDS]


def number_in(search: str) -> int | None:
    """The RO number that a search names, when it names nothing else."""
    return read_number(search) if len(search.split()) == 1 else None


def named_by(search: str) -> RepairOrder | None:
    """The order whose number a search is, as people write it, and nothing else."""
    number = read_number(search)
    return RepairOrder.objects.filter(number=number).first() if number else None


def _holds(word: str) -> Q:
    bare = part_key(word)
    found = Q(search__icontains=bare)
    if shops := _shops(word, bare):
        found |= Q(shop__in=shops)
    number = read_number(word)
    return found | Q(number=number) if number else found


def _shops(word: str, bare: str) -> list[int]:
    """Looked up first: as a part of the search, the database would look them up for each order."""
    plain = Replace("name", Value("-"), Value(""))
    found = Shop.objects.alias(plain=plain).filter(
        Q(name__lower__icontains=word.lower()) | Q(plain__lower__icontains=bare.lower())
    )
    return list(found.order_by().values_list("pk", flat=True))
