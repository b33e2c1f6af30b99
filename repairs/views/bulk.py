"""One act on the orders selected in the list: asked where it is unusual, and told order by order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from repairs import bulk, clock, orders
from repairs.bulk import Kind, Outcome
from repairs.errors import Refusal
from repairs.forms import RETURNED, SAY_IF_RETURNED, one_line_break
from repairs.listing import orders_of
from repairs.models import BulkAct, RepairOrder
from repairs.statuses import STATUSES, status_word
from repairs.views import bulk_kept
from repairs.views.selection import WHOLE, chosen_in, list_of, status_choices

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """`act` is "status" or "note". Asks once more when some of the steps are unusual and `sure` does not
    name this status, and always where all orders of the list are meant (`whole`)."""
    sent, chosen = request.POST, chosen_in(request.POST)
    if WHOLE in sent:
        return _ask_of_whole(request)
    if fault := _fault(sent, len(chosen)):
        return _asked(request, chosen, fault=fault, status=422)
    by = cast("User", request.user)
    back = _list_address(sent)
    if sent["act"] == "note":
        kept = bulk_kept.begin(request, chosen, done="got the note", back=back)
        return _told(kept, bulk.add_note(chosen, by=by, text=_text(sent)))
    to = sent["status"]
    odd = bulk.unusual(_orders(chosen), to)
    if odd and sent.get("sure") != to:
        return _asked(request, chosen, odd=odd)
    kept = bulk_kept.begin(request, chosen, done=f"changed to {status_word(to)}", back=back)
    outcomes = bulk.change_status(
        chosen, by=by, to=to, unit_returned=RETURNED.get(sent.get("unit_returned", ""))
    )
    return _told(kept, outcomes)


def _ask_of_whole(request: HttpRequest) -> HttpResponse:
    """All orders of the list are shown with their number, each at its version: what is done then is what was seen."""
    shown = list_of(request.POST)
    if shown.problems:
        return _asked(request, {}, fault=" ".join(shown.problems), status=422)
    rows = orders_of(shown, clock.today())
    if rows.count() > bulk.MOST:
        return _asked(request, {}, fault=_too_many(rows.count()), status=422)
    chosen = dict(rows.columns("number", "version"))
    if fault := _fault(request.POST, len(chosen)):
        return _asked(request, chosen, fault=fault, status=422)
    status = request.POST.get("status", "")
    odd = bulk.unusual(_orders(chosen), status) if request.POST["act"] == "status" else set()
    return _asked(request, chosen, odd=odd, whole=True)


def _too_many(count: int) -> str:
    held = f"The list holds {count:,} orders, and at most {bulk.MOST} are changed at once."
    return f"{held} Please choose fewer by its filters."


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Takes an earlier act of this person back, order by order."""
    kept, outcomes = bulk_kept.find(request, token)
    acts = _acts(outcomes)
    if not acts:
        return redirect(kept.back)
    seen = dict(RepairOrder.objects.filter(number__in=acts).values_list("number", "version"))
    undoing = bulk_kept.begin(request, seen, done="taken back", back=kept.back)
    return _told(undoing, bulk.take_back(acts, by=cast("User", request.user)))


@require_safe
def results(request: HttpRequest, token: str) -> HttpResponse:
    """What became of each order of an earlier act of this person."""
    kept, outcomes = bulk_kept.find(request, token)
    undo = reverse("bulk-undo", args=[token]) if _acts(outcomes) else ""
    shown = {"act": kept, "outcomes": outcomes, "counts": _counts(outcomes), "undo_all": undo}
    return render(request, "repairs/bulk_results.html", shown)


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
        return _fault_of_note(_text(sent))
    if sent.get("unit_returned", "") not in ("", *RETURNED):
        return SAY_IF_RETURNED
    return "" if sent.get("status") in STATUSES else "Please choose the new status."


def _fault_of_note(text: str) -> str:
    """What no order would take is refused before any of them is asked, while it can still be mended."""
    try:
        orders.read_note(text)
    except Refusal as refusal:
        return refusal.sentence if text else f"{refusal.sentence} Please write something."
    return ""


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


def _told(kept: BulkAct, outcomes: Sequence[Outcome]) -> HttpResponse:
    """Back to the list, which tells it, when every order was changed; to what became of each when one was not."""
    bulk_kept.end(kept, outcomes)
    if any(outcome.kind != Kind.CHANGED for outcome in outcomes):
        return redirect(kept)
    return redirect(kept.back)


def _counts(outcomes: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {kind.value: sum(outcome["kind"] == kind for outcome in outcomes) for kind in Kind}


def _list_address(sent: QueryDict) -> str:
    """The list from which the orders were selected; built anew, so that it leads nowhere else."""
    return f"{reverse('dashboard')}?{QueryDict(sent.get('list', '')).urlencode()}"
