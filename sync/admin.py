"""The admin of the write-behind engine: looked at, and a run can be tried again or canceled."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateTimeFilter

from repairs.admin import OfficeAdmin, ReadOnly, RowsInline, each
from sync import runs
from sync.models import Replica, Run, RunStep, Workbook


@admin.register(Replica)
class ReplicaAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "order",
        "sheet",
        "wanted_version",
        "arrived_version",
        "pending_since",
        "attention",
        "left_out",
    )
    list_filter = ("attention", "left_out", "sheet")
    list_select_related = ("order",)
    search_fields = ("order__number",)


@admin.register(Workbook)
class WorkbookAdmin(ReadOnly, OfficeAdmin):
    list_display = ("__str__", "checked_at", "agreeing", "compared", "trouble", "lease_until", "not_before")


class StepInline(RowsInline):
    model = RunStep
    fields = readonly_fields = ("at", "attempt", "text", "trouble")


@admin.register(Run)
class RunAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "__str__",
        "state",
        "phase",
        "done",
        "total",
        "started_by",
        "created_at",
        "finished_at",
        "error",
    )
    list_filter = (
        ("state", MultipleChoicesDropdownFilter),
        ("kind", MultipleChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
    )
    search_fields = ("started_by", "error")
    inlines = (StepInline,)
    actions = ("retry_runs", "cancel_runs")

    @admin.action(description="Try the selected runs again", permissions=["view"])
    def retry_runs(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        each(request, chosen, lambda run, by: runs.retry(run, by=by))

    @admin.action(description="Cancel the selected runs", permissions=["view"])
    def cancel_runs(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        each(request, chosen, lambda run, by: runs.cancel(run, by=by))
