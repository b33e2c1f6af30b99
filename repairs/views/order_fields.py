"""Editing in place: one field is saved by itself, while the person goes on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from genthrust.results import failure
from repairs import orders
from repairs.errors import Conflict, Refusal
from repairs.forms import FieldForm
from repairs.views.order_parts import context_of, find_order, person, saved
from repairs.wording import quoted


@require_POST
def edit_field(request: HttpRequest, number: int) -> HttpResponse:
    """Saves one field: `field`, `value`, and the version at which it was shown.

    The answer is every part of the page, or in JSON why not: 422 for a value that does not fit, 409 when somebody
    else gave this field another value meanwhile.
    """
    order = find_order(number)
    form = FieldForm(request.POST)
    if not form.is_valid():
        return failure(form.fault(), status=422)
    since = order.version
    try:
        orders.edit(
            order,
            by=person(request),
            changes=form.change(),
            expected_version=form.cleaned_data["expected_version"],
            merging=True,
        )
    except Conflict as conflict:
        return failure(_told(conflict), status=409)
    except Refusal as refusal:
        return failure(" ".join(refusal.fields.values()) or refusal.sentence, status=422)
    return saved(request, order, since=since)


def _told(conflict: Conflict) -> str:
    last = conflict.changes[-1]
    at = date_format(localtime(last.activity.at), "M j, g:i A")
    return f"{last.activity.by_name} changed it to {quoted(last.new)} on {at}."


@require_safe
@never_cache
def parts(request: HttpRequest, number: int) -> HttpResponse:
    """Every part of an order's page as it is now, for a page that has lost touch with it."""
    context = context_of(find_order(number)) | {"oob": True}
    return render(request, "repairs/_order_sections.html", context)
