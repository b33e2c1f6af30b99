"""Repair orders: lists, filters, and a form whose every change goes through a verb with its version checked."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    MultipleChoicesDropdownFilter,
    RangeDateFilter,
    RangeNumericFilter,
)
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from repairs import clock, orders, queries, searching
from repairs.admin import bulk, undoing
from repairs.admin.base import OfficeFilter, ReadField, RowsInline, VerbAdmin, VerbForm
from repairs.admin.documents import DocumentInline
from repairs.admin.history import StepShown
from repairs.admin.links import LinkInline, LinkToItInline
from repairs.bulk import unusual
from repairs.errors import Refusal
from repairs.exporting import Table, orders_table
from repairs.forms import ReturnedField, VersionField
from repairs.models import Activity, OrderNote, RepairOrder, StatusChange
from repairs.statuses import ASK_RETURN
from repairs.templatetags.orders import money, next_update, status_dot
from repairs.views.bulk_kept import tell

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MEANT = "It is allowed; if it is meant, please tick “This step is meant” and save again."
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Status", ("status", "sure", "unit_returned", "sheet", "status_date", "next_update", "last_updated")),
    ("Part", ("part_number", "serial_number", "description", "requested_work")),
    ("Shop", ("shop", "terms", "shop_reference", "shop_status", "tracking_number")),
    (
        "Dates and cost",
        ("date_made", "date_dropped_off", "estimated_delivery", "estimated_cost", "final_cost"),
    ),
    ("Notes", ("internal_status", "notes")),
)
NOT_OF_A_NEW_ORDER = ("status", "sure", "unit_returned", "sheet")


class OneLine(UnfoldAdminExpandableTextareaWidget):  # type: ignore[misc]  # the theme ships no types
    """As high as its text. Cells of the workbook can hold line breaks, which an input would drop."""

    def __init__(self) -> None:
        super().__init__()
        self.attrs["rows"] = 1


class OrderAdminForm(VerbForm):
    """All fields of an order. The version is that at which the form was opened."""

    expected_version = VersionField()
    unit_returned = ReturnedField(
        label="Did the unit come back?",
        unknown="Not known",
        widget=UnfoldAdminSelectWidget,
        help_text=f"Asked for {ASK_RETURN}.",
    )
    sure = forms.BooleanField(
        label="This step is meant", required=False, widget=forms.HiddenInput, initial=False
    )

    class Meta:
        model = RepairOrder
        fields = (*orders.EDITABLE, "status", "sheet")

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        if self.instance.pk:
            self.fields["expected_version"].initial = self.instance.version
        else:
            del self.fields["unit_returned"], self.fields["expected_version"], self.fields["sure"]
            self.fields["shop"].required = self.fields["part_number"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        to = data.get("status", "")
        if (
            self.instance.pk
            and "status" in self.changed_data
            and to
            and self._is_odd(to)
            and not data["sure"]
        ):
            self.fields["sure"].widget = UnfoldBooleanWidget()
            self.add_error("status", f"{to} is not the usual next step. {MEANT}")
        return data

    def _is_odd(self, to: str) -> bool:
        """Asked of the order as it stands: the form has written into its own copy."""
        return bool(unusual([RepairOrder.objects.get(pk=self.instance.pk)], to))


class NoteInline(RowsInline):
    model = OrderNote
    fields = readonly_fields = ("at", "by_name", "text")


class StatusInline(StepShown, RowsInline):
    model = StatusChange
    fields = readonly_fields = ("at", "on", "by_name", "was", "became", "cost", "unit_returned", "standing")


class ActivityInline(RowsInline):
    """The newest acts; the whole record is the list of activity."""

    model = Activity
    fields = readonly_fields = ("at", "by_name", "verb", "text")
    per_page = 20


class NamedSetFilter(OfficeFilter):
    """The sets of orders that the dashboard counts, by the same definitions."""

    title = "set"
    parameter_name = "set"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(named.key, named.label) for named in queries.BY_KEY.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        named = queries.BY_KEY.get(str(self.value() or ""))
        return named.of(cast("Any", queryset), clock.today()) if named else queryset


@admin.register(RepairOrder)
class RepairOrderAdmin(VerbAdmin):
    form = OrderAdminForm
    list_display = (
        "label",
        "shop",
        "part_number",
        "serial_number",
        "state",
        "sheet",
        "next_due",
        "estimate",
        "final",
    )
    list_filter = (
        NamedSetFilter,
        ("sheet", MultipleChoicesDropdownFilter),
        ("status", MultipleChoicesDropdownFilter),
        ("shop", AutocompleteSelectFilter),
        ("next_update", RangeDateFilter),
        ("date_made", RangeDateFilter),
        ("estimated_cost", RangeNumericFilter),
    )
    list_select_related = ("shop",)
    search_fields = ("number", "shop__name", "part_number", "serial_number", "description")
    search_help_text = "RO, shop, part number with or without dashes, serial, description"
    autocomplete_fields = ("shop",)
    inlines = (StatusInline, NoteInline, ActivityInline, LinkInline, LinkToItInline, DocumentInline)
    exported = ("number",)  # and all the others, as table_of says
    actions = [bulk.change_status]  # other apps add theirs
    actions_detail = ("undo_page",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tell(request, undo=False)
        return super().changelist_view(request, extra_context)

    @action(  # type: ignore[untyped-decorator]  # the theme ships no types
        description="Undo the last change", url_path="undo", permissions=["change"]
    )
    def undo_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return undoing.page(request, self, object_id)

    @admin.display(description="RO", ordering="number")
    def label(self, order: RepairOrder) -> str:
        return order.label

    @admin.display(description="Status", ordering="status")
    def state(self, order: RepairOrder) -> SafeString:
        return status_dot(order.shown_status)

    @admin.display(description="Next update", ordering="next_update")
    def next_due(self, order: RepairOrder) -> str:
        return next_update(order, clock.today())

    @admin.display(description="Estimate", ordering="estimated_cost")
    def estimate(self, order: RepairOrder) -> str:
        return money(order.estimated_cost)

    @admin.display(description="Final", ordering="final_cost")
    def final(self, order: RepairOrder) -> str:
        return money(order.final_cost)

    def table_of(self, rows: QuerySet[Any]) -> Table:
        """The workbook's columns, as in the tracker."""
        return orders_table(cast("Any", rows.select_related("shop")))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The dashboard's search, so that both find the same."""
        return searching.searched(cast("Any", queryset), search_term), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        left_out = () if obj else NOT_OF_A_NEW_ORDER
        groups = [(title, [name for name in names if name not in left_out]) for title, names in GROUPS]
        if obj:
            groups[0][1].append("expected_version")
        return [(title, {"fields": names}) for title, names in groups]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **given: Any) -> Any:
        if isinstance(db_field, models.DecimalField):
            return ReadField(db_field, widget=UnfoldAdminTextInputWidget)
        if isinstance(db_field, models.DateField):
            return ReadField(db_field, widget=UnfoldAdminSingleDateWidget)
        if isinstance(db_field, models.TextField) and db_field.name != "notes":
            given["widget"] = OneLine()
        return super().formfield_for_dbfield(db_field, request, **given)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, data = cast("User", request.user), form.cleaned_data
        if not change:
            made = orders.create(
                by=by, **{name: data[name] for name in orders.EDITABLE if name in form.changed_data}
            )
            obj.__dict__.update(made.__dict__)
            return
        order = RepairOrder.objects.get(pk=obj.pk)
        changes = {name: data[name] for name in orders.EDITABLE if name in form.changed_data}
        orders.edit(order, by=by, changes=changes, expected_version=data["expected_version"])
        if "status" in form.changed_data or data["unit_returned"] is not None:
            _set_status(order, by=by, data=data, overridden=changes)
        if "sheet" in form.changed_data:
            orders.archive(order, by=by, sheet=data["sheet"])

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        obj.refresh_from_db()
        return super().log_change(request, obj, message)


def _set_status(order: RepairOrder, *, by: "User", data: dict[str, Any], overridden: dict[str, Any]) -> None:
    if not data["status"]:
        raise Refusal(
            "A status can be changed, not taken away.", fields={"status": "Please choose a status."}
        )
    orders.change_status(
        order,
        by=by,
        to=data["status"],
        unit_returned=data["unit_returned"],
        next_update=overridden.get("next_update"),
    )
