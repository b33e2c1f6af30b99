"""Runs: looked at, tried again, canceled."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action

from repairs.admin import OfficeAdmin, ReadOnly, RowsInline, each
from sync import runs
from sync.admin import undoing
from sync.models import Run, RunStep


class StepInline(RowsInline):
    model = RunStep
    fields = readonly_fields = ("at", "attempt", "text", "trouble")


@admin.register(Run)
class RunAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "__str__",
        "how",
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
    exported = (
        "kind", "state", "phase", "done", "total", "started_by", "created_at", "started_at", "finished_at",
        "attempts", "error",
    )  # fmt: skip
    actions_detail = ("undo_page",)

    @action(  # type: ignore[untyped-decorator]  # the theme ships no types
        description="What it wrote", url_path="undo", permissions=["view"]
    )
    def undo_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return undoing.page(request, self, object_id)

    @admin.display(description="State", ordering="state")
    def how(self, run: Any) -> SafeString:
        return format_html(
            '<span class="st run-{}">{}</span>', run.state, run.get_state_display().capitalize()
        )

    @admin.action(description="Try the selected runs again", permissions=["view"])
    def retry_runs(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        each(request, chosen, lambda run, by: runs.retry(run, by=by))

    @admin.action(description="Cancel the selected runs", permissions=["view"])
    def cancel_runs(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        each(request, chosen, lambda run, by: runs.cancel(run, by=by))
