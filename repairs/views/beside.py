"""The order in the panel beside the list, as the list's address says (`order`)."""

from typing import Any

from django.http import HttpRequest

from repairs.models import RepairOrder
from repairs.views.fragments import wants_fragment
from repairs.views.order_parts import context_of

LONGEST_NUMBER = 18


def beside(request: HttpRequest) -> dict[str, Any]:
    """What a whole page shows beside the list: `beside` is what the address asks for, and the order if it is one.

    A part of the list asked for by htmx leaves the panel as it is.
    """
    asked = request.GET.get("order", "")
    if not asked or wants_fragment(request):
        return {}
    order = _order(asked)
    return {"beside": asked} | (context_of(order) if order else {})


def _order(asked: str) -> RepairOrder | None:
    if not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER):
        return None
    return RepairOrder.objects.select_related("shop").filter(number=int(asked)).first()
