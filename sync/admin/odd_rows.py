"""Rows of the workbook without an order: the list of all, and the decisions about one or many."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter

from repairs.admin import OfficeAdmin, ReadOnly
from repairs.errors import Refusal
from repairs.keys import read_key
from sync import odd_rows
from sync.models import OddRow
from sync.templatetags.sync_tags import filled

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 200
"""So many rows are decided about at once."""


def _take(row: OddRow, by: "User") -> str:
    order = odd_rows.take(row, by=by)
    rest = "" if row.number else " A new row is written; this one can be deleted in Excel."
    return f"{order.label} was made of it.{rest}"


def _give_number(row: OddRow, by: "User") -> str:
    number = odd_rows.give_number(row, by=by)
    return f"please type {number} into its RO cell. The next comparison then takes it as G{number}."


def _ignore(row: OddRow, by: "User") -> str:
    odd_rows.ignore(row, by=by)
    return "ignored until its cells change."


def _look_again(row: OddRow, by: "User") -> str:
    odd_rows.look_again(row, by=by)
    return "to be decided about again."


ACTS: dict[str, tuple[Callable[[OddRow, "User"], str], str]] = {
    "take": (_take, "Make orders of the selected rows"),
    "number": (_give_number, "Give the selected rows a number, to be typed in Excel"),
    "ignore": (_ignore, "Ignore the selected rows from now on"),
    "look_again": (_look_again, "Decide about the selected rows again"),
}


@require_POST
def decide(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """One decision about the row of the pressed button, or about those that were ticked."""
    if not may_decide(request):
        raise PermissionDenied
    act, _, key = request.POST.get("act", "").partition(":")
    sent = [key] if key else request.POST.getlist("row")
    keys = [known for text in sent if (known := read_key(text)) is not None]
    rows = OddRow.objects.filter(pk__in=keys[:MOST])
    if act not in ACTS or not keys:
        messages.error(request, "Please choose at least one row.")
    else:
        _each(request, act, rows)
        if not rows:
            messages.error(request, odd_rows.SETTLED)
    return redirect(
        "admin:sync_differences"
    )  # its top, where what was done is told, such as the number to type


def may_decide(request: HttpRequest) -> bool:
    return request.user.has_perm("sync.change_oddrow")


def _each(request: HttpRequest, act: str, rows: QuerySet[OddRow]) -> None:
    for row in rows:
        try:
            told = ACTS[act][0](row, cast("User", request.user))
        except Refusal as refusal:
            messages.error(request, f"{row}: {refusal.sentence}")
        else:
            messages.success(request, f"{row}: {told}")


def _action(name: str) -> Callable[..., None]:
    def act(_of: Any, request: HttpRequest, chosen: QuerySet[OddRow]) -> None:
        if chosen.count() > MOST:
            messages.error(request, f"Please choose at most {MOST} rows at once.")
        else:
            _each(request, name, chosen)

    act.__name__ = name
    return admin.action(description=ACTS[name][1], permissions=["decide"])(act)


@admin.register(OddRow)
class OddRowAdmin(ReadOnly, OfficeAdmin):
    list_display = ("__str__", "why", "number", "says", "decision", "order", "given_number", "by_name")
    list_filter = (
        ("decision", MultipleChoicesDropdownFilter),
        ("why", MultipleChoicesDropdownFilter),
        ("sheet", MultipleChoicesDropdownFilter),
    )
    list_select_related = ("order",)
    search_fields = ("number", "text", "by_name")
    search_help_text = "RO number without the G, anything that the row says, who decided"
    fields = (
        "sheet", "row", "why", "number", "all_cells", "found_at", "decision", "order", "given_number",
        "decided_at", "by_name",
    )  # fmt: skip
    exported = ("sheet", "row", "why", "number", "text", "decision", "order", "given_number", "by_name")
    actions = tuple(_action(name) for name in ACTS)
    custom_urls = (("decide/", "sync_odd_rows_decide", decide),)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    @admin.display(description="What it says", ordering="text")
    def says(self, row: OddRow) -> str:
        return row.text if len(row.text) < 160 else f"{row.text[:159]}…"

    @admin.display(description="What its cells say")
    def all_cells(self, row: OddRow) -> Any:
        return format_html_join("", "<div>{}: {}</div>", filled(row))
