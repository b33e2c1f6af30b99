"""The selection in the list: what may be done with it, and which orders it means: those of the rows that are ticked, or
all that the list holds on all of its pages.
"""

from collections.abc import Iterator

from django.http import QueryDict

from repairs import listing
from repairs.keys import read_key
from repairs.listing import Listing
from repairs.statuses import STATUSES, status_word

NAME = "order"
WHOLE = "whole"
LIST = "list"


def chosen_in(sent: QueryDict) -> dict[int, int]:
    """The RO numbers, each with the version at which it was seen; what a page of ours would not send is left out."""
    return dict(_pairs(sent))


def list_of(sent: QueryDict) -> Listing:
    """The list in which the selection was made."""
    return listing.listing(QueryDict(sent.get(LIST, "")))


def numbers_of(sent: QueryDict) -> list[int]:
    return list(chosen_in(sent))


def _pairs(sent: QueryDict) -> Iterator[tuple[int, int]]:
    for value in sent.getlist(NAME):
        number, version = map(read_key, value.partition("-")[::2])
        if number is not None and version is not None:
            yield number, version


def status_choices() -> list[tuple[str, str, bool]]:
    """Every status with its word, and whether it asks if the unit came back."""
    return [(name, status_word(name), status.asks_return) for name, status in STATUSES.items()]
