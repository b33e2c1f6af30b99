"""One act on the orders selected in the list: asked where it is unusual, and told order by order."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from repairs import bulk
from repairs.bulk import Kind, Outcome
from repairs.forms import RETURNED, one_line_break
from repairs.models import RepairOrder
from repairs.statuses import STATUSES
from repairs.templatetags.orders import status_word
from repairs.views.selection import chosen_in, status_choices
from repairs.wording import counted

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KEPT = "bulk"
MOST_KEPT = 5
"""So many results are kept in a session for looking at them again."""


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """`act` is "status" or "note". Asks once more when some of the steps are unusual and `sure` is not given."""
    sent, chosen = request.POST, chosen_in(request.POST)
    if fault := _fault(sent, len(chosen)):
        return _asked(request, chosen, fault=fault, status=422)
    by = cast("User", request.user)
    back = _list_address(sent)
    if sent["act"] == "note":
        return _told(request, bulk.add_note(chosen, by=by, text=_text(sent)), "got the note", back)
    to = sent["status"]
    odd = bulk.unusual(_orders(chosen), to)
    if odd and "sure" not in sent:
        return _asked(request, chosen, odd=odd)
    outcomes = bulk.change_status(
        chosen, by=by, to=to, unit_returned=RETURNED.get(sent.get("unit_returned", ""))
    )
    return _told(request, outcomes, f"changed to {status_word(to)}", back)


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Takes an earlier act of this session back, order by order."""
    kept = _kept(request, token)
    outcomes = bulk.take_back(_acts(kept["outcomes"]), by=cast("User", request.user))
    return _told(request, outcomes, "taken back", kept["back"]) if outcomes else redirect(kept["back"])


@require_safe
def results(request: HttpRequest, token: str) -> HttpResponse:
    """What became of each order of an earlier act of this session."""
    kept = _kept(request, token)
    undo = reverse("bulk-undo", args=[token]) if _acts(kept["outcomes"]) else ""
    shown = kept | {"counts": _counts(kept["outcomes"]), "undo_all": undo}
    return render(request, "repairs/bulk_results.html", shown)


def _kept(request: HttpRequest, token: str) -> dict[str, Any]:
    kept: dict[str, Any] | None = request.session.get(KEPT, {}).get(token)
    if kept is None:
        raise Http404
    return kept


def _acts(outcomes: Sequence[dict[str, Any]]) -> dict[int, int]:
    """What can be taken back, by RO number."""
    return {outcome["number"]: outcome["act"] for outcome in outcomes if outcome["act"]}


def _fault(sent: QueryDict, count: int) -> str:
    if sent.get("act") not in ("status", "note"):
        return "Please choose what to do with the orders."
    if not count:
        return "No order was selected."
    if count > bulk.MOST:
        return f"Please select at most {bulk.MOST} orders at once."
    if sent["act"] == "note":
        return "" if _text(sent) else "The note is empty. Please write something."
    return "" if sent.get("status") in STATUSES else "Please choose the new status."


def _text(sent: QueryDict) -> str:
    return one_line_break(sent.get("text", "")).strip()


def _orders(chosen: bulk.Chosen) -> list[RepairOrder]:
    return list(RepairOrder.objects.select_related("shop").filter(number__in=chosen).order_by("-number"))


def _asked(request: HttpRequest, chosen: bulk.Chosen, *, status: int = 200, **shown: Any) -> HttpResponse:
    context = {
        "orders": [(order, chosen[order.number]) for order in _orders(chosen)],
        "choices": {"new_statuses": status_choices()},
        "sent": request.POST,
        "back": _list_address(request.POST),
        "odd": set(),
    }
    return render(request, "repairs/bulk.html", context | shown, status=status)


def _told(request: HttpRequest, outcomes: Sequence[Outcome], done: str, back: str) -> HttpResponse:
    """Back to the list when every order was changed; to what became of each when one was not."""
    kept = keep(request, outcomes, done, back)
    if any(outcome.kind != Kind.CHANGED for outcome in outcomes):
        return redirect(kept.address)
    undo = reverse("bulk-undo", args=[kept.token]) if any(outcome.act for outcome in outcomes) else ""
    told = format_html('{} <a href="{}">Look at each</a>', kept.told, kept.address)
    messages.success(request, told, extra_tags=undo)
    return redirect(back)


@dataclass(frozen=True)
class Kept:
    """An act that is kept in the session, so that its results are looked at, and taken back."""

    token: str
    told: str

    @property
    def address(self) -> str:
        return reverse("bulk-results", args=[self.token])


def keep(request: HttpRequest, outcomes: Sequence[Outcome], done: str, back: str) -> Kept:
    """`done` says what the changed ones are now, `back` is the address of the list that they were chosen in."""
    token = secrets.token_urlsafe(8)
    kept = {"outcomes": [asdict(outcome) for outcome in outcomes], "done": done, "back": back}
    earlier = list(request.session.get(KEPT, {}).items())[-(MOST_KEPT - 1) :]
    request.session[KEPT] = {**dict(earlier), token: kept}
    return Kept(token, f"{counted(len(outcomes), 'order')} {done}.")


def _counts(outcomes: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {kind.value: sum(outcome["kind"] == kind for outcome in outcomes) for kind in Kind}


def _list_address(sent: QueryDict) -> str:
    """The list from which the orders were selected; built anew, so that it leads nowhere else."""
    return f"{reverse('dashboard')}?{QueryDict(sent.get('list', '')).urlencode()}"
