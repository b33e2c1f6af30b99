"""What was counted over all orders, kept until an order is written.

Lists are looked at, sorted and turned over far more often than orders are written, and to count a large book takes
longer than to show a page of it.
"""

import hashlib
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from django.core.cache import caches

from repairs.models import OrderWriting

T = TypeVar("T")


class Book:
    """The orders in the state in which they were when first asked about, for the time of one page."""

    @cached_property
    def state(self) -> int | None:
        """Read before anything is counted, so that what is kept is never older than the state it is kept under."""
        return OrderWriting.state()

    def recall(self, what: str, reckon: Callable[[], T]) -> T:
        """What `reckon` gives, which is reckoned once for each state of the orders; `what` names it, with its day.

        Each process keeps its own, and not for long: what is written past the program is seen some minutes later.
        """
        if self.state is None:
            return reckon()
        kept: Any = caches["counted"]
        key = hashlib.sha256(f"{self.state} {what}".encode()).hexdigest()
        found: T | None = kept.get(key)
        if found is None:
            found = reckon()
            kept.set(key, found)
        return found
