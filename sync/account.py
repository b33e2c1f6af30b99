"""The account of GRAPH_ACT_AS has signed in: the program's work, which waited for that, goes on at once."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from people import microsoft
from people.signals import microsoft_connected
from repairs import clock
from sync import doorbell
from sync.models import Run, Workbook

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def listen() -> None:
    microsoft_connected.connect(_on_connected, dispatch_uid="sync.account")


def _on_connected(*, person: "User", **_: Any) -> None:
    """Our own pauses end. What Microsoft asked to wait for is still waited for: every kind of work looks at that."""
    signed_in = microsoft.of(person)
    if signed_in is None or signed_in.address != settings.GRAPH_ACT_AS:
        return
    now = clock.now()
    Workbook.objects.filter(backoff_until__gt=now).update(backoff_until=None)
    Run.objects.filter(state=Run.State.QUEUED, due_at__gt=now).update(due_at=now)
    transaction.on_commit(doorbell.ring_all)
