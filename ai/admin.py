"""What was asked of the model, for the office to read. Nothing here can be changed."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin

from ai.models import Use
from repairs.admin import ReadOnly

if TYPE_CHECKING:
    AdminBase = admin.ModelAdmin[Any]
else:
    AdminBase = admin.ModelAdmin


@admin.register(Use)
class UseAdmin(ReadOnly, AdminBase):
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
    list_filter: ClassVar[tuple[str, ...]] = ("purpose", "model", "stop_reason")
    search_fields = ("about", "person_name", "error")
