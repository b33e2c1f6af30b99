"""Documents of orders: found, opened, removed and brought back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateTimeFilter

from repairs import documents
from repairs.admin.base import OfficeAdmin, OfficeFilter, ReadOnly, RowsInline, each
from repairs.models import Document


class RemovedFilter(OfficeFilter):
    title = "removed"
    parameter_name = "removed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not removed"), ("yes", "Removed, not purged yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"no": True, "yes": False}.get(str(self.value() or ""))
        return queryset if wanted is None else queryset.filter(removed_at__isnull=wanted)


@admin.register(Document)
class DocumentAdmin(ReadOnly, OfficeAdmin):
    list_display = ("order", "opened", "kind", "shown_size", "added_at", "by_name", "removed_at")
    list_display_links = ("order",)
    list_filter = (
        RemovedFilter,
        ("kind", MultipleChoicesDropdownFilter),
        ("added_at", RangeDateTimeFilter),
    )
    list_select_related = ("order",)
    search_fields = ("name", "order__number", "by_name")
    search_help_text = "Name of the file, RO number without the G, person"
    fields = ("order", "opened", "kind", "shown_size", "added_at", "by_name", "removed_at")
    exported = ("order", "name", "kind", "size", "added_at", "by_name", "removed_at")
    actions = ("remove", "bring_back")

    @admin.display(description="Name", ordering="name")
    def opened(self, document: Document) -> Any:
        if document.removed_at:
            return document.name
        address = reverse("document", args=[document.order.number, document.pk])
        return format_html('<a class="g-link" href="{}">{}</a>', address, document.name)

    @admin.display(description="Size", ordering="size")
    def shown_size(self, document: Document) -> str:
        return filesizeformat(document.size)

    @admin.action(description="Remove the selected documents", permissions=["write"])
    def remove(self, request: HttpRequest, chosen: QuerySet[Document]) -> None:
        each(request, list(chosen), lambda document, by: documents.remove(document, by=by))

    @admin.action(description="Bring the selected documents back", permissions=["write"])
    def bring_back(self, request: HttpRequest, chosen: QuerySet[Document]) -> None:
        each(request, list(chosen), lambda document, by: documents.restore(document, by=by))

    def has_write_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("repairs.change_document")


class DocumentInline(RowsInline):
    model = Document
    fields = readonly_fields = ("name", "kind", "size", "added_at", "by_name", "removed_at")
