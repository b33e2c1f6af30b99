"""The office's rules: how many days after each status the next update is due."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest

from repairs import rules
from repairs.admin.base import ShownForm, VerbAdmin
from repairs.models import StatusRule

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@admin.register(StatusRule)
class StatusRuleAdmin(VerbAdmin):
    """The office's days to the next follow-up. The list of statuses itself is the program's."""

    form = ShownForm
    list_display = ("status", "days_to_follow_up")
    list_editable = ("days_to_follow_up",)
    fields = ("status", "days_to_follow_up")
    readonly_fields = ("status",)
    exported = ("status", "days_to_follow_up")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.changed_data:
            by, days = cast("User", request.user), form.cleaned_data["days_to_follow_up"]
            rules.set_days(obj, by=by, days=days, shown=form.shown())
