"""What was counted over all orders, kept until an order is written.

Lists are looked at, sorted and turned over far more often than orders are written, and to count a large book takes
longer than to show a page of it.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.core.cache import BaseCache, caches

from repairs.models import OrderWriting
from repairs.models.writings import BookState

T = TypeVar("T")
Reckon = Callable[[], T]
Revise = Callable[[T, frozenset[int]], T]


@dataclass(frozen=True)
class _Kept(Generic[T]):
    """What was found in a state of the orders, or later; `until` is when it is forgotten (seconds since 1970)."""

    found: T
    state: BookState
    until: float


class Book:
    """The orders in the state in which they were when first asked about, for the time of one page."""

    @cached_property
    def state(self) -> BookState | None:
        """Read before anything is counted, so that what is kept is never older than the state it is kept under."""
        return OrderWriting.state()

    def recall(self, what: str, reckon: Reckon[T], revise: Revise[T] | None = None) -> T:
        """What `reckon` gives, which is reckoned once for each state of the orders; `what` names it, with its day.

        Where it is known which orders were written since, `revise` makes it of what was found before and of the keys
        of these orders. They may have been counted already as they stand now, so it looks at nothing but them and
        counts what is found of them in place of what was. Each process keeps its own, and not for long: what is
        written past the program is seen some minutes later, revised or not.
        """
        if self.state is None:
            return reckon()
        cache: BaseCache = caches["counted"]
        key = hashlib.sha256(what.encode()).hexdigest()
        kept: _Kept[T] | None = cache.get(key)
        if kept and kept.state.total == self.state.total:
            return kept.found
        renewed = _revised(kept, self.state, revise) or _Kept(reckon(), self.state, _end(cache))
        cache.set(key, renewed, renewed.until - time.time())
        return renewed.found


def _revised(kept: _Kept[T] | None, state: BookState, revise: Revise[T] | None) -> _Kept[T] | None:
    written = state.written_since(kept.state) if kept and revise else None
    if not kept or not revise or written is None:
        return None
    return _Kept(revise(kept.found, written), state, kept.until)


def _end(cache: BaseCache) -> float:
    return time.time() + (cache.default_timeout or 0)
