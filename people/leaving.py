"""Somebody may not stay signed in here: their sessions end, in every browser."""

from typing import TYPE_CHECKING

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from people.models import AccountEvent
from people.trail import record

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def end_all_sessions() -> int:
    """Nobody is signed in any more, in any browser; how many sessions that were."""
    return Session.objects.all().delete()[0]


def end_sessions(person: "User", why: str) -> None:
    """Ends the sessions of a person, and with each of them its open sockets. The trail says why, if there were any.

    Whose a session is stands inside it, so all that still last are looked through: what calls this is rare.
    """
    ended = 0
    for session in Session.objects.filter(expire_date__gte=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()
            ended += 1
    if ended:
        record(AccountEvent.Kind.SIGNED_OUT, person.get_username(), text=f"Everywhere: {why}")
