"""What was asked of the model, for the office to read. Nothing here can be changed."""

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateTimeFilter

from ai.models import Use
from repairs.admin import OfficeAdmin, ReadOnly


@admin.register(Use)
class UseAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "at",
        "purpose",
        "about",
        "person_name",
        "model",
        "input_tokens",
        "output_tokens",
        "cost",
        "error",
    )
    list_filter: ClassVar[tuple[Any, ...]] = (
        "purpose",
        "model",
        "stop_reason",
        ("at", RangeDateTimeFilter),
    )
    exported = (*list_display, "stop_reason", "seconds")
    search_fields = ("about", "person_name", "error")
