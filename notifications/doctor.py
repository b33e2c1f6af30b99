"""What `manage.py doctor` asks of this app: whether the shared mailbox, and people's own Outlook, are open to us.

A draft without a recipient is made and deleted for good: it proves that we may write in the mailbox, and can't be
sent by mistake. Whether a mail may leave, only a mail that leaves can show. In people's own Outlook nothing is written:
one person's is read for each way in which we work there, in their own name and as the app.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model

from genthrust.doctor import Finding, mend, note, ok
from notifications import outlook
from notifications.models import Delivery, OutlookItem
from people.models import MicrosoftSignIn
from sync.graph.calendar import Calendar
from sync.graph.connection import connection
from sync.graph.errors import GraphError, NotNow, OutcomeUnknown, RetryLater
from sync.graph.mail import Letter, Mailbox
from sync.graph.renewing import SignInEnded
from sync.graph.todo import TaskList

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PART = "mailbox"
OWN = "calendar and To Do"
MARKER = "genthrust-doctor"
RIGHTS = (
    " It needs the rights Calendars.ReadWrite and Tasks.ReadWrite (of the app itself: Tasks.ReadWrite.All)."
)
LETTER = Letter((), (), "A check of the mailbox", "<p>This draft is deleted at once.</p>", MARKER)
SECONDS = 30.0


def mailbox() -> Iterator[Finding]:
    """The rights in the shared mailbox, and mails of which nobody knows whether they left."""
    yield _rights()
    if unknown := Delivery.objects.filter(state=Delivery.State.UNKNOWN).count():
        yield mend(
            PART, f"Of {unknown} mails it is not known whether they left. Please decide on their pages."
        )


def _rights() -> Finding:
    if not settings.MAIL_FROM:
        return note(PART, "MS_GRAPH_SHARED_MAILBOX is not set, so no mail can be sent to a shop.")
    try:
        _write_and_delete(settings.MAIL_FROM)
    except (outlook.NotSent, RetryLater) as error:
        return note(PART, f"{error.sentence} Please ask again later.")
    except GraphError as error:
        return mend(
            PART, f"{settings.MAIL_FROM}: {error.sentence} It needs the rights Mail.ReadWrite and Mail.Send."
        )
    return ok(
        PART, f"Drafts can be made in {settings.MAIL_FROM}. Whether mail may leave shows with the first one."
    )


def _write_and_delete(address: str) -> None:
    """The second deletion takes it out of Deleted Items. What an earlier check left behind goes, too."""
    check = outlook.refuse_while_closed
    box = Mailbox(connection(), address=address, before_send=check, read_timeout=SECONDS)
    with _heeding(address):
        box.draft(LETTER)
        for message in box.find(MARKER):
            box.delete(message.id)
            box.delete(message.id)


def calendars() -> Iterator[Finding]:
    """Whether people's calendars and To Do lists can be read: one person's for each way that is used."""
    people = [person for person in (_signed_in(), _without_sign_in()) if person is not None]
    if not people:
        yield note(OWN, "Nobody has an address yet, so no calendar can be looked at.")
    for person in people:
        yield _own_outlook(person)


def _signed_in() -> "User | None":
    rows = MicrosoftSignIn.objects.filter(lost_at__isnull=True, person__is_active=True)
    row = rows.select_related("person").order_by("-connected_at").first()
    return row.person if row else None


def _without_sign_in() -> "User | None":
    """Whose Outlook is worked in as the app: who has something there, else who was here last."""
    if settings.GRAPH_ACT_AS:  # an account of Microsoft's opens nobody else's
        return None
    people = get_user_model().objects.filter(is_active=True, microsoft__isnull=True).exclude(email="")
    item = OutlookItem.objects.filter(follow_up__person__in=people).order_by("-pk").first()
    return item.follow_up.person if item else people.order_by("-last_login", "pk").first()


def _own_outlook(person: "User") -> Finding:
    address = outlook.box_of(person)
    try:
        with _heeding(address):
            _look(person, address)
    except (outlook.NotSent, RetryLater, SignInEnded, NotNow, OutcomeUnknown) as error:
        return note(OWN, f"{address}: {error.sentence}")
    except GraphError as error:
        if error.status == 404:
            return note(OWN, f"{address}: {error.sentence} Their follow-ups stay in the tracker.")
        return mend(OWN, f"{address}: {error.sentence}{RIGHTS if error.status in (401, 403) else ''}")
    return ok(OWN, f"Those of {address} can be read. Whether they take what is due shows with the first.")


def _look(person: "User", address: str) -> None:
    """Nothing is written there, and nothing kept of what is read."""
    way, of = outlook.way_to(address, person)
    check = outlook.refuse_while_closed
    Calendar(way, address=of, before_send=check, read_timeout=SECONDS).look()
    TaskList(way, address=of, before_send=check, read_timeout=SECONDS).look()


@contextmanager
def _heeding(address: str) -> Iterator[None]:
    """Whatever that mailbox asks for counts for all processes."""
    try:
        yield
    except GraphError as error:
        outlook.heed(error, address=address)
        raise
