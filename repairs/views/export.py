"""A list of orders, or those selected in it, as a file."""

import tempfile
from typing import IO, cast

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from repairs import clock, exporting, listing
from repairs.models.orders import OrderQuerySet
from repairs.views.selection import numbers_of

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """GET: all orders of the list that the address describes, in its order. POST: those selected in it.

    What in the address is not understood is refused: a file tells nobody what was left out.
    """
    shown = listing.listing(request.GET)
    if shown.problems:
        return _refused(request, " ".join(shown.problems))
    found = listing.orders_of(shown, clock.today())
    if request.method == "POST":
        numbers = numbers_of(request.POST)
        if not numbers:
            return _refused(request, "No order was selected.")
        found = found.model.objects.select_related("shop").filter(number__in=numbers).order_by("-number")
    return _csv(found) if form == "csv" else _xlsx(request, found)


def _csv(found: OrderQuerySet) -> HttpResponseBase:
    lines = (line.encode() for line in exporting.csv_lines(found))
    return StreamingHttpResponse(lines, content_type=CSV, headers=_attachment("csv"))


def _xlsx(request: HttpRequest, found: OrderQuerySet) -> HttpResponseBase:
    count = found.count()
    if count > exporting.MOST_IN_EXCEL:
        return _refused(
            request,
            f"An Excel file holds up to {exporting.MOST_IN_EXCEL:,} orders here, and these are {count:,}. "
            "Please filter the list, or take CSV, which Excel opens as well.",
        )
    file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 (the answer closes it)
    exporting.write_xlsx(found, file)
    file.seek(0)
    return FileResponse(file, content_type=XLSX, headers=_attachment("xlsx"))


def _attachment(ending: str) -> dict[str, str]:
    name = f"orders-{clock.today().isoformat()}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "repairs/not_exported.html", {"sentence": sentence}, status=422)
