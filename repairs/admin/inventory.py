"""Parts in stock, for reading."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateFilter, RangeNumericFilter

from repairs.admin.base import OfficeAdmin, OfficeFilter, ReadOnly
from repairs.exporting import Column
from repairs.models import InventoryItem
from repairs.models.inventory import LOW_STOCK


class StockFilter(OfficeFilter):
    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", f"Low (fewer than {LOW_STOCK})")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(quantity__lt=LOW_STOCK) if self.value() == "low" else queryset


@admin.register(InventoryItem)
class InventoryItemAdmin(ReadOnly, OfficeAdmin):
    """Comes from the lists of parts in stock; importing a list brings it up to date."""

    list_display = (
        "part_number",
        "description",
        "serial_number",
        "shown_condition",
        "quantity",
        "location",
        "source",
        "last_seen",
    )
    list_filter = (
        StockFilter,
        ("condition", MultipleChoicesDropdownFilter),
        "source",
        ("quantity", RangeNumericFilter),
        ("last_seen", RangeDateFilter),
    )
    search_fields = ("part_number", "serial_number", "description", "search")
    exported = (
        "part_number", "description", "serial_number", Column("Condition", lambda item: item.shown_condition),
        "quantity", "location", "source", "last_seen",
    )  # fmt: skip
