"""The page on which two entries of one shop are made one."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

from repairs import shops
from repairs.admin.base import office_page
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.models import Shop
from repairs.shop_forms import MergeForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def page(request: HttpRequest, model_admin: Any, object_id: str) -> HttpResponse:
    """GET asks for the other shop; POST shows the two together, and merges them once that was seen (`sure`)."""
    shop = Shop.objects.filter(pk=read_key(object_id) or 0).first()
    if shop is None:
        raise Http404
    form = MergeForm(shop, request.POST if request.method == "POST" else None)
    into: Any = form.fields["into"]
    into.widget = UnfoldAdminSelectWidget(choices=into.choices)
    if form.is_valid() and "sure" not in request.POST:
        return _asked_again(request, model_admin, shop, form.cleaned_data["into"])
    if form.is_valid() and (kept := _merged(request, shop, form)):
        return redirect(reverse("admin:repairs_shop_change", args=[kept.pk]))
    context = {"shop": shop, "form": form, "orders": shop.orders.count()}
    return office_page(
        request, model_admin, "admin/repairs/merge.html", f"Merge {shop.name} into another shop", context
    )


def _asked_again(request: HttpRequest, model_admin: Any, shop: Shop, into: Shop) -> HttpResponse:
    return office_page(
        request, model_admin, "admin/repairs/merge_sure.html", "Merge two shops", shops.beside(shop, into)
    )


def _merged(request: HttpRequest, shop: Shop, form: MergeForm) -> Shop | None:
    name = shop.name
    try:
        kept = shops.merge(shop, into=form.cleaned_data["into"], by=cast("User", request.user))
    except Refusal as refusal:
        form.refuse(refusal)
        return None
    messages.success(request, f"{name} is part of {kept.name} now.")
    return kept
