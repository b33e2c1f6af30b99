"""The priority feed: every open order with what to do about it, and the one click that does it."""

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from repairs import clock, feed_queries, orders
from repairs.errors import Refusal
from repairs.feed import Act, Kind, Level, advise, facts_of
from repairs.models import RepairOrder
from repairs.statuses import status_word
from repairs.views.fragments import answer, wants_fragment
from repairs.views.order_parts import undo_of
from repairs.views.tracking import add_tracking, version_in, with_typed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROWS_A_PAGE = 30


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """All state is in the address: level, page."""
    return _shown(request, request.GET)


@require_POST
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Does what the feed advised, if that is still the advice and nobody changed the order since."""
    order = get_object_or_404(RepairOrder.objects.active(), number=number)
    advised, since = advise(facts_of(order, clock.today())).act, order.version
    try:
        if request.POST.get("act") != advised.key:
            raise Refusal(f"{order.label} has moved on meanwhile. Nothing was changed.")
        _do(order, advised, request)
    except Refusal as refusal:
        typed = request.POST.get("tracking_number", "")
        kept = {"number": number, "typed": typed, "refusal": refusal}
        status = 422 if refusal.fields else 409
        said = refusal.sentence if refusal.fields else with_typed(refusal.sentence, typed)
        return _shown(request, request.POST, status=status, said=said, failed=True, refused=kept)
    said = _done(order, advised)
    undo = undo_of(order, by=cast("User", request.user), since=since)
    if wants_fragment(request):
        return _shown(request, request.POST, said=said, undo=undo)
    messages.success(request, said, extra_tags=undo)
    return redirect(f"{reverse('feed')}{_address(request.POST)}")


def _done(order: RepairOrder, act: Act) -> str:
    if act.kind == Kind.TRACKING:
        return f"Saved: {order.label} has a tracking number."
    if act.kind == Kind.STATUS:
        return f"Saved: {order.label} is “{status_word(order.status)}” now."
    return f"Saved: {order.label} is on {order.sheet} now."


def _do(order: RepairOrder, advised: Act, request: HttpRequest) -> None:
    by = cast("User", request.user)
    version = version_in(request)
    if advised.kind == Kind.STATUS:
        orders.change_status(order, by=by, to=advised.to, expected_version=version)
    elif advised.kind == Kind.CAME_BACK:
        orders.change_status(order, by=by, to=order.status, unit_returned=True, expected_version=version)
    elif advised.kind == Kind.SHEET:
        orders.archive(order, by=by, sheet=advised.to)
    elif advised.kind == Kind.TRACKING:
        add_tracking(order, by=by, typed=request.POST.get("tracking_number", ""), version=version)
    else:
        raise Refusal(f"{order.label} needs a person: open it.")


def _shown(
    request: HttpRequest, wanted: Mapping[str, str], *, status: int = 200, **more: Any
) -> HttpResponse:
    today = clock.today()
    level = _level(wanted)
    counts = feed_queries.counts(today)
    page = Paginator(feed_queries.feed(today, level), ROWS_A_PAGE).get_page(wanted.get("page"))
    context = {
        "today": today,
        "level": level,
        "page": page,
        "groups": _groups(page.object_list, counts),
        "tabs": _tabs(level, counts),
        "links": _links(level, page),
        "here": _address(wanted),
        "oob": wants_fragment(request) and request.method == "POST",
    }
    return answer(
        request,
        page="repairs/feed.html",
        fragment="repairs/_feed.html",
        context=context | more,
        status=status,
    )


def _level(wanted: Mapping[str, str]) -> Level | None:
    known = {str(level.value): level for level in Level}
    return known.get(wanted.get("level", ""))


def _groups(rows: Any, counts: feed_queries.Counts) -> list[dict[str, Any]]:
    """The rows of a page by level, each with its advice."""
    today = clock.today()
    return [
        {
            "level": Level(level),
            "count": counts.by_level[Level(level)],
            "rows": [(order, advise(facts_of(order, today))) for order in found],
        }
        for level, found in groupby(rows, key=lambda order: order.feed_level)
    ]


def _tabs(chosen: Level | None, counts: feed_queries.Counts) -> list[dict[str, Any]]:
    everything = {"level": None, "count": counts.all, "chosen": chosen is None, "url": "?"}
    return [everything] + [
        {"level": level, "count": count, "chosen": level is chosen, "url": f"?level={level.value}"}
        for level, count in counts.by_level.items()
    ]


def _links(level: Level | None, page: Any) -> dict[str, str]:
    here = {"level": str(level.value)} if level else {}
    links = {}
    if page.has_previous():
        links["previous"] = _address(here | {"page": str(page.previous_page_number())})
    if page.has_next():
        links["next"] = _address(here | {"page": str(page.next_page_number())})
    return links


def _address(wanted: Mapping[str, str]) -> str:
    """The address of the page of the feed that was looked at."""
    kept = {name: wanted[name] for name in ("level", "page") if wanted.get(name)}
    return f"?{urlencode(kept)}" if kept else ""
