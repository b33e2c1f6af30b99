"""The office's rules: how many days after each status the next update is due."""

from django.contrib import admin
from django.http import HttpRequest

from repairs.admin.base import NoDelete, OfficeAdmin
from repairs.models import StatusRule


@admin.register(StatusRule)
class StatusRuleAdmin(NoDelete, OfficeAdmin):
    """The office's days to the next follow-up. The list of statuses itself is the program's."""

    list_display = ("status", "days_to_follow_up")
    list_editable = ("days_to_follow_up",)
    fields = ("status", "days_to_follow_up")
    readonly_fields = ("status",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
