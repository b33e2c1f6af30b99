"""Research on a part: beginning it where its order or its line in stock is shown, its page, and saving it."""

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ai import research, showing
from ai.models import Brief
from ai.templatetags.research import panel_context
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.reading import read_number
from repairs.views.fragments import wants_fragment
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """`part` is a part number; `what` is an order's number or a part number, an order's when there is such an order.

    A panel that asks gets itself back, with the progress; without htmx the research's own page is next.
    """
    part, order = _wanted(request.POST)
    try:
        begun = research.start(by=_person(request), part=part, order=order)
    except Refusal as refusal:
        if wants_fragment(request):
            return _panel(request, part, order, fault=refusal.sentence)
        messages.error(request, refusal.sentence)
        return redirect("assistant")
    return _panel(request, part, order) if wants_fragment(request) else redirect(begun)


@require_safe
@never_cache
def panel(request: HttpRequest) -> HttpResponse:
    """The panel of an order or a part as it stands now."""
    part, order = _wanted(request.GET)
    return _panel(request, part, order)


def _panel(request: HttpRequest, part: str, order: RepairOrder | None, *, fault: str = "") -> HttpResponse:
    context = panel_context(_person(request), part=part, order=order, fault=fault)
    return render(request, "ai/_research.html", context, status=422 if fault else 200)


def _wanted(given: QueryDict) -> tuple[str, RepairOrder | None]:
    """The part, and the order where one is meant."""
    if "part" in given:
        return given.get("part", "").strip(), None
    what = given.get("what", "").strip()
    number = read_number(what)
    order = RepairOrder.objects.filter(number=number).first() if number else None
    return (order.part_number if order else what), order


@require_safe
@never_cache
def brief(request: HttpRequest, pk: int) -> HttpResponse:
    found = _brief(request, pk)
    working = found.run is not None and found.run.state in Run.OPEN
    return render(request, "ai/brief.html", {"brief": found, "working": working})


@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    found = _brief(request, pk)
    try:
        order = research.save_on_order(found, by=_person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(found)
    messages.success(request, f"It is a note of {order.label} now.")
    return redirect(found)


def _brief(request: HttpRequest, pk: int) -> Brief:
    return get_object_or_404(showing.briefs_of(_person(request)), pk=pk)


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)
