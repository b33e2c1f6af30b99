"""What `manage.py doctor` asks of this app: whether the shared mailbox takes our drafts.

A draft without a recipient is made and deleted for good: it proves that we may write in the mailbox, and can't be
sent by mistake. Whether a mail may leave, only a mail that leaves can show.
"""

from collections.abc import Iterator

from django.conf import settings

from genthrust.doctor import Finding, mend, note, ok
from notifications.models import Delivery
from sync.graph.connection import connection
from sync.graph.errors import GraphError, RetryLater
from sync.graph.mail import Letter, Mailbox

PART = "mailbox"
MARKER = "genthrust-doctor"
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
        _write_and_delete(Mailbox(connection(), address=settings.MAIL_FROM, read_timeout=SECONDS))
    except RetryLater as error:
        return note(PART, f"{error.sentence} Please ask again later.")
    except GraphError as error:
        return mend(
            PART, f"{settings.MAIL_FROM}: {error.sentence} It needs the rights Mail.ReadWrite and Mail.Send."
        )
    return ok(
        PART, f"Drafts can be made in {settings.MAIL_FROM}. Whether mail may leave shows with the first one."
    )


def _write_and_delete(box: Mailbox) -> None:
    """The second deletion takes it out of Deleted Items. What an earlier check left behind goes, too."""
    box.draft(LETTER)
    for message in box.find(MARKER):
        box.delete(message.id)
        box.delete(message.id)
