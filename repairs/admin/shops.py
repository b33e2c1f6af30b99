"""Shops, and the names under which they were known before they were merged."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import AllValuesCheckboxFilter
from unfold.decorators import action

from repairs import shops
from repairs.admin import merging
from repairs.admin.base import OfficeAdmin, OfficeFilter, ReadOnly, RowsInline, ShownForm, VerbAdmin
from repairs.exporting import Column
from repairs.models import Shop, ShopAlias
from repairs.statuses import Sheet

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class AliasInline(RowsInline):
    model = ShopAlias
    fields = readonly_fields = ("name",)
    verbose_name_plural = "names before a merge"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("shop")


class EmailFilter(OfficeFilter):
    """Shops to which no follow-up can be sent."""

    title = "email"
    parameter_name = "email"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With an address"), ("no", "Without an address")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(email="")
        return queryset.filter(email="") if self.value() == "no" else queryset


@admin.register(Shop)
class ShopAdmin(VerbAdmin):
    form = ShownForm
    fieldsets = (
        (None, {"fields": ("name", "customer_number", "payment_terms", "ils_code")}),
        ("Contact", {"fields": ("contact", "phone", "email", "website")}),
        ("Address", {"fields": ("address", "city", "state", "postal_code", "country")}),
    )
    list_display = ("name", "city", "state", "country", "phone", "email", "payment_terms", "open_orders")
    list_filter = (EmailFilter, ("country", AllValuesCheckboxFilter))
    search_fields = ("name", "city", "email", "contact", "aliases__name")
    search_help_text = "Name now or before a merge, city, email, contact"
    ordering = ("name",)  # the model's own does not hold for a query that counts
    inlines = (AliasInline,)
    exported = (
        *shops.EDITABLE,
        Column("Open orders", lambda shop: shop.open_count),
    )
    actions_detail = ("merge_page",)

    @action(  # type: ignore[untyped-decorator]  # the theme ships no types
        description="Merge into another shop", url_path="merge", permissions=["change"]
    )
    def merge_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return merging.page(request, self, object_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(open_count=Count("orders", filter=Q(orders__sheet=Sheet.ACTIVE), distinct=True))
        )
        return counted

    @admin.display(description="Open orders", ordering="open_count")
    def open_orders(self, shop: Any) -> int:
        return int(shop.open_count)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = cast("User", request.user)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            shops.edit(Shop.objects.get(pk=obj.pk), by=by, changes=changes, shown=form.shown())
        else:
            obj.__dict__.update(shops.create(by=by, **changes).__dict__)


@admin.register(ShopAlias)
class ShopAliasAdmin(ReadOnly, OfficeAdmin):
    list_display = ("name", "shop")
    list_select_related = ("shop",)
    search_fields = ("name", "shop__name")
    exported = list_display
