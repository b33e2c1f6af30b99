"""Telling the pages how the assistant's work stands. Only the person whom it concerns hears of a conversation."""

from ai.models import Turn
from sync import progress
from sync.models import Run

SAID = "assistant.said"
CHANGED = "assistant.changed"
DELETED = "assistant.deleted"


def group_of(person_pk: int) -> str:
    """The sockets of one person, in all their tabs."""
    return f"assistant.{person_pk}"


def units(text: str) -> int:
    """The length of a text as a browser counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def said(person_pk: int, *, turn: int, step: int, at: int, text: str) -> None:
    """More of an answer; `at` is where it stands in the step's text, in the browser's units."""
    message = {"type": SAID, "turn": turn, "step": step, "at": at, "text": text}
    progress.tell(group_of(person_pk), message, what="A piece of an answer")


def turn_changed(turn: Turn) -> None:
    """The turn is to be fetched anew, or added to its conversation where that is shown without it."""
    message = {"type": CHANGED, "turn": turn.pk, "conversation": turn.conversation_id}
    progress.tell(group_of(turn.conversation.person_id), message, what="A turn")


def conversation_deleted(person_pk: int, conversation_pk: int) -> None:
    message = {"type": DELETED, "conversation": conversation_pk}
    progress.tell(group_of(person_pk), message, what="A conversation that was deleted")


def turn_run_changed(run: Run) -> None:
    turn = Turn.objects.select_related("conversation").filter(pk=run.about or 0).first()
    if turn:
        turn_changed(turn)


def queue_changed() -> None:
    progress.hint("queue")


def draft_run_changed(run: Run) -> None:
    """A draft concerns everybody who looks at the queue, but its run is no news of its own."""
    if run.state not in Run.OPEN:
        queue_changed()
