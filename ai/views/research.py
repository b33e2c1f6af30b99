"""Research on a part: beginning it, its page, and saving it on the order."""

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ai import research, showing
from ai.models import Brief
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.reading import read_number
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """`what` is an order's number or a part number; an order's when there is such an order."""
    what = request.POST.get("what", "").strip()
    number = read_number(what)
    order = RepairOrder.objects.filter(number=number).first() if number else None
    try:
        return redirect(research.start(by=_person(request), part=what, order=order))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect("assistant")


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
