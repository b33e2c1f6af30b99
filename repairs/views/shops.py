"""The pages of shops: the directory, and one shop with its record, its open orders and its history."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from repairs import clock, queries, shop_records, shops
from repairs.errors import Refusal
from repairs.models import Shop
from repairs.searching import tidy
from repairs.shop_forms import MergeForm, ShopForm
from repairs.views import histories
from repairs.views.fragments import answer

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROWS_A_PAGE = 50
ORDERS_SHOWN = 50


@require_safe
def shop_list(request: HttpRequest) -> HttpResponse:
    """The directory; the search is in the address."""
    search = tidy(request.GET.get("q", ""))
    page = Paginator(queries.shops(search), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "search": search, "today": clock.today()}
    return answer(request, page="repairs/shops.html", fragment="repairs/_shop_list.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
def shop_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows a shop, or leads to the one that it was merged into; POST saves what is known of it."""
    shop = Shop.objects.filter(pk=pk).first()
    if shop is None:
        return _led_on(request, pk)
    form = ShopForm(shop, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            shops.edit(shop, by=_person(request), changes=form.changes(), shown=form.shown())
        except Refusal as refusal:
            form = ShopForm(Shop.objects.get(pk=pk), request.POST, refusal)
        else:
            messages.success(request, "Saved")
            return redirect(shop)
    context = _context(Shop.objects.get(pk=pk), before=histories.asked_for(request)) | {"form": form}
    return render(request, "repairs/shop.html", context, status=422 if form.errors else 200)


def _led_on(request: HttpRequest, pk: int) -> HttpResponse:
    """To the shop that one which is gone was merged into; what was to be saved of the gone one is not."""
    kept = shops.merged_into(pk)
    if kept is None or request.method == "POST":
        raise Http404
    return redirect(kept)


@require_http_methods(["GET", "HEAD", "POST"])
def new_shop(request: HttpRequest) -> HttpResponse:
    form = ShopForm(None, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            shop = shops.create(by=_person(request), **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{shop} is added.")
            return redirect(shop)
    return render(request, "repairs/new_shop.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Merges this shop into another one, once the two were looked at together (`sure`)."""
    shop = get_object_or_404(Shop, pk=pk)
    form = MergeForm(shop, request.POST)
    if form.is_valid() and "sure" not in request.POST:
        return _asked_again(request, shop, form.cleaned_data["into"])
    if form.is_valid():
        try:
            kept = shops.merge(shop, into=form.cleaned_data["into"], by=_person(request))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{shop.name} is part of {kept.name} now.")
            return redirect(kept)
    return render(request, "repairs/shop.html", _context(shop) | {"merge_form": form}, status=422)


def _asked_again(request: HttpRequest, shop: Shop, into: Shop) -> HttpResponse:
    return render(request, "repairs/merge_shops.html", shops.beside(shop, into))


def _context(shop: Shop, *, before: int | None = None) -> dict[str, Any]:
    open_orders = shop.orders.active().order_by("next_update", "number")
    return {
        "shop": shop,
        "today": clock.today(),
        "form": ShopForm(shop),
        "merge_form": MergeForm(shop),
        "record": shop_records.record_of(shop),
        "fewest": shop_records.FEWEST,
        "aliases": list(shop.aliases.values_list("name", flat=True)),
        "open_orders": open_orders[:ORDERS_SHOWN],
        "open_count": open_orders.count(),
        "history": histories.acts(shop.activity.filter(order=None), before),
    }


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)
