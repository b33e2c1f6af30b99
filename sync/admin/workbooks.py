"""The workbook itself, for reading."""

from django.contrib import admin

from repairs.admin import OfficeAdmin, ReadOnly
from sync.models import Workbook


@admin.register(Workbook)
class WorkbookAdmin(ReadOnly, OfficeAdmin):
    list_display = ("__str__", "checked_at", "agreeing", "compared", "trouble", "lease_until", "not_before")
