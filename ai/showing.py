"""A turn as its page shows it: the words as safe HTML, the cards from the templates, with the data as it is now."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ai import differences, words
from ai.models import Brief, Card, Conversation, Proposal, Step, Turn
from ai.rights import may_use
from ai.tools import TOOLS, Look
from repairs import clock
from repairs.errors import Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet


STEPS = "steps__cards__proposal__order__shop"
TURNS_SHOWN = 10  # every card is looked up anew, so a page shows so many turns and not all that ever were


@dataclass(frozen=True)
class Stretch:
    """Turns of a conversation that follow each other, and the turns before which this one and the older one end.

    `older` is None at the conversation's beginning, `before` at its end.
    """

    turns: list[Turn]
    older: int | None = None
    before: int | None = None


@dataclass(frozen=True)
class ShownStep:
    """One step: its number, its words (as they stream in, or as HTML once they are whole), its cards."""

    step: Step
    html: SafeString | None
    cards: list[SafeString]


def steps_of(turn: Turn, request: HttpRequest) -> list[ShownStep]:
    """The turn for the person who asks; its forms carry the token of their request."""
    prefetch_related_objects([turn], STEPS)
    return [
        ShownStep(
            step,
            None if turn.is_open and not step.done else words.shown(step.text),
            [_card(card, request) for card in step.cards.all()],
        )
        for step in turn.steps.all()
    ]


def conversations_of(person: "User") -> "QuerySet[Conversation]":
    return Conversation.objects.filter(person=person)


def briefs_of(person: "User") -> "QuerySet[Brief]":
    return Brief.objects.filter(person=person).select_related("run", "order")


def turns_of(conversation: Conversation, before: int | None = None) -> Stretch:
    """The newest turns before the named one; the newest of all also where none is older than that."""
    turns = conversation.turns.select_related("run", "conversation").prefetch_related(STEPS).order_by("-pk")
    found = list((turns if before is None else turns.filter(pk__lt=before))[: TURNS_SHOWN + 1])
    if not found and before is not None:
        return turns_of(conversation)
    shown = found[:TURNS_SHOWN]
    return Stretch(shown[::-1], shown[-1].pk if len(found) > TURNS_SHOWN else None, before)


def _card(card: Card, request: HttpRequest) -> SafeString:
    person = cast("User", request.user)
    proposal: Proposal | None = getattr(card, "proposal", None)
    if proposal:
        return render_to_string("ai/_proposal.html", proposal_context(proposal), request)
    tool = TOOLS.get(card.tool)
    refused = card.refused
    if isinstance(tool, Look) and not refused:
        try:
            if not may_use(tool, person):
                raise Refusal("You may not see this any more.")
            return render_to_string(tool.template, tool.find(card.given, person), request)
        except Refusal as refusal:
            refused = refusal.sentence
    return render_to_string("ai/cards/refused.html", {"sentence": refused or "There is nothing to show."})


def proposal_context(proposal: Proposal, *, failed: str = "") -> dict[str, object]:
    now = clock.now()
    return {
        "proposal": proposal,
        "order": proposal.order,
        "rows": differences.shown(proposal.difference),
        "adds": differences.only_adds(proposal.difference),
        "expired": proposal.state == Proposal.State.OPEN and proposal.expires_at <= now,
        "today": clock.today(),
        "failed": failed,
    }
