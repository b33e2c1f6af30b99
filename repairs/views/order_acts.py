"""What is done about an order beside its fields: taking the last change back, linking another order, its label."""

from http import HTTPStatus

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from repairs import links, orders
from repairs.errors import NotAllowed, Refusal
from repairs.forms import LinkForm
from repairs.models import RepairOrder
from repairs.views.fragments import wants_fragment
from repairs.views.order_parts import find_order, person, refused, saved


@require_POST
def undo(request: HttpRequest, number: int, act: int) -> HttpResponse:
    """Takes back the change that was shown as the last. 409 when it is not the last any more, 403 for others' acts.

    A message that is not the order's own (`message`) gets no parts of it, but tells its page that the order changed.
    """
    order = find_order(number)
    brief = wants_fragment(request) and "message" in request.POST
    try:
        orders.undo(order, by=person(request), act=act)
    except Refusal as refusal:
        status = 403 if isinstance(refusal, NotAllowed) else 409
        if brief:
            return _told(request, refusal.sentence, status=status)
        return refused(request, order, status=status, said=refusal.sentence)
    return _told(request, f"{order.label}: taken back") if brief else saved(request, order, "Taken back")


def _told(request: HttpRequest, said: str, *, status: int = 200) -> HttpResponse:
    context = {"said": said, "failed": status != HTTPStatus.OK}
    answer = render(request, "_said_oob.html", context, status=status)
    return trigger_client_event(answer, "order-undone")


@require_POST
def link(request: HttpRequest, number: int) -> HttpResponse:
    order = find_order(number)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return refused(request, order, link_form=form)
    try:
        other = form.other()
        links.link(order, by=person(request), other=other, kind=form.cleaned_data["kind"])
    except Refusal as refusal:
        form.refuse(refusal)
        return refused(request, order, link_form=form)
    return saved(request, order, f"Linked with {other.label}")


@require_POST
def unlink(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    order = find_order(number)
    made = get_object_or_404(links.links_of(order), pk=pk)
    try:
        links.unlink(made, by=person(request))
    except Refusal as refusal:
        return refused(request, order, status=409, said=refusal.sentence)
    return saved(request, order, "The link is taken away")


@require_safe
def label(request: HttpRequest, number: int) -> HttpResponse:
    """A label to print: the order in words, and a QR code of its address."""
    order = find_order(number)
    return render(request, "repairs/label.html", {"order": order, "code": _code(request, order)})


def _code(request: HttpRequest, order: RepairOrder) -> str:
    """The address of an order's page as a QR code in SVG; a quarter of it may be scratched off."""
    code = segno.make(request.build_absolute_uri(order.get_absolute_url()), micro=False, error="q")
    return mark_safe(code.svg_inline(omitsize=True, border=2))  # noqa: S308 (made of an address, by the library)
