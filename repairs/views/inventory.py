"""The parts in stock: search with filters, an overview while nothing is looked for, a line's page."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from repairs import inventory_queries
from repairs.inventory_queries import CONDITIONS, Lookup, Stock
from repairs.models import InventoryItem
from repairs.views.fragments import answer
from repairs.views.new_order import known_context

ROWS_A_PAGE = 50
ROWS_OF_OVERVIEW = 8
OTHER_LINES = 20


@require_safe
def inventory(request: HttpRequest) -> HttpResponse:
    """All state is in the address: q, condition, low, page."""
    wanted = inventory_queries.lookup(
        search=request.GET.get("q", ""),
        condition=request.GET.get("condition", ""),
        low=request.GET.get("low", ""),
    )
    stock = inventory_queries.stock(wanted.search)
    context = {"wanted": wanted, "figures": _figures(wanted, stock), "any": stock.lines()}
    context |= _found(wanted, request.GET.get("page")) if wanted else _overview()
    return answer(request, page="repairs/inventory.html", fragment="repairs/_inventory.html", context=context)


@require_safe
def item_page(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(InventoryItem, pk=pk)
    others = inventory_queries.same_part(item)
    context = {
        "item": item,
        "others": others[:OTHER_LINES],
    } | known_context(item.part_number)
    return render(request, "repairs/inventory_item.html", context)


def address(wanted: Lookup, **changed: Any) -> str:
    """The address of what is looked for; None takes a part away."""
    parts = {"q": wanted.search, "condition": wanted.condition, "low": wanted.low and 1} | changed
    return f"?{urlencode({name: value for name, value in parts.items() if value})}"


def _found(wanted: Lookup, number: str | None) -> dict[str, Any]:
    page = Paginator(inventory_queries.items_of(wanted), ROWS_A_PAGE).get_page(number)
    return {"page": page, "links": _links(wanted, page)}


def _links(wanted: Lookup, page: Page[InventoryItem]) -> dict[str, str]:
    links = {"all": address(wanted, condition=None, low=None)}
    if page.has_previous():
        links["previous"] = address(wanted, page=page.previous_page_number())
    if page.has_next():
        links["next"] = address(wanted, page=page.next_page_number())
    return links


def _overview() -> dict[str, Any]:
    return {
        "lowest": inventory_queries.lowest(ROWS_OF_OVERVIEW),
        "recent": inventory_queries.recently_seen(ROWS_OF_OVERVIEW),
    }


def _figures(wanted: Lookup, stock: Stock) -> list[dict[str, Any]]:
    """All lines, then the filters, each counted under the others that stand; chosen, it is taken away."""
    everything = {
        "key": "all",
        "label": "All lines",
        "lines": stock.lines(),
        "pieces": stock.pieces(),
        "chosen": bool(wanted.search) and not wanted.condition and not wanted.low,
        "url": address(wanted, condition=None, low=None),
    }
    low = {
        "key": "low",
        "label": "Low stock",
        "lines": stock.lines(condition=wanted.condition, low=True),
        "chosen": wanted.low,
        "url": address(wanted, low=None if wanted.low else 1),
    }
    return [everything, low, *(_of_condition(key, wanted, stock) for key in CONDITIONS)]


def _of_condition(key: str, wanted: Lookup, stock: Stock) -> dict[str, Any]:
    chosen = wanted.condition == key
    return {
        "key": key,
        "label": CONDITIONS[key],
        "lines": stock.lines(condition=key, low=wanted.low),
        "chosen": chosen,
        "url": address(wanted, condition=None if chosen else key),
    }
