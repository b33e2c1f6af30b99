"""Who may enter for the first time by a sign-in with Microsoft, and with which role.

SIGN_UP says who besides the invited: nobody, the domains of SIGN_UP_DOMAINS, or everybody whom the tenant lets
sign in. An invitation's role goes before SIGN_UP_ROLE. It lets its person in once: whose account was deleted does not
come back by it.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from people.models import Invitation
from people.roles import Role, give, role_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

INVITED, DOMAINS, TENANT = "INVITED", "DOMAINS", "TENANT"  # the words of SIGN_UP
HAS_ACCOUNT = "{} has an account, and needs no invitation."
USED = "The invitation of {} was used already. Please ask an admin of GenThrust to invite you again."


class NotAdmitted(Exception):
    """A sentence for the person at the door."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def role_for(email: str) -> Role:
    """The role that a newcomer of this address gets. Raises NotAdmitted when they may not enter."""
    invitation = invitation_of(email)
    if invitation is not None and invitation.used_at is None:
        return Role(invitation.role)
    domain = email.rpartition("@")[2].lower()
    admitted = {INVITED: False, DOMAINS: domain in settings.SIGN_UP_DOMAINS, TENANT: True}
    if admitted[settings.SIGN_UP]:
        return Role[settings.SIGN_UP_ROLE]
    if invitation is not None:
        raise NotAdmitted(USED.format(email))
    raise NotAdmitted(f"{email or 'This account'} is not invited. Please ask an admin of GenThrust.")


def accounts_of(email: str) -> "list[User]":
    """The accounts with this very address; upper and lower case are one.

    Compared here and not in the database, where MySQL's collations take compány.example for company.example: somebody
    could come in as somebody else.
    """
    alike = get_user_model().objects.filter(email__iexact=email) if email else ()
    return [person for person in alike if person.email.lower() == email.lower()]


def account_of(email: str) -> "User | None":
    """The account that was made for this address before its person ever signed in with Microsoft.

    Raises NotAdmitted when it can't be told whose it is.
    """
    found = accounts_of(email)
    if not found:
        return None
    if len(found) > 1 or hasattr(found[0], "microsoft") or _is_linked(found[0]):
        raise NotAdmitted(
            f"The account with the address {email} belongs to another Microsoft account. "
            "Please ask an admin of GenThrust."
        )
    return found[0]


@transaction.atomic
def welcome(person: "User", role: Role) -> None:
    """A newcomer gets the role, and an invitation of theirs was used."""
    give(person, role)
    use_invitation(person)


def use_invitation(person: "User") -> None:
    """Somebody of this address is in, in whichever way: their invitation lets nobody in any more.

    An account that was there before keeps its role; the trail says which one that is.
    """
    invitation = invitation_of(person.email)
    if invitation is not None and invitation.used_at is None:
        invitation.used_at = timezone.now()
        invitation.came_as = role_of(person)
        invitation.save(update_fields=["used_at"])


def invite_again(invitation: Invitation) -> None:
    """A used invitation lets its person in once more. Raises NotAdmitted where that is not needed."""
    if invitation.used_at is None:
        raise NotAdmitted(f"{invitation.email} is invited already, and has not come yet.")
    if accounts_of(invitation.email):
        raise NotAdmitted(HAS_ACCOUNT.format(invitation.email))
    invitation.used_at = None
    invitation.save(update_fields=["used_at"])


def invitation_of(email: str) -> Invitation | None:
    """The invitation of this very address; see accounts_of."""
    alike = Invitation.objects.filter(email=email.lower()).first() if email else None
    return alike if alike is not None and alike.email == email.lower() else None


def _is_linked(person: "User") -> bool:
    from allauth.socialaccount.models import SocialAccount

    return bool(SocialAccount.objects.filter(user=person).exists())
