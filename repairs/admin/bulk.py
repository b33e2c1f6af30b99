"""One status for many orders: a page between choosing and doing, and each order by itself through the verb."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget

from repairs import orders
from repairs.admin.base import office_page
from repairs.bulk import unusual
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.statuses import STATUSES
from repairs.wording import counted

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 500
"""So many orders at once, that a person can still look through."""
RETURNED = [("", "Not known"), ("yes", "Yes"), ("no", "No")]


class StatusForm(forms.Form):
    """The status for all of them. `version-ID` is that at which the person saw each order."""

    status = forms.ChoiceField(
        choices=[("", "Choose a status"), *((name, name) for name in STATUSES)],
        widget=UnfoldAdminSelectWidget,
    )
    unit_returned = forms.ChoiceField(
        label="Did the units come back?",
        choices=RETURNED,
        required=False,
        help_text="Asked for BER, RAI and CANCELLED. Without an answer these orders stay on their sheet.",
        widget=UnfoldAdminSelectWidget,
    )


@admin.action(description="Change the status of the selected orders", permissions=["change"])
def change_status(of: Any, request: HttpRequest, chosen: QuerySet[RepairOrder]) -> HttpResponse | None:
    """Asks for the status first, and once more where it is an unusual step; then sets it, and says which orders were
    changed by somebody else meanwhile.
    """
    count = chosen.count()
    if count > MOST:
        messages.error(request, f"These are {count:,} orders. Please choose at most {MOST} at once.")
        return None
    form = StatusForm(request.POST if "apply" in request.POST else None)
    valid = form.is_valid()
    odd = unusual(list(chosen), form.cleaned_data["status"]) if valid else set()
    if valid and (not odd or request.POST.get("sure") == form.cleaned_data["status"]):
        _change_each(request, chosen, form.cleaned_data)
        return None
    context = {"form": form, "chosen": chosen, "count": count, "checkbox": ACTION_CHECKBOX_NAME, "odd": odd}
    return office_page(request, of, "admin/repairs/change_status.html", "Change the status", context)


def _change_each(request: HttpRequest, chosen: QuerySet[RepairOrder], data: dict[str, Any]) -> None:
    """Sets it for each, with the version that was shown; a refusal stops that order only."""
    returned = {"yes": True, "no": False}.get(data["unit_returned"])
    done = 0
    for order in chosen.order_by("pk"):
        try:
            orders.change_status(
                order,
                by=cast("User", request.user),
                to=data["status"],
                unit_returned=returned,
                expected_version=_version(request, order),
            )
        except Refusal as refusal:
            messages.error(request, f"{order.label}: {refusal.sentence}")
        else:
            done += 1
    if done:
        messages.success(request, f"{counted(done, 'order')} set to {data['status']}.")


def _version(request: HttpRequest, order: RepairOrder) -> int:
    """The version that the page showed; 0, which no order has, when it showed none."""
    shown = request.POST.get(f"version-{order.pk}", "")
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else 0
