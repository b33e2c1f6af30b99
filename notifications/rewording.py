"""Putting a draft that waits for approval into other words, which nobody typed. Only its subject and text change."""

from typing import TYPE_CHECKING

from django.db import transaction

from notifications import entries
from notifications.entries import PENDING
from notifications.models import Notification
from notifications.texts import Text, one_line
from repairs.errors import Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_WRITER = 100


def refuse_unfit(draft: Notification) -> None:
    """Raises Refusal for what is no draft about one order."""
    if draft.kind != Notification.Kind.EMAIL_DRAFT or draft.order_id is None or draft.rows:
        raise Refusal("Only an email about one order can be put into other words.")


def reword(
    draft: Notification, *, text: Text, written_by: str, expected_version: int, by: "User | None" = None
) -> Notification:
    """Gives a pending draft other words. Raises Overtaken when it is not as it was at `expected_version`."""
    with transaction.atomic():
        held = entries.hold(draft, states=PENDING, expected_version=expected_version)
        refuse_unfit(held.entry)
        entries.save(
            held.entry,
            subject=one_line(text.subject),
            body=text.body,
            written_by=written_by[:LONGEST_WRITER],
        )
        entries.record(held.orders, held.entry, by=by, text=f"Put the draft into the words of {written_by}.")
    draft.refresh_from_db()
    return draft


def tell_writer(draft: Notification, *, written_by: str) -> None:
    """Says who wrote a pending draft, whose words stay. What a person sees of it stays approvable."""
    pending = Notification.objects.filter(pk=draft.pk, state=Notification.State.PENDING_APPROVAL)
    if pending.update(written_by=written_by[:LONGEST_WRITER]):
        entries.queue_changed()
