from typing import ClassVar

from django.db import models


class OutlookBox(models.Model):
    """A mailbox that is worked with, and until when Microsoft asked to leave it alone."""

    address = models.CharField(max_length=254, unique=True)
    not_before = models.DateTimeField(null=True, blank=True, help_text="Nothing at all is sent before this.")
    task_list_id = models.TextField(blank=True, help_text="Our own list in To Do.")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When Microsoft asked for that.")

    class Meta:
        verbose_name_plural = "Outlook boxes"

    def __str__(self) -> str:
        return self.address


class OutlookSlot(models.Model):
    """One of the few places at Outlook: Microsoft takes four requests at once, over all our processes."""

    number = models.PositiveSmallIntegerField(unique=True)
    holder = models.CharField(max_length=64, blank=True)
    until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"place {self.number}"


class ClockSlot(models.Model):
    """A time at which something that goes by the clock was begun; the row decides between two schedulers."""

    name = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name", "at"], name="one_beginning_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M}"
