"""Who may enter, what lets us work in people's names at Microsoft, and what happened to accounts."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from people.role import Role


class AccountEvent(models.Model):
    """One sign-in, or one change of who may enter or of what a person may do.

    Written in the transaction of the act, never changed.

    It is kept in plain strings, so that it outlives the accounts.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed in"
        SIGNED_OUT = "signed out"
        FAILED = "sign-in failed"
        REFUSED = "sign-in refused"
        MADE = "account made"
        CHANGED = "account changed"
        ROLE_GIVEN = "role given"
        ROLE_TAKEN = "role taken"
        DELETED = "account deleted"
        INVITED = "invited"
        REINVITED = "invitation changed"
        CAME = "invitation used"
        UNINVITED = "invitation withdrawn"
        LINKED = "Microsoft linked"
        UNLINKED = "Microsoft unlinked"

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


class Invitation(models.Model):
    """Somebody who may enter, once, by a sign-in with Microsoft although the setting for all would not let them in."""

    email = models.EmailField(unique=True, help_text="As Microsoft has it; upper and lower case are one.")
    role = models.PositiveSmallIntegerField(
        choices=[(role.value, role.label) for role in Role], default=Role.VIEWER.value
    )
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When they first came.")
    came_as: Role | None = None  # the role of the account that uses it just now; for the trail, not kept

    class Meta:
        ordering: ClassVar[list[str]] = ["email"]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()


class MicrosoftSignIn(models.Model):
    """What lets us work in a person's own name at Microsoft. The tokens are sealed (people.sealing), never plain."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="microsoft", primary_key=True
    )
    address = models.EmailField(help_text="Their mailbox.")
    sealed_access = models.TextField(blank=True, editable=False)
    sealed_refresh = models.TextField(blank=True, editable=False)
    access_until = models.DateTimeField(null=True, blank=True, editable=False)
    scopes = models.TextField(blank=True, help_text="What the person, or an admin for all, agreed to.")
    connected_at = models.DateTimeField(help_text="The last sign-in with Microsoft.")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    lost_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when Microsoft wants the person to sign in again."
    )
    lost_because = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "Microsoft sign-in"

    def __str__(self) -> str:
        return self.address
