"""Research on a part, as the pages of orders and parts show it."""

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.http import urlencode

from ai import showing
from repairs.models import RepairOrder
from repairs.parts import part_key
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

register = template.Library()
SHOWN = 3


@register.inclusion_tag("ai/_research.html", takes_context=True)
def research_panel(context: Any, part: str, order: RepairOrder | None = None) -> dict[str, Any]:
    """A person's research on a part, or on the part of an order, and the button that begins it."""
    return panel_context(context["user"], part=part, order=order)


def panel_context(person: "User", *, part: str, order: RepairOrder | None, fault: str = "") -> dict[str, Any]:
    """The same for the fragment; `fault` is why none was begun."""
    found = showing.briefs_of(person)
    briefs = list((found.filter(order=order) if order else found.filter(order=None, part=part))[:SHOWN])
    return {
        "order": order,
        "part": part,
        "possible": bool(part_key(part)),
        "briefs": briefs,
        "query": urlencode({"what": order.label} if order else {"part": part}),
        "working": any(brief.run is not None and brief.run.state in Run.OPEN for brief in briefs),
        "fault": fault,
    }
