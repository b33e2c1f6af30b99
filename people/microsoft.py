"""The row that lets us work in a person's own name at Microsoft: kept at each sign-in, renewed, lost, dropped."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from people import sealing
from people.models import MicrosoftSignIn
from people.signals import microsoft_connected

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LOST = "microsoft_is_lost"  # annotated to a person who has to sign in with Microsoft again
_PENDING = "microsoft_grant"  # on the request that a sign-in comes back with, and nowhere else
UNREADABLE = "The key that the sign-in was sealed with was given up."


@dataclass(frozen=True)
class Grant:
    """What Microsoft gave out: tokens, until when the access token is good, and what it may be used for."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: datetime
    scopes: str


def hold(request: HttpRequest, grant: Grant, *, address: str) -> None:
    """Keeps a grant beside the request until it is known whether its person, of this mailbox, may enter."""
    setattr(request, _PENDING, (grant, address))


def keep_held(request: HttpRequest | None, person: "User") -> None:
    """The person has signed in: what was held for them is kept, sealed. Without a refresh token it is no use."""
    held: tuple[Grant, str] | None = getattr(request, _PENDING, None)
    if held is not None and held[0].refresh and held[1]:
        keep(person, held[0], address=held[1])


@transaction.atomic
def keep(person: "User", grant: Grant, *, address: str) -> MicrosoftSignIn:
    """Keeps what a sign-in gave. What waited for it goes on (people.signals.microsoft_connected)."""
    row, _ = MicrosoftSignIn.objects.update_or_create(
        person=person,
        defaults={
            **_sealed(grant),
            "address": address.lower(),
            "connected_at": timezone.now(),
            "lost_at": None,
            "lost_because": "",
        },
    )
    microsoft_connected.send(sender=MicrosoftSignIn, person=person)
    return row


def renew(row: MicrosoftSignIn, grant: Grant) -> None:
    """Microsoft renewed the tokens. Where it sent no new refresh token, the old one stays."""
    fields = _sealed(grant)
    if not grant.refresh:
        del fields["sealed_refresh"]
    _write(row, **fields, refreshed_at=timezone.now())


def lose(row: MicrosoftSignIn, because: str) -> None:
    """The tokens are no good any more: they are dropped, and the person is asked to sign in again."""
    dropped = {"sealed_access": "", "sealed_refresh": "", "access_until": None}
    _write(row, **dropped, lost_at=timezone.now(), lost_because=because[:200])


def drop(person: "User") -> None:
    """Nothing is done in the person's name any more, and nothing is left to do it with."""
    MicrosoftSignIn.objects.filter(person=person).delete()


def of(person: "User | None") -> MicrosoftSignIn | None:
    """The row of somebody who signed in with Microsoft and whose account is on; None for others."""
    if person is None or not person.is_active:
        return None
    return MicrosoftSignIn.objects.filter(person=person).first()


def with_lost(people: "QuerySet[User]") -> "QuerySet[User]":
    """These people, read together with whether they have to sign in with Microsoft again."""
    lost = MicrosoftSignIn.objects.filter(person=OuterRef("pk"), lost_at__isnull=False)
    return people.annotate(**{LOST: Exists(lost)})


@dataclass(frozen=True)
class Resealed:
    """What became of the rows: sealed anew, or shut, because no key opens them. `dropped`: the shut ones are lost."""

    done: int
    shut: int
    dropped: bool


def reseal_all(*, drop: bool = False) -> Resealed:
    """Seals everything anew under the first key. What no key opens stays as it is, or is lost with `drop`."""
    done = shut = 0
    for pk in MicrosoftSignIn.objects.filter(lost_at__isnull=True).values_list("pk", flat=True):
        with transaction.atomic():
            row = MicrosoftSignIn.objects.select_for_update().filter(pk=pk, lost_at__isnull=True).first()
            if row is None:
                continue
            if _reseal(row):
                done += 1
                continue
            shut += 1
            if drop:
                lose(row, UNREADABLE)
    return Resealed(done, shut, drop)


def _reseal(row: MicrosoftSignIn) -> bool:
    try:
        anew = {name: sealing.resealed(getattr(row, name)) for name in ("sealed_access", "sealed_refresh")}
    except sealing.Unreadable:
        return False
    _write(row, **anew)
    return True


def _sealed(grant: Grant) -> dict[str, object]:
    return {
        "sealed_access": sealing.seal(grant.access),
        "sealed_refresh": sealing.seal(grant.refresh),
        "access_until": grant.until,
        "scopes": grant.scopes,
    }


def _write(row: MicrosoftSignIn, **fields: object) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
