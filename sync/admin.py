"""The admin of the write-behind engine: looked at, and a run can be tried again or canceled."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from repairs.errors import Refusal
from sync import runs
from sync.models import Replica, Run, RunStep, Workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    AdminBase = admin.ModelAdmin[Any]
    InlineBase = admin.TabularInline[Any, Any]
else:
    AdminBase, InlineBase = admin.ModelAdmin, admin.TabularInline


class ReadOnly:
    """Looked at here, never changed."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(Replica)
class ReplicaAdmin(ReadOnly, AdminBase):
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
    list_per_page = 50


@admin.register(Workbook)
class WorkbookAdmin(ReadOnly, AdminBase):
    list_display = ("__str__", "checked_at", "agreeing", "compared", "trouble", "lease_until", "not_before")


class StepInline(ReadOnly, InlineBase):
    model = RunStep
    fields = readonly_fields = ("at", "attempt", "text", "trouble")
    extra = 0


@admin.register(Run)
class RunAdmin(ReadOnly, AdminBase):
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
    list_filter = ("state", "kind")
    inlines = (StepInline,)
    actions = ("retry_runs", "cancel_runs")
    list_per_page = 50

    @admin.action(description="Try the selected runs again", permissions=["view"])
    def retry_runs(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        _each(request, chosen, runs.retry)

    @admin.action(description="Cancel the selected runs", permissions=["view"])
    def cancel_runs(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        _each(request, chosen, runs.cancel)


def _each(request: HttpRequest, chosen: QuerySet[Run], verb: "Callable[..., Any]") -> None:
    for run in chosen:
        try:
            verb(run, by=cast("User", request.user))
        except Refusal as refusal:
            messages.error(request, f"{run}: {refusal.sentence}")
        else:
            messages.success(request, f"{run}: done.")
