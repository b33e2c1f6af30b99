"""The dashboard: figures, sheets, search, filters, the list."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from repairs import bulk, clock, listing, queries, saved_views, searching
from repairs.list_counts import counts
from repairs.listing import ALL_SHEETS, DATES, NONE, SORTS, Listing
from repairs.paging import Pages
from repairs.queries import NamedSet
from repairs.statuses import STATUSES, status_word
from repairs.views.beside import beside
from repairs.views.bulk_kept import tell
from repairs.views.fragments import answer
from repairs.views.saved import views_of
from repairs.views.selection import status_choices

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROWS_A_PAGE = 50
NO_STATUS, NO_SHOP, GONE = "No known status", "No shop", "A shop that is gone"


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """All state is in the address: sheet, show (a figure or quick filter), q, filters, sort, page, order beside it.

    What a form sent (`apply`, and `go` from the search) is led to the address that says the same without empty
    parts, or to the order whose number was searched for; an empty address, to the view with which the person's
    orders open.
    """
    if not request.GET and (default := saved_views.default_of(request.user.pk)):
        return redirect(default)
    tell(request)
    today = clock.today()
    shown = listing.listing(request.GET)
    if "go" in request.GET and (named := searching.named_by(shown.search)):
        return redirect(named)
    if ("apply" in request.GET or "go" in request.GET) and not shown.problems:
        return redirect(reverse("dashboard") + shown.address(order=request.GET.get("order")))
    counted = counts(shown, today)
    rows = listing.orders_of(shown, today, count=counted.listed)
    page = Pages(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    shops = listing.shops_to_choose(shown)
    context = {
        "today": today,
        "shown": shown,
        "page": page,
        "figures": [_figure(figure, shown) for figure in counted.figures],
        "tabs": _tabs(shown, counted.sheets),
        "filters": [_filter(named, shown) for named in queries.QUICK_FILTERS],
        "choices": _choices(shown, shops),
        "applied": list(_applied(shown, shops)),
        "kept": list(_kept(shown)),
        "columns": {key: _column(key, shown) for key in SORTS},
        "links": _links(shown, page),
        "views": [
            (view, shown.address() == f"?{view.address}") for view in views_of(cast("User", request.user))
        ],
        "searched": searching.SEARCHED,
    } | beside(request)
    return answer(request, page="repairs/dashboard.html", fragment="repairs/_list.html", context=context)


def _figure(figure: queries.Figure, shown: Listing) -> dict[str, Any]:
    """A figure counts all orders, so its link takes every other choice away."""
    chosen = shown.show is figure.named and not shown.search and not shown.is_filtered
    link = Listing(sheet="", show=figure.named).address(sort=None)
    return {"figure": figure, "chosen": chosen, "url": "?sheet=Active" if chosen else link}


def _tabs(shown: Listing, counted: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "name": sheet,
            "count": count,
            "chosen": sheet == shown.sheet,
            "url": shown.anywhere.address(sheet=sheet),
        }
        for sheet, count in counted.items()
    ]


def _filter(named: NamedSet, shown: Listing) -> dict[str, Any]:
    chosen = shown.show is named
    return {
        "named": named,
        "chosen": chosen,
        "url": shown.address(sheet=named.sheet or shown.sheet, show=None if chosen else named.key),
    }


def _choices(shown: Listing, shops: dict[str, str]) -> dict[str, Any]:
    """What the filters offer, each with whether it is chosen."""
    statuses = {status: status_word(status) for status in STATUSES} | {NONE: NO_STATUS}
    return {
        "statuses": [(key, label, key in shown.statuses) for key, label in statuses.items()],
        "shops": [(key, label, key in shown.shops) for key, label in ({NONE: NO_SHOP} | shops).items()],
        "new_statuses": status_choices(),
        "most_at_once": bulk.MOST,
        "sorts": list(_sorts(shown)),
        "days": [(name, label, shown.spans.get(name)) for name, (label, _) in DATES.items()],
    }


def _sorts(shown: Listing) -> Iterator[tuple[str, str, bool]]:
    """Every sort in both directions; where the table has no headings, on a phone, this is how to sort."""
    for key, sort in SORTS.items():
        for down in (sort.down, not sort.down):
            word = f"-{key}" if down else key
            yield word, f"{sort.label} {'↓' if down else '↑'}", word == shown.sort_word


def _applied(shown: Listing, shops: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Every filter in force, with the address of the list without it."""
    for status in shown.statuses:
        rest = [other for other in shown.statuses if other != status]
        label = NO_STATUS if status == NONE else status_word(status)
        yield {"key": f"status-{status}", "label": label, "url": shown.address(status=rest)}
    for shop in shown.shops:
        rest = [other for other in shown.shops if other != shop]
        label = NO_SHOP if shop == NONE else shops.get(shop, GONE)
        yield {"key": f"shop-{shop}", "label": label, "url": shown.address(shop=rest)}
    for name, span in shown.spans.items():
        without = shown.address(**{f"{name}_from": None, f"{name}_to": None})
        yield {"key": name, "label": DATES[name][0], "first": span.first, "last": span.last, "url": without}


def _kept(shown: Listing) -> Iterator[tuple[str, str]]:
    """The filters as the fields of a form, so that a search looks among what they leave."""
    yield from (("status", status) for status in shown.statuses)
    yield from (("shop", shop) for shop in shown.shops)
    yield from ((name, day.isoformat()) for name, day in shown.days().items() if day)


def _column(key: str, shown: Listing) -> dict[str, Any]:
    """A heading that sorts; of the column that the list is sorted by, it turns the direction round."""
    sort, current = SORTS[key], shown.sort == key
    down = not shown.down if current else sort.down
    return {
        "key": key,
        "label": sort.label,
        "direction": ("descending" if shown.down else "ascending") if current else "",
        "url": shown.address(sort=f"-{key}" if down else key),
    }


def _links(shown: Listing, page: Any) -> dict[str, str]:
    links = {
        "all_sheets": shown.address(sheet=ALL_SHEETS, show=None),
        "unfiltered": replace(shown, statuses=(), shops=(), spans={}).address(),
        "here": shown.address(),
        "closed": shown.address(page=page.number if page.number > 1 else None),
    }
    if page.has_previous():
        links["previous"] = shown.address(page=page.previous_page_number())
    if page.has_next():
        links["next"] = shown.address(page=page.next_page_number())
    return links
