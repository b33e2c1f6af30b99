"""Who did what: the record, for reading."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateTimeFilter

from repairs.admin.base import OfficeAdmin, OfficeFilter, ReadOnly, RowsInline
from repairs.exporting import Column, Table
from repairs.models import Activity, FieldChange, OrderNote, StatusChange
from repairs.statuses import STATUSES, status_word
from repairs.templatetags.orders import field_label, status_dot, stored

OTHER = "other"  # what was typed in the workbook, and no status


class ChangeShown:
    """A field, and its values before and after, as they are shown elsewhere."""

    @admin.display(description="Field", ordering="field")
    def what(self, change: FieldChange) -> str:
        return field_label(change.field)

    @admin.display(description="Old", ordering="old")
    def was(self, change: FieldChange) -> str:
        return stored(change.old, change.field)

    @admin.display(description="New", ordering="new")
    def became(self, change: FieldChange) -> str:
        return stored(change.new, change.field)


class FieldChangeInline(ChangeShown, RowsInline):
    model = FieldChange
    fields = readonly_fields = ("what", "was", "became")


def _changes(entry: Activity) -> str:
    return "; ".join(f"{field_label(c.field)}: {c.old} → {c.new}" for c in entry.changes.all())


@admin.register(Activity)
class ActivityAdmin(ReadOnly, OfficeAdmin):
    list_display = ("at", "by_name", "verb", "about", "changed")
    list_filter = (("verb", MultipleChoicesDropdownFilter), ("at", RangeDateTimeFilter))
    list_select_related = ("order", "shop")
    search_fields = ("order_number", "by_name", "shop__name", "text")
    search_help_text = "RO number, person, shop, text"
    inlines = (FieldChangeInline,)
    exported = ("at", "by_name", "verb", "order_number", "shop", "text", Column("Changes", _changes, 50))

    def table_of(self, rows: Any) -> Table:
        return super().table_of(rows.prefetch_related("changes"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("changes")

    @admin.display(description="About", ordering="order_number")
    def about(self, entry: Activity) -> Any:
        if entry.order is not None:
            address = reverse("admin:repairs_repairorder_change", args=[entry.order.pk])
            return format_html('<a class="link" href="{}">{}</a>', address, entry.order)
        return f"G{entry.order_number}" if entry.order_number else entry.shop or entry.text or "–"

    @admin.display(description="What")
    def changed(self, entry: Activity) -> Any:
        rows = [
            (field_label(c.field), *(stored(text, c.field) or "(empty)" for text in (c.old, c.new)))
            for c in entry.changes.all()
        ]
        return format_html_join("", "<div>{}: {} → {}</div>", rows) or entry.text


@admin.register(FieldChange)
class FieldChangeAdmin(ChangeShown, ReadOnly, OfficeAdmin):
    list_display = ("activity", "what", "was", "became")
    list_filter = ("activity__verb",)
    list_select_related = ("activity",)
    search_fields = ("field", "old", "new", "activity__order_number")
    exported = ("activity", "field", "old", "new")


class StepShown:
    """A step in a history of statuses, each as it is shown elsewhere."""

    @admin.display(description="From", ordering="from_status")
    def was(self, change: StatusChange) -> Any:
        return status_dot(change.from_status)

    @admin.display(description="To", ordering="to_status")
    def became(self, change: StatusChange) -> Any:
        return status_dot(change.to_status)


class StatusFilter(OfficeFilter):
    """By the statuses there are, without asking the whole history which stand in it; what was typed is one choice."""

    title = "status"
    parameter_name = "to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((status, status_word(status)) for status in STATUSES), (OTHER, "Anything else")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = str(self.value() or "")
        if wanted == OTHER:
            return queryset.exclude(to_status__in=STATUSES)
        return queryset.filter(to_status=wanted) if wanted in STATUSES else queryset


@admin.register(StatusChange)
class StatusChangeAdmin(StepShown, ReadOnly, OfficeAdmin):
    list_display = ("order", "was", "became", "at", "on", "by_name", "imported", "standing")
    list_filter = (StatusFilter, "imported", "standing", ("at", RangeDateTimeFilter))
    list_select_related = ("order",)
    search_fields = ("order__number", "by_name")
    exported = (
        "order", "from_status", "to_status", "at", "on", "by_name", "cost", "unit_returned", "imported",
        "standing",
    )  # fmt: skip


@admin.register(OrderNote)
class OrderNoteAdmin(ReadOnly, OfficeAdmin):
    list_display = ("order", "at", "by_name", "text")
    list_filter = (("at", RangeDateTimeFilter),)
    list_select_related = ("order",)
    search_fields = ("order__number", "text", "by_name")
    exported = ("order", "at", "by_name", "text")
