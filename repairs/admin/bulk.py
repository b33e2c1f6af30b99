"""One status for many orders: a page between choosing and doing, and each order by itself through the verb."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminSelectWidget

from repairs import bulk
from repairs.admin.base import office_page
from repairs.forms import ReturnedField
from repairs.keys import read_key
from repairs.models import RepairOrder
from repairs.statuses import ASK_RETURN, STATUSES, status_word
from repairs.views import bulk_kept

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class StatusForm(forms.Form):
    """The status for all of them. `version-ID` is that at which the person saw each order."""

    status = forms.ChoiceField(
        choices=[("", "Choose a status"), *((name, name) for name in STATUSES)],
        widget=UnfoldAdminSelectWidget,
    )
    unit_returned = ReturnedField(
        label="Did the units come back?",
        unknown="Not known",
        widget=UnfoldAdminSelectWidget,
        help_text=f"Asked for {ASK_RETURN}. Without an answer these orders stay on their sheet.",
    )


@admin.action(description="Change the status of the selected orders", permissions=["change"])
def change_status(of: Any, request: HttpRequest, chosen: QuerySet[RepairOrder]) -> HttpResponse | None:
    """Asks for the status first, and once more where it is an unusual step; then sets it, says what became of each
    order, and offers to take it back.
    """
    count = chosen.count()
    if count > bulk.MOST:
        messages.error(request, f"These are {count:,} orders. Please choose at most {bulk.MOST} at once.")
        return None
    form = StatusForm(request.POST if "apply" in request.POST else None)
    valid = form.is_valid()
    odd = bulk.unusual(list(chosen), form.cleaned_data["status"]) if valid else set()
    if valid and (not odd or request.POST.get("sure") == form.cleaned_data["status"]):
        return _told(request, chosen, form.cleaned_data)
    context = {"form": form, "chosen": chosen, "count": count, "checkbox": ACTION_CHECKBOX_NAME, "odd": odd}
    return office_page(request, of, "admin/repairs/change_status.html", "Change the status", context)


def _told(request: HttpRequest, chosen: QuerySet[RepairOrder], data: dict[str, Any]) -> HttpResponse:
    """Back to the list, which tells it, when every order was changed; to what became of each when one was not."""
    shown = {order.number: _version(request, order) for order in chosen.order_by("pk")}
    back = request.get_full_path()
    kept = bulk_kept.begin(request, shown, done=f"changed to {status_word(data['status'])}", back=back)
    outcomes = bulk.change_status(
        shown, by=cast("User", request.user), to=data["status"], unit_returned=data["unit_returned"]
    )
    bulk_kept.end(kept, outcomes)
    if any(outcome.kind != bulk.Kind.CHANGED for outcome in outcomes):
        return redirect(kept)
    return redirect(back)


def _version(request: HttpRequest, order: RepairOrder) -> int:
    """The version that the page showed; 0, which no order has, when it showed none."""
    return read_key(request.POST.get(f"version-{order.pk}", "")) or 0
