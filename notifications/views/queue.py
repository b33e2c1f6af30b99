"""The queue as a list: the bell's panel in every page's header, and the page with filters."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications import combine, conversations, queries, queue
from notifications.forms import seen_in
from notifications.models import Notification
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.models import Shop
from repairs.paging import Pages

ROWS_A_PAGE = 25
ROWS_IN_PANEL = 8
MOST_HANGING_SHOWN = 10
STATES = (
    (queries.TO_DECIDE, "To decide"),
    (Notification.State.APPROVED, "Sending"),
    (Notification.State.SENT, "Sent"),
    (Notification.State.FAILED, "Failed"),
    (Notification.State.REJECTED, "Rejected"),
    (Notification.State.WITHDRAWN, "Withdrawn"),
)


def person(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def queue_page(request: HttpRequest) -> HttpResponse:
    """All state is in the address: state, kind, shop, q, page."""
    chosen = {name: request.GET.get(name, "") for name in ("state", "kind", "shop", "q")}
    chosen["state"] = chosen["state"] or queries.TO_DECIDE
    found = queries.queue(
        state=chosen["state"],
        kind=chosen["kind"],
        shop=chosen["shop"],
        search=chosen["q"],
        person=person(request),
    )
    counts = queries.counts(person=person(request))
    hanging = _Hanging()
    whole = not (chosen["kind"] or chosen["shop"] or chosen["q"].strip())
    rows = queries.paged(found, count=counts.get(chosen["state"]) if whole else None)
    page = Pages(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "chosen": chosen,
        "hanging": hanging if chosen["state"] == queries.TO_DECIDE and page.number == 1 else None,
        "states": _states(chosen, counts | {queries.TO_DECIDE: counts[queries.TO_DECIDE] + hanging.count}),
        "kinds": _kinds(chosen),
        **_of_one_shop(_shop(chosen["shop"])),
        "query": _query(chosen),
    }
    return render(request, "notifications/queue.html", context)


class _Hanging:
    """The follow-ups that could not fire, of which a list shows the longest due."""

    def __init__(self) -> None:
        found = queries.hanging()
        self.shown = list(found[:MOST_HANGING_SHOWN])
        self.count = len(self.shown) if len(self.shown) < MOST_HANGING_SHOWN else found.count()


def _query(chosen: dict[str, str], **changed: str) -> str:
    """The address of a list as a query that further parts can be added to."""
    kept = {name: value for name, value in (chosen | changed).items() if value}
    return f"{urlencode(kept)}&" if kept else ""


def _states(chosen: dict[str, str], counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": counts.get(state, 0),
            "chosen": chosen["state"] == state,
            "url": f"?{_query(chosen, state=state)}",
        }
        for state, label in STATES
    ]


def _kinds(chosen: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "chosen": chosen["kind"] == kind,
            "url": f"?{_query(chosen, kind='' if chosen['kind'] == kind else kind)}",
        }
        for kind, label in (
            (Notification.Kind.EMAIL_DRAFT, "Emails"),
            (Notification.Kind.TASK_REMINDER, "Reminders"),
        )
    ]


def _shop(text: str) -> Shop | None:
    key = read_key(text)
    return None if key is None else Shop.objects.filter(pk=key).first()


def _of_one_shop(shop: Shop | None) -> dict[str, Any]:
    """The drafts of the chosen shop that can be combined or approved together; none unless there are several."""
    found = list(queries.paged(queries.pending_drafts(shop))[: queue.MOST_TOGETHER]) if shop else []
    drafts = found if len(found) > 1 else []
    return {
        "shop": shop,
        "drafts": drafts,
        "together": list(zip(drafts, conversations.subjects_as_sent(drafts), strict=True)),
        "combinable": sum(draft.order_id is not None for draft in drafts) > 1,
    }


@require_safe
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its count, as a fragment."""
    return render(request, "notifications/_bell.html")


@require_safe
@never_cache
def panel(request: HttpRequest) -> HttpResponse:
    """What the bell opens: the newest entries of one tab, as a fragment."""
    history = request.GET.get("tab") == "history"
    found = queries.history(person=person(request)) if history else queries.to_decide(person=person(request))
    rows = queries.paged(found)
    hanging = None if history else _Hanging()
    total = rows.count() + (hanging.count if hanging else 0)
    shown = rows[:ROWS_IN_PANEL]
    listed = len(shown) + (len(hanging.shown) if hanging else 0)
    context = {"history": history, "entries": shown, "total": total, "listed": listed, "hanging": hanging}
    return render(request, "notifications/_panel.html", context)


@require_POST
def approve_all(request: HttpRequest) -> HttpResponse:
    """Approves the drafts that the page showed, each at the version that it showed; the others are told."""
    try:
        done, refused = queue.approve_all(seen_in(request.POST), by=person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(_back(request))
    if done:
        messages.success(request, f"{len(done)} approved; they are being sent.")
    for draft, sentence in refused:
        messages.error(request, f"{draft}: {sentence}")
    return redirect(_back(request) if refused else "queue")


def _back(request: HttpRequest) -> str:
    shop = request.POST.get("shop", "")
    return reverse("queue") if read_key(shop) is None else f"{reverse('queue')}?shop={shop}"


@require_POST
def combine_drafts(request: HttpRequest) -> HttpResponse:
    """One mail of the chosen drafts."""
    keys = [key for text in request.POST.getlist("draft") if (key := read_key(text)) is not None]
    chosen = list(Notification.objects.filter(pk__in=keys).order_by("pk"))
    try:
        made = combine.combine(chosen, by=person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect("queue")
    messages.success(request, "They are one mail now. Please look at it before you approve it.")
    return redirect(made)
