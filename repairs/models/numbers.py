from django.db import models


class NumberSequence(models.Model):
    """The highest RO number that was ever seen or handed out. One row."""

    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)
