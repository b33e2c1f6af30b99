"""Acts on many orders, kept for their person: what became of each, what can be taken back, and what was cut off.

An act is noted before it begins, each order by the version at which it was seen. So one whose process dies in the
middle is told about afterwards, and which orders it still reached. What became of the others is told on the next
page too, and not by the answer to the act, which nobody may see any more.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from repairs import clock
from repairs.bulk import Chosen, Kind, Outcome
from repairs.models import BulkAct, RepairOrder
from repairs.views.fragments import wants_fragment
from repairs.wording import counted

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AT_ONCE = timedelta(seconds=20)
"""After its end. An act that is told later is told as something of earlier."""
ACTED = "acted_on_many"
"""In the session, from an act until nothing of its person's is left to be told: then every page looks. It is written
with the answer; after a process that died in the act, only lists of orders look."""
LONGEST = timedelta(seconds=120)
"""An act that was begun longer ago and has not ended was cut off: a web process gives up long before."""


def begin(request: HttpRequest, chosen: Chosen, *, done: str, back: str) -> BulkAct:
    """`done` says what the changed ones will be, `back` is the address of the list that they were chosen in."""
    request.session[ACTED] = True
    return BulkAct.objects.create(
        token=secrets.token_urlsafe(8),
        owner=cast("User", request.user),
        seen=[[number, version] for number, version in chosen.items()],
        done=done,
        back=back,
        begun_at=clock.now(),
    )


def end(act: BulkAct, outcomes: Sequence[Outcome]) -> None:
    """Keeps what became of each order."""
    act.outcomes, act.ended_at = [asdict(outcome) for outcome in outcomes], clock.now()
    act.save(update_fields=["outcomes", "ended_at"])


def find(request: HttpRequest, token: str) -> tuple[BulkAct, list[dict[str, Any]]]:
    """The act with what became of each order; 404 where this person has none of that token."""
    act = get_object_or_404(BulkAct, token=token, owner=request.user.pk)
    if act.outcomes is None:
        return act, _after_all(act.seen)
    _told_first(act)
    return act, act.outcomes


def tell(request: HttpRequest, *, undo: bool = True) -> None:
    """A message, once, about each act that ended or was cut off, and which nobody has seen. `undo` when the page
    offers by itself to take an act back. A part of a page that htmx asks for shows no messages and tells nothing."""
    if wants_fragment(request):
        return
    for act in (untold := list(BulkAct.objects.filter(owner=request.user.pk, told=False).order_by("pk"))):
        if act.ended_at is not None and _told_first(act):
            _tell_of_end(request, act, undo=undo)
        elif _is_cut_off(act) and _told_first(act):
            _tell_of_cut_off(request, act)
    if ACTED in request.session and not any(act.ended_at is None and not _is_cut_off(act) for act in untold):
        del request.session[ACTED]


def tell_anywhere(request: HttpRequest) -> None:
    """The same on any page, which asks the database only after an act of this session. A list of orders always does."""
    if request.session.get(ACTED):
        tell(request)


def _is_cut_off(act: BulkAct) -> bool:
    return act.ended_at is None and clock.now() - act.begun_at > LONGEST


def _told_first(act: BulkAct) -> bool:
    """Notes that the act is told; whether nobody did before, on another page that is loaded at the same time."""
    return not act.told and BulkAct.objects.filter(pk=act.pk, told=False).update(told=True) == 1


def _tell_of_cut_off(request: HttpRequest, act: BulkAct) -> None:
    told = 'What you did with {} was cut off. <a href="{}">Look which of them it reached</a>'
    messages.warning(request, format_html(told, counted(len(act.seen), "order"), act.get_absolute_url()))


def _tell_of_end(request: HttpRequest, act: BulkAct, *, undo: bool) -> None:
    outcomes = act.outcomes or []
    earlier = "Meanwhile: " if act.ended_at and clock.now() - act.ended_at > AT_ONCE else ""
    look = "Look at each" if undo else "Look at each, or undo"
    can_undo = undo and any(outcome["act"] for outcome in outcomes)
    told = format_html(
        '{}{} <a href="{}">{}</a>', earlier, _sentence(outcomes, act.done), act.get_absolute_url(), look
    )
    messages.success(request, told, extra_tags=reverse("bulk-undo", args=[act.token]) if can_undo else "")


def _sentence(outcomes: Sequence[dict[str, Any]], done: str) -> str:
    """What was done, and to how many of the chosen."""
    count = len(outcomes)
    changed = sum(outcome["kind"] == Kind.CHANGED for outcome in outcomes)
    return f"{'' if changed == count else f'{changed} of '}{counted(count, 'order')} {done}."


def _after_all(seen: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """What can be said of an act that was cut off: whether each order is still as it was seen."""
    found = RepairOrder.objects.filter(number__in=[number for number, _ in seen])
    versions = dict(found.values_list("number", "version"))
    return [asdict(_left_or_reached(number, versions.get(number) != version)) for number, version in seen]


def _left_or_reached(number: int, changed: bool) -> Outcome:
    if changed:
        return Outcome(number, Kind.CHANGED, "It was changed, by this or by somebody else; please look.")
    return Outcome(number, Kind.REFUSED, "It was cut off before this order.")
