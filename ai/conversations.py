"""The verbs of conversations. Each belongs to one person; nobody else can ask in it, stop it or delete it."""

from typing import TYPE_CHECKING

from django.db import transaction

from ai import telling
from ai.lane import ring_after_commit
from ai.models import Conversation, Turn
from repairs.errors import Refusal
from sync import runs
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "turn"
LONGEST_QUESTION = 4000
LONGEST_TITLE = 80


def ask(question: str, *, by: "User", conversation: Conversation | None = None) -> Turn:
    """A new turn, in a conversation of the person's or in a new one; its answer is a run."""
    text = question.replace("\0", " ").replace("\r\n", "\n").strip()
    if not text:
        raise Refusal("Please write what you want to know.")
    if len(text) > LONGEST_QUESTION:
        raise Refusal(f"Please ask in at most {LONGEST_QUESTION:,} characters.")
    with transaction.atomic():
        place = _held(conversation, by) if conversation else _begun(text, by)
        turn = Turn.objects.create(conversation=place, question=text)
        turn.run = runs.start(kind=KIND, about=turn.pk, started_by=by.get_username(), by=by)
        turn.save(update_fields=["run"])
        place.save(update_fields=["updated_at"])
        ring_after_commit()
    return turn


def stop(turn: Turn, *, by: "User") -> None:
    """Ends an answer. What was written so far stays."""
    if turn.conversation.person_id != by.pk or turn.run is None:
        raise Refusal("There is nothing to stop.")
    runs.stop(turn.run, by=by)


def delete(conversation: Conversation, *, by: "User") -> None:
    """Deletes a conversation; the person's other tabs that show it say so."""
    pk = conversation.pk
    with transaction.atomic():
        _held(conversation, by).delete()
        transaction.on_commit(lambda: telling.conversation_deleted(by.pk, pk))


def _begun(text: str, by: "User") -> Conversation:
    line = " ".join(text.split())
    title = line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"
    return Conversation.objects.create(person=by, title=title)


def _held(conversation: Conversation, by: "User") -> Conversation:
    held = Conversation.objects.select_for_update().get(pk=conversation.pk, person=by)
    if held.turns.filter(run__state__in=Run.OPEN).exists():
        raise Refusal("The last question is still being answered. Please wait, or stop it.")
    return held
