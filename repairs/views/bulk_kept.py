"""Acts on many orders, kept in the session: what became of each, what can be taken back, and what was cut off.

An act is noted before it begins, each order by the version at which it was seen. So one whose process dies in the
middle is told about afterwards, and which orders it still reached. What became of the others is told on the next
page too, and not by the answer to the act, which nobody may see any more.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from repairs.bulk import Chosen, Kind, Outcome
from repairs.models import RepairOrder
from repairs.views.fragments import wants_fragment
from repairs.wording import counted

SESSION = "bulk"
MOST = 5
"""So many acts are kept, for looking at them again."""
AT_ONCE = 20.0
"""Seconds after its end. An act that is told later is told as something of earlier."""
LONGEST = 120.0
"""Seconds. An act that was begun longer ago and has not ended was cut off: a web process gives up long before."""


@dataclass(frozen=True)
class Kept:
    """An act, by the token of its addresses; `told` is the sentence that says what was done."""

    token: str
    told: str

    @property
    def address(self) -> str:
        return reverse("bulk-results", args=[self.token])


def begin(request: HttpRequest, chosen: Chosen, *, done: str, back: str) -> str:
    """`done` says what the changed ones will be, `back` is the address of the list that they were chosen in."""
    token = secrets.token_urlsafe(8)
    seen = [[number, version] for number, version in chosen.items()]
    act = {"seen": seen, "outcomes": None, "done": done, "back": back, "begun": time.time()}
    earlier = list(request.session.get(SESSION, {}).items())[-(MOST - 1) :]
    request.session[SESSION] = {**dict(earlier), token: act}
    request.session.save()
    return token


def end(request: HttpRequest, token: str, outcomes: Sequence[Outcome]) -> Kept:
    """Keeps what became of each order."""
    act = request.session[SESSION][token]
    act |= {"outcomes": [asdict(outcome) for outcome in outcomes], "ended": time.time()}
    request.session.modified = True
    return Kept(token, _sentence(act))


def find(request: HttpRequest, token: str) -> dict[str, Any]:
    """The act with what became of each order; 404 where this session has none of that token."""
    act: dict[str, Any] | None = request.session.get(SESSION, {}).get(token)
    if act is None:
        raise Http404
    if act["outcomes"] is not None and "told" not in act:
        act["told"] = request.session.modified = True
    return act if act["outcomes"] is not None else act | {"outcomes": _after_all(act["seen"])}


def tell(request: HttpRequest, *, undo: bool = True) -> None:
    """A message, once, about each act that ended or was cut off, and which nobody has seen. `undo` when the page
    offers by itself to take an act back. A part of a page that htmx asks for shows no messages and tells nothing."""
    if wants_fragment(request):
        return
    for token, act in request.session.get(SESSION, {}).items():
        if "told" in act:
            continue
        if act["outcomes"] is None and time.time() - act["begun"] > LONGEST:
            _tell_of_cut_off(request, Kept(token, ""), act)
        elif "ended" in act:
            _tell_of_end(request, Kept(token, _sentence(act)), act, undo=undo)


def _tell_of_cut_off(request: HttpRequest, kept: Kept, act: dict[str, Any]) -> None:
    act["told"] = request.session.modified = True
    told = 'What you did with {} was cut off. <a href="{}">Look which of them it reached</a>'
    messages.warning(request, format_html(told, counted(len(act["seen"]), "order"), kept.address))


def _tell_of_end(request: HttpRequest, kept: Kept, act: dict[str, Any], *, undo: bool) -> None:
    act["told"] = request.session.modified = True
    earlier = "Meanwhile: " if time.time() - act["ended"] > AT_ONCE else ""
    look = "Look at each" if undo else "Look at each, or undo"
    can_undo = undo and any(outcome["act"] for outcome in act["outcomes"])
    told = format_html('{}{} <a href="{}">{}</a>', earlier, kept.told, kept.address, look)
    messages.success(request, told, extra_tags=reverse("bulk-undo", args=[kept.token]) if can_undo else "")


def _sentence(act: dict[str, Any]) -> str:
    """What was done, and to how many of the chosen."""
    count = len(act["outcomes"])
    changed = sum(outcome["kind"] == Kind.CHANGED for outcome in act["outcomes"])
    return f"{'' if changed == count else f'{changed} of '}{counted(count, 'order')} {act['done']}."


def _after_all(seen: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """What can be said of an act that was cut off: whether each order is still as it was seen."""
    found = RepairOrder.objects.filter(number__in=[number for number, _ in seen])
    versions = dict(found.values_list("number", "version"))
    return [asdict(_left_or_reached(number, versions.get(number) != version)) for number, version in seen]


def _left_or_reached(number: int, changed: bool) -> Outcome:
    if changed:
        return Outcome(number, Kind.CHANGED, "It was changed, by this or by somebody else; please look.")
    return Outcome(number, Kind.REFUSED, "It was cut off before this order.")
