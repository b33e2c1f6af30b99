"""Looking orders up by fragments: RO number, shop, part number, serial, description."""

from functools import reduce
from operator import and_

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from repairs.models import Shop
from repairs.models.orders import OrderQuerySet
from repairs.parts import part_key
from repairs.reading import read_number

LONGEST_SEARCH = 200
MOST_WORDS = 8
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
    if not search.split():
        return orders
    words = telling_words(search)
    if not words:
        return orders.none()
    named = read_number(search)
    return orders.filter(reduce(and_, map(_holds, words)) | (Q(number=named) if named else NOTHING))


def telling_words(search: str) -> list[str]:
    """The words to look for; a lone dash says nothing."""
    return [word for word in search.split() if part_key(word)][:MOST_WORDS]


def number_in(search: str) -> int | None:
    """The RO number that a search names, when it names nothing else."""
    return read_number(search) if len(search.split()) == 1 else None


def _holds(word: str) -> Q:
    bare = part_key(word)
    found = Q(search__icontains=bare) | Q(shop__in=_shops(word, bare).values("pk"))
    number = read_number(word)
    return found | Q(number=number) if number else found


def _shops(word: str, bare: str) -> QuerySet[Shop]:
    plain = Replace("name", Value("-"), Value(""))
    return Shop.objects.alias(plain=plain).filter(Q(name__icontains=word) | Q(plain__icontains=bare))
