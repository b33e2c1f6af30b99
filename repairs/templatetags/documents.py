"""The documents of an order, as its page and their own show them."""

from typing import Any

from django import template
from django.conf import settings

from repairs import documents
from repairs.models import Document, RepairOrder

register = template.Library()


def shown(order: RepairOrder) -> dict[str, Any]:
    """What the list needs. Those that were removed can be brought back from their own page."""
    return {
        "order": order,
        "documents": documents.of_order(order),
        "removed_ones": order.documents.exclude(removed_at=None).order_by("-removed_at"),
        "kinds": Document.Kind.choices,
        "accepted": ",".join(f".{ending}" for ending in settings.DOCUMENT_TYPES),
        "most_mb": settings.DOCUMENT_MAX_MB,
    }


@register.inclusion_tag("repairs/_documents.html", takes_context=True)
def order_documents(context: template.Context, order: RepairOrder) -> dict[str, Any]:
    return shown(order) | {name: context.get(name) for name in ("csrf_token", "may")}
