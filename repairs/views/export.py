"""A list of orders, or those selected in it, as a file."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from repairs import clock, exporting, listing
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.views.files import file_of
from repairs.views.selection import WHOLE, list_of, numbers_of


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """GET: all orders of the list that the address describes, in its order. POST: those selected in it, or all.

    What in the address is not understood is refused: a file tells nobody what was left out.
    """
    shown = list_of(request.POST) if WHOLE in request.POST else listing.listing(request.GET)
    if shown.problems:
        return _refused(request, " ".join(shown.problems))
    found: exporting.Orders = listing.orders_of(shown, clock.today())
    if request.method == "POST" and WHOLE not in request.POST:
        numbers = numbers_of(request.POST)
        if not numbers:
            return _refused(request, "No order was selected.")
        found = RepairOrder.objects.select_related("shop").filter(number__in=numbers).order_by("-number")
    try:
        return file_of(exporting.orders_table(found), form, count=found.count())
    except Refusal as refusal:
        return _refused(request, refusal.sentence)


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "repairs/not_exported.html", {"sentence": sentence}, status=422)
