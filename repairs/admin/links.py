"""Links between orders: made and taken away through their verbs."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter

from repairs import links
from repairs.admin.base import RowsInline, VerbAdmin, VerbForm, each
from repairs.models import OrderLink

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class LinkForm(VerbForm):
    class Meta:
        model = OrderLink
        fields = ("order", "other", "kind")
        labels = {"other": "Linked order"}
        help_texts = {"kind": "What the linked order is to the first."}

    def _get_validation_exclusions(self) -> set[str]:
        inherited = super()._get_validation_exclusions()  # type: ignore[misc]  # the stubs leave this hook out
        return {*inherited, *self.fields}  # the verb says it in words


@admin.register(OrderLink)
class OrderLinkAdmin(VerbAdmin):
    form = LinkForm
    list_display = ("order", "kind", "other", "at", "by_name")
    list_filter = ("kind", ("at", RangeDateTimeFilter))
    list_select_related = ("order", "other")
    search_fields = ("order__number", "other__number", "by_name")
    search_help_text = "RO number without the G, person"
    autocomplete_fields = ("order", "other")
    exported = list_display
    actions = ("take_away",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        made = links.link(
            data["order"], by=cast("User", request.user), other=data["other"], kind=data["kind"]
        )
        obj.__dict__.update(made.__dict__)

    @admin.action(description="Take the selected links away", permissions=["add"])
    def take_away(self, request: HttpRequest, chosen: QuerySet[OrderLink]) -> None:
        each(request, list(chosen), lambda link, by: links.unlink(link, by=by))


class LinkInline(RowsInline):
    """The orders that are linked to the order shown."""

    model = OrderLink
    fk_name = "order"
    fields = readonly_fields = ("kind", "other", "at", "by_name")
    verbose_name_plural = "linked to it"


class LinkToItInline(LinkInline):
    """The orders to which the order shown is linked."""

    fk_name = "other"
    fields = readonly_fields = ("order", "kind", "at", "by_name")
    verbose_name_plural = "it is linked to"
