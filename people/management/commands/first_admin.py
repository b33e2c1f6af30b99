"""`manage.py first_admin EMAIL`: the first person who may give roles."""

import getpass
import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db import transaction

from genthrust.commands import DatabaseCommand
from people.entering import accounts_of, invitation_of
from people.last_admin import admins
from people.models import Invitation
from people.roles import Role, give

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Command(DatabaseCommand):
    help = (
        "Makes the person with this address an admin: an account that is there gets the role; else the address is "
        "invited to sign in with Microsoft, or, where only local accounts are on, gets one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--one-more", action="store_true", help="although there is an admin already")

    def handle(self, *, email: str, one_more: bool, **_: Any) -> None:
        email = _checked(email)
        if admins().exists() and not one_more:
            raise CommandError(
                "There is an admin already, who can give roles (Admin, People). See --one-more."
            )
        if known := accounts_of(email):
            self._promote(known[0])
        elif settings.MICROSOFT_SIGN_IN:
            self._invite(email)
            self.stdout.write(f"{email} is invited, and becomes an admin by signing in with Microsoft.")
        else:
            self._make(email)

    @transaction.atomic
    def _promote(self, person: "User") -> None:
        person.is_active = True
        person.save(update_fields=["is_active"])
        give(person, Role.ADMIN)
        self.stdout.write(f"{person.get_username()} is an admin now.")

    def _invite(self, email: str) -> None:
        """Anew, too, where it was used or is for a lesser role."""
        invitation = invitation_of(email) or Invitation(email=email)
        alike = Invitation.objects.filter(email=email).exclude(pk=invitation.pk).first()
        if alike is not None:
            raise CommandError(
                f"There is an invitation of “{alike.email}”, which the database takes for the same address. Please "
                "delete it first (Admin, Invitations), or let its person come."
            )
        invitation.role, invitation.used_at = Role.ADMIN.value, None
        invitation.save()

    @transaction.atomic
    def _make(self, email: str) -> None:
        password = _password()
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        person = get_user_model().objects.create_user(email, email=email, password=password)
        give(person, Role.ADMIN)
        self.stdout.write(f"The account {email} is made, and is an admin.")


def _checked(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise CommandError(f"“{email}” is no email address.") from error
    return email


def _password() -> str:
    """Asked for twice at a terminal; else one line of the input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("A password for the account: ")
    if password != getpass.getpass("The same again: "):
        raise CommandError("These were two different passwords. Nothing was made.")
    return password
