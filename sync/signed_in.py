"""Graph in a person's own name: their tokens, renewed by whoever needs them first, one at a time.

The row in `people` is the truth. It is locked while Microsoft is asked, and read again under the lock: another worker
may just have renewed it. SQLite can lock no row, only everything; there, in one process, a lock of Python's does it.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection as database
from django.db import transaction

from genthrust.sign_in_settings import ALWAYS
from people import leaving, microsoft, sealing
from people.microsoft import Grant
from people.models import MicrosoftSignIn
from repairs import clock
from sync.graph.client import Connection
from sync.graph.connection import connection_as
from sync.graph.errors import NotNow
from sync.graph.renewing import SignInEnded, SignInService

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EARLY = timedelta(minutes=5)  # a token is renewed so long before its end
RECONNECT = "Microsoft asks {} to sign in again; until then this waits."
NOT_CONNECTED = "This person has not signed in with Microsoft."
CONNECT = (
    "The account {} has to sign in with Microsoft, at /accounts/microsoft/login/?for=program; "
    "until then this waits."
)
SHUT = (
    "No key in TOKEN_KEYS opens the sign-in of {} with Microsoft. This waits until the key is put back; "
    "manage.py doctor says more."
)
# Microsoft's numbers for an `invalid_grant` after which its person only has to come once more (Entra's list of AADSTS
# codes): consent, a second factor, a rule about the device or the place, a token that ran out or is no token.
COME_AGAIN = {
    f"AADSTS{number}"
    for number in (
        *(65001, 65004),
        *(50072, 50074, 50076, 50078, 50079, 50158),
        *(50097, 50129, 50131, 53000, 53001, 53002, 53003, 53004),
        *(70000, 70008, 70043, 700082, 700084, 9002313),
    )
}
# Any other ends all sessions. These are those that are known to: sessions are revoked by an admin, or by the person
# (“sign out everywhere”, a new password).
REVOKED = "an admin or the person revoked the sessions at Microsoft, or changed the password"
DELETED = "the account is not there at Microsoft any more"
SHUT_OUT = {
    "AADSTS50057": "the account is disabled at Microsoft",
    "AADSTS50173": REVOKED,
    "AADSTS50133": REVOKED,
    "AADSTS500341": DELETED,
    "AADSTS50034": DELETED,
}
_alone = threading.Lock()


def connection_of(person: "User") -> Connection:
    """Graph as this person, under `/me`. Every request may raise SignInEnded or NotNow, before anything is sent."""
    return connection_as(PersonToken(person.pk))


class PersonToken:
    """A person's access token: a TokenSource (sync.graph.tokens)."""

    def __init__(self, person: int) -> None:
        self._person = person

    def token(self, claims: str | None = None) -> str:
        """A token that is good for some minutes at least; with `claims` one that was given out just now.

        Raises SignInEnded while its person has to sign in, NotNow while no key of this process opens it.
        """
        row = MicrosoftSignIn.objects.filter(pk=self._person).select_related("person").first()
        row = _checked(row)
        if claims is None and _is_fresh(row):
            with suppress(sealing.Unreadable):  # then it is looked at again, under the lock
                return sealing.unseal(row.sealed_access)
        with _locked(self._person) as locked:
            found = _renewed(_checked(locked), claims)
        if isinstance(found, SignInEnded):  # raised only now, so that what it left in the row is committed
            raise found
        return found

    def forget(self) -> None:
        """Nothing of it is bound to a process."""


class AccountToken:
    """The tokens of GRAPH_ACT_AS, as which the program works. Its work waits while the account has to sign in."""

    def __init__(self, address: str) -> None:
        self._address = address

    def token(self, claims: str | None = None) -> str:
        """As PersonToken's. Raises NotNow, with what is to be done, while there is none."""
        alike = MicrosoftSignIn.objects.filter(address=self._address)
        person = next((row.pk for row in alike if row.address == self._address), 0)  # see people.entering
        try:
            return PersonToken(person).token(claims)
        except SignInEnded as error:
            raise NotNow(CONNECT.format(self._address), detail=error.detail) from error

    def forget(self) -> None:
        """Nothing of it is bound to a process."""


def _checked(row: MicrosoftSignIn | None) -> MicrosoftSignIn:
    if row is None or not row.person.is_active:
        raise SignInEnded(NOT_CONNECTED)
    if row.lost_at is not None:
        raise _ended(row)
    return row


def _ended(row: MicrosoftSignIn) -> SignInEnded:
    return SignInEnded(RECONNECT.format(row.person.get_username()), detail=row.lost_because)


def _is_fresh(row: MicrosoftSignIn) -> bool:
    return row.access_until is not None and row.access_until > clock.now() + EARLY


@contextmanager
def _locked(person: int) -> Iterator[MicrosoftSignIn | None]:
    rows = MicrosoftSignIn.objects.filter(pk=person)
    if database.features.has_select_for_update:
        with transaction.atomic():
            locked = rows.select_for_update().first()
            yield locked
    else:
        with _alone:
            yield rows.first()


def _renewed(row: MicrosoftSignIn, claims: str | None) -> str | SignInEnded:
    """The token of a row that is locked, renewed unless somebody else just did. What ended it is kept there."""
    try:
        if claims is None and _is_fresh(row):
            return sealing.unseal(row.sealed_access)
        renewed = _service(row).renew(sealing.unseal(row.sealed_refresh), claims=claims)
    except sealing.Unreadable as error:  # a process with other keys may be able to, so nothing is lost
        raise NotNow(SHUT.format(row.address)) from error
    except SignInEnded as error:
        microsoft.lose(row, f"{error.code} {error.detail}".strip())
        if error.code == "invalid_grant" and error.detail not in COME_AGAIN:
            why = SHUT_OUT.get(error.detail, "Microsoft refuses the account")
            leaving.end_sessions(row.person, f"{why} ({error.detail or error.code}).")
        return _ended(row)
    until = clock.now() + timedelta(seconds=renewed.seconds)
    scopes = renewed.scopes or row.scopes
    microsoft.renew(row, Grant(access=renewed.access, refresh=renewed.refresh, until=until, scopes=scopes))
    return renewed.access


def _service(row: MicrosoftSignIn) -> SignInService:
    """Asked for is what was granted to this person, and what a new refresh token needs."""
    return sign_in_service(sorted({*ALWAYS, *row.scopes.split()}))


def sign_in_service(scopes: Sequence[str] = ()) -> SignInService:
    """Microsoft's, for the app that people sign in to."""
    return SignInService(
        login_url=settings.MICROSOFT_LOGIN_URL,
        tenant=settings.AZURE_TENANT_ID,
        client_id=settings.SIGN_IN_CLIENT_ID,
        client_secret=settings.SIGN_IN_CLIENT_SECRET,
        scopes=scopes,
    )
