"""What happened to accounts, kept in plain strings, so that it outlives them."""

from typing import ClassVar

from django.db import models


class AccountEvent(models.Model):
    """One sign-in, or one change of what a person may do. Written in the transaction of the act, never changed."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed in"
        SIGNED_OUT = "signed out"
        FAILED = "sign-in failed"
        MADE = "account made"
        CHANGED = "account changed"
        ROLE_GIVEN = "role given"
        ROLE_TAKEN = "role taken"
        DELETED = "account deleted"

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=150, help_text="The account that it happened to, as it was typed.")
    by_name = models.CharField(
        max_length=150, blank=True, help_text="Who did it; empty for a command or the program."
    )
    text = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=45, blank=True, help_text="The network address that it came from.")

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "name", "at"], name="account_event_of_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}"
