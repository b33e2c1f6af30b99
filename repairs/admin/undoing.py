"""The page on which the last change of an order is looked at and taken back."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from repairs import orders
from repairs.admin.base import office_page
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.models import RepairOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def page(request: HttpRequest, model_admin: Any, object_id: str) -> HttpResponse:
    """POST takes back the act that the page showed, unless something was changed since."""
    order = RepairOrder.objects.filter(pk=read_key(object_id) or 0).first()
    if order is None:
        raise Http404
    if request.method == "POST":
        _take_back(request, order)
        return redirect(reverse("admin:repairs_repairorder_change", args=[order.pk]))
    act = orders.undoable(order)
    context = {"order": order, "act": act, "changes": act.changes.order_by("id") if act else ()}
    return office_page(
        request, model_admin, "admin/repairs/undo.html", f"The last change of {order.label}", context
    )


def _take_back(request: HttpRequest, order: RepairOrder) -> None:
    shown = read_key(request.POST.get("act", "")) or 0
    try:
        orders.undo(order, by=cast("User", request.user), act=shown)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "The change was taken back; Excel follows.")
