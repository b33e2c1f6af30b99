"""The dashboard: figures, sheets, search, the list."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from repairs import clock, queries
from repairs.queries import Listing, NamedSet
from repairs.views.fragments import answer

ROWS_A_PAGE = 50


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """All state is in the address: sheet, show (a figure or quick filter), q, sort, page."""
    today = clock.today()
    shown = queries.listing(
        sheet=request.GET.get("sheet", ""),
        show=request.GET.get("show", ""),
        search=request.GET.get("q", ""),
        sort=request.GET.get("sort", ""),
    )
    page = Paginator(queries.orders_of(shown, today), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "today": today,
        "shown": shown,
        "page": page,
        "figures": [_figure(figure, shown) for figure in queries.figures(today)],
        "tabs": _tabs(shown),
        "filters": [_filter(named, shown) for named in queries.QUICK_FILTERS],
        "links": _links(shown, page),
        "order_number": queries.number_in(shown.search),
    }
    return answer(request, page="repairs/dashboard.html", fragment="repairs/_list.html", context=context)


def address(shown: Listing, **changed: Any) -> str:
    """The address of a list; None takes a part away."""
    parts = {
        "sheet": shown.sheet,
        "show": shown.show.key if shown.show else None,
        "q": shown.search,
    } | changed
    kept = {name: value for name, value in parts.items() if value}
    return f"?{urlencode(kept)}"


def _figure(figure: queries.Figure, shown: Listing) -> dict[str, Any]:
    chosen = shown.show is figure.named and not shown.search
    link = address(shown, sheet=None, show=figure.named.key, q=None)
    return {"figure": figure, "chosen": chosen, "url": "?sheet=Active" if chosen else link}


def _tabs(shown: Listing) -> list[dict[str, Any]]:
    counts = queries.sheet_counts(shown.search)
    return [
        {
            "name": sheet,
            "count": count,
            "chosen": sheet == shown.sheet,
            "url": address(shown, sheet=sheet, show=None),
        }
        for sheet, count in counts.items()
    ]


def _filter(named: NamedSet, shown: Listing) -> dict[str, Any]:
    chosen = shown.show is named
    return {
        "named": named,
        "chosen": chosen,
        "url": address(shown, sheet=named.sheet or shown.sheet, show=None if chosen else named.key),
    }


def _links(shown: Listing, page: Any) -> dict[str, str]:
    links = {
        "newest": address(shown, sort="newest"),
        "due": address(shown, sort="due"),
        "all_sheets": address(shown, sheet=queries.ALL_SHEETS, show=None),
    }
    if page.has_previous():
        links["previous"] = address(shown, sort=shown.sort, page=page.previous_page_number())
    if page.has_next():
        links["next"] = address(shown, sort=shown.sort, page=page.next_page_number())
    return links
