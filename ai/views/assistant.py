"""The assistant's page, its panel beside other pages, and what a person does in a conversation."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ai import conversations, gateway, proposals, showing
from ai.models import Conversation, Proposal, Turn
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.views import histories
from repairs.views.fragments import wants_fragment

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

LISTED = 50
BRIEFS_LISTED = 5


@require_safe
@never_cache
def page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A conversation with the list of the others; without a number, a new one."""
    conversation = _conversation(request, pk) if pk else None
    context = _context(request, conversation)
    listed = showing.conversations_of(_person(request))[:LISTED]
    briefs = showing.briefs_of(_person(request))[:BRIEFS_LISTED]
    return render(request, "ai/assistant.html", context | {"listed": listed, "briefs": briefs})


@require_safe
@never_cache
def panel(request: HttpRequest) -> HttpResponse:
    """The panel's content: the conversation that went on last, or with `new` an empty one."""
    latest = None if "new" in request.GET else showing.conversations_of(_person(request)).first()
    return render(request, "ai/_talk.html", _context(request, latest) | {"in_panel": True})


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """A question. 422 with the reason when it can't be taken; what was typed stays."""
    pk = read_key(request.POST.get("conversation", ""))
    conversation = None if pk is None else _conversation(request, pk)
    try:
        turn = conversations.ask(
            request.POST.get("question", ""), by=_person(request), conversation=conversation
        )
    except Refusal as refusal:
        context = _context(request, conversation) | {
            "typed": request.POST.get("question", ""),
            "fault": refusal.sentence,
            "in_panel": "in_panel" in request.POST,
        }
        return _talk(request, context, status=422)
    if not wants_fragment(request):
        return redirect(turn.conversation)
    if (
        conversation is None and "in_panel" not in request.POST
    ):  # the page gets its address, its title and its list
        return HttpResponse(headers={"HX-Redirect": turn.conversation.get_absolute_url()})
    in_panel = "in_panel" in request.POST
    answer = _talk(request, _context(request, turn.conversation) | {"in_panel": in_panel})
    if not in_panel:  # it may have been asked beside earlier turns, and the newest are shown now
        answer["HX-Replace-Url"] = turn.conversation.get_absolute_url()
    return answer


@require_safe
@never_cache
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """One turn as it stands now, from its start."""
    return render(request, "ai/_turn.html", {"item": _shown(_turn(request, pk), request)})


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = _turn(request, pk)
    try:
        conversations.stop(found, by=_person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    if wants_fragment(request):
        return render(request, "ai/_turn.html", {"item": _shown(_turn(request, pk), request)})
    return redirect(found.conversation)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        conversations.delete(_conversation(request, pk), by=_person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect("conversation", pk)
    messages.success(
        request,
        "The conversation is deleted. The log of what the model was asked and answered is kept for "
        f"{settings.AI_KEEP_DAYS} days.",
    )
    return redirect("assistant")


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, proposals.confirm)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, proposals.discard)


def _decide(request: HttpRequest, pk: int, verb: "Callable[..., Proposal]") -> HttpResponse:
    """Decides about a proposal and shows it as it stands then, with the reason when that was not possible."""
    proposal = get_object_or_404(_proposals(request), pk=pk)
    failed = ""
    try:
        verb(proposal, by=_person(request))
    except Refusal as refusal:
        failed = refusal.sentence
    shown = get_object_or_404(_proposals(request), pk=pk)
    if wants_fragment(request):
        context = showing.proposal_context(shown, failed=failed)
        return render(request, "ai/_proposal.html", context, status=409 if failed else 200)
    messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, failed or shown.outcome)
    return redirect(shown.card.step.turn.conversation)


def _talk(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    if wants_fragment(request):
        return render(request, "ai/_talk.html", context, status=status)
    listed = showing.conversations_of(_person(request))[:LISTED]
    return render(request, "ai/assistant.html", context | {"listed": listed}, status=status)


def _context(request: HttpRequest, conversation: Conversation | None) -> dict[str, Any]:
    before = histories.asked_for(request)
    stretch = showing.turns_of(conversation, before) if conversation else showing.Stretch([])
    items = [_shown(turn, request) for turn in stretch.turns]
    return {
        "conversation": conversation,
        "stretch": stretch,
        "items": items,
        "has_model": gateway.is_on(),
        "longest": conversations.LONGEST_QUESTION,
    }


def _shown(turn: Turn, request: HttpRequest) -> dict[str, Any]:
    return {"turn": turn, "steps": showing.steps_of(turn, request)}


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    return get_object_or_404(showing.conversations_of(_person(request)), pk=pk)


def _turn(request: HttpRequest, pk: int) -> Turn:
    found = Turn.objects.select_related("run", "conversation")
    return get_object_or_404(found, pk=pk, conversation__person=_person(request))


def _proposals(request: HttpRequest) -> Any:
    found = Proposal.objects.select_related("order__shop", "card__step__turn__conversation")
    return found.filter(person=_person(request))


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)
