"""The order in the panel beside the list, as the list's address says (`order`)."""

from typing import Any

from django.http import HttpRequest

from repairs.keys import read_key
from repairs.models import RepairOrder
from repairs.views.fragments import wants_fragment
from repairs.views.order_parts import context_of


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
    number = read_key(asked)
    return (
        None if number is None else RepairOrder.objects.select_related("shop").filter(number=number).first()
    )
