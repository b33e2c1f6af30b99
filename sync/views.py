"""The pages of background work: runs, how far Excel agrees, and the orders that need a person."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from genthrust.results import success
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.models import RepairOrder
from repairs.views.documents import answered, document_of
from repairs.views.fragments import wants_fragment
from sync import attention, documents, queries, runs, work
from sync.models import Replica, Run
from sync.progress import describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROWS_A_PAGE = 50
DECIDED = {
    "write_again": "It will be written again.",
    "leave_out": "It is left out of Excel.",
    "adopt": "That row is this order's now.",
    "try_again": "It will be tried again.",
    "put_back": "It will be written to Excel.",
}


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    page = Paginator(queries.runs(state=state, kind=kind), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "state": state,
        "kind": kind,
        "states": Run.State.choices,
        "kinds": work.choices(),
        "agreement": queries.agreement(),
        "odd_rows": queries.odd_rows().count(),
    }
    return render(request, "sync/runs.html", context)


@require_safe
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run, pk=pk)
    context = {
        "run": run,
        "shown": describe(run),
        "steps": run.steps.all(),
        "results": queries.result_rows(run),
    }
    return render(request, "sync/run.html", context)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run, pk=pk)
    try:
        again = runs.retry(run, by=_person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(run)
    messages.success(request, "It is started again.")
    return redirect(again)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run, pk=pk)
    try:
        runs.cancel(run, by=_person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "It is canceled, or ends after the step that it is doing.")
    return redirect(run)


@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """The button that compares the database with Excel now."""
    try:
        return redirect(runs.start_check(by=_person(request)))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect("runs")


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """What the socket would tell, for a page whose socket is down."""
    return success({"runs": [describe(run) for run in queries.live_runs()]})


@require_safe
@never_cache
def order_excel(request: HttpRequest, number: int) -> HttpResponse:
    """How one order stands with Excel, as a fragment of its page."""
    order = get_object_or_404(RepairOrder, number=number)
    context = {"order": order, "standing": queries.order_standing(order)}
    return render(request, "sync/_order_sync.html", context)


@require_POST
def carry_document(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Tries again to carry a document to SharePoint, or to take it back from there, where something was in the way."""
    document = document_of(number, pk)
    documents.try_again(document, by=_person(request))
    return (
        answered(request, document.order) if wants_fragment(request) else redirect("order-documents", number)
    )


@require_safe
def attention_page(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.needing_attention(), ROWS_A_PAGE).get_page(request.GET.get("page"))
    book = queries.workbook()
    return render(request, "sync/attention.html", {"page": page, "workbook": book})


@require_POST
def decide(request: HttpRequest, act: str) -> HttpResponse:
    """One decision for the chosen orders: those of `replica`, or with `all` every one for which it makes sense."""
    decision = attention.DECISIONS.get(act)
    if decision is None:
        raise Http404
    chosen = _chosen(request)
    count, back = chosen.count(), _back(request, chosen)
    done = decision.about_all(chosen, by=_person(request))
    if done:
        messages.success(request, DECIDED[act] if done == 1 else f"Done for {done:,} orders.")
    if done < count:
        messages.error(request, "This has been settled meanwhile.")
    return redirect(back)


def _chosen(request: HttpRequest) -> QuerySet[Replica]:
    if reason := request.POST.get("all"):
        return queries.needing_attention().filter(attention=reason)
    keys = [key for text in request.POST.getlist("replica") if (key := read_key(text)) is not None]
    return queries.to_decide().filter(pk__in=keys[:ROWS_A_PAGE])


def _back(request: HttpRequest, chosen: QuerySet[Replica]) -> Any:
    """Where the decision was made: the page of its one order, the back office, or the list."""
    if request.POST.get("from") == "differences":
        return "admin:sync_differences"
    replica = chosen.first() if request.POST.get("from") == "order" else None
    return replica.order if replica else "attention"


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)
