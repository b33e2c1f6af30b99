"""That orders were written: what tells a state of the book of orders from every other."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from django.db import models
from django.db.models import Subquery, Sum, Value

BITS_OF_A_MARK = 40
"""So that the sum of the marks of some days stays below 63 bits, where SQLite would refuse it: millions of writings."""
LATEST = 100
"""Between two states that lie so many writings apart, it is known which orders were written."""


class Writing(NamedTuple):
    """One writing of orders: its mark, and the key of the only order that was written, or None where it may be any."""

    mark: int
    order_key: int | None


@dataclass(frozen=True)
class BookState:
    """The writings that a transaction sees: the sum of all their marks, and the latest of them by their ids."""

    total: int
    latest: Mapping[int, Writing]

    def written_since(self, earlier: "BookState") -> frozenset[int] | None:
        """The keys of all orders that were written between two states; None where that can't be told.

        What is newly seen must make up the whole difference of the sums. It does not when anything else happened: more
        was written than the latest, a writing that was seen was taken back or forgotten, or one begun long ago was
        committed.
        """
        new = [writing for key, writing in self.latest.items() if key not in earlier.latest]
        keys = {writing.order_key for writing in new if writing.order_key is not None}
        any_order = any(writing.order_key is None for writing in new)
        if any_order or self.total - earlier.total != sum(writing.mark for writing in new):
            return None
        return frozenset(keys)


class OrderWriting(models.Model):
    """One row for each time that orders were written, inserted in the same transaction; nobody waits for another's.

    The sum of the marks that a transaction sees names the state of the orders that it sees: another writing, one that
    was committed late, one taken back, or a forgotten row, and it is another sum. Marks are drawn by chance, so that
    no other history of the book, from a backup for example, comes to the same sum.

    `order_key` is no foreign key: an order that is gone was written as well, and nobody shall wait for its row.
    """

    mark = models.PositiveBigIntegerField()
    order_key = models.BigIntegerField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["OrderWriting"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def note(cls, order_key: int | None = None) -> None:
        """Says that this order was written and no other, or that any may have been.

        Call it after the writing and in its transaction.
        """
        cls.objects.create(mark=secrets.randbits(BITS_OF_A_MARK), order_key=order_key)

    @classmethod
    def state(cls) -> BookState | None:
        """The present state of the orders, seen at one moment; None before the first writing was noted."""
        total = cls.objects.order_by().values(every=Value(1)).annotate(total=Sum("mark")).values("total")
        latest = cls.objects.order_by("-pk").annotate(total=Subquery(total))[:LATEST]
        rows = list(latest.values_list("pk", "mark", "order_key", "total"))
        if not rows:
            return None
        return BookState(int(rows[0][3]), {pk: Writing(mark, key) for pk, mark, key, _ in rows})
