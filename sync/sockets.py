"""Open sockets end with what let them in: a session that is over, or what a person may do.

Who may still listen comes again at once and is let in anew. A message that is lost, because Redis is away, ends
nothing; but then nothing is heard there either, and with Redis back every socket knocks again.
"""

import hashlib
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete

from people.signals import access_changed
from sync import progress

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ENDED = "access.ended"  # the type of the message: its consumers' method
SIGNED_OUT, KNOCK_AGAIN = 4401, 1012  # the codes that a browser is told


def of_session(key: str) -> str:
    """The group of the sockets of one session, in a word that gives no session away."""
    return f"session.{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def of_person(pk: int) -> str:
    """The group of all sockets of a person."""
    return f"person.{pk}"


def listen() -> None:
    post_delete.connect(_session_ended, sender=Session, dispatch_uid="sync.sockets")
    access_changed.connect(_access_changed, dispatch_uid="sync.sockets")


def _session_ended(*, instance: Session, **_: Any) -> None:
    _end(of_session(instance.session_key), code=SIGNED_OUT)


def _access_changed(*, person: "User", **_: Any) -> None:
    _end(of_person(person.pk), code=KNOCK_AGAIN)


def _end(group: str, *, code: int) -> None:
    message = {"type": ENDED, "code": code}
    transaction.on_commit(lambda: progress.tell(group, message, what="The end of somebody's access"))
