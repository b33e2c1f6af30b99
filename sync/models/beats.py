from typing import ClassVar

from django.db import models


class Beat(models.Model):
    """When a kind of process was last heard of: a sign of life, written every few seconds."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
