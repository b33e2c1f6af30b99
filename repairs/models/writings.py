"""That orders were written: what tells a state of the book of orders from every other."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Sum

BITS_OF_A_MARK = 40
"""So that the sum of the marks of some days stays below 63 bits, where SQLite would refuse it: millions of writings."""


class OrderWriting(models.Model):
    """One row for each time that orders were written, inserted in the same transaction; nobody waits for another's.

    The sum of the marks that a transaction sees names the state of the orders that it sees: another writing, one that
    was committed late, one taken back, or a forgotten row, and it is another sum. Marks are drawn by chance, so that
    no other history of the book, from a backup for example, comes to the same sum.
    """

    mark = models.PositiveBigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["OrderWriting"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def note(cls) -> None:
        """Says that orders were written. Call it after the writing and in its transaction."""
        cls.objects.create(mark=secrets.randbits(BITS_OF_A_MARK))

    @classmethod
    def state(cls) -> int | None:
        """What names the present state of the orders; None before the first writing was noted."""
        found: int | None = cls.objects.aggregate(state=Sum("mark"))["state"]
        return found
