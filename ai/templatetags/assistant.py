"""What pages of any app show of the assistant."""

from typing import Any

from django import template

from ai import drafting, gateway
from notifications.models import Notification

register = template.Library()


@register.inclusion_tag("ai/_draft_words.html", takes_context=True)
def draft_words(context: Any, draft: Notification) -> dict[str, Any]:
    """Who worded a draft and how to have it worded otherwise."""
    return words_context(draft) | {"may": context["may"]}


def words_context(draft: Notification, seen: int | None = None) -> dict[str, Any]:
    """The same for the fragment; `seen` is the version that the page shows."""
    last = draft.rewordings.select_related("run").first()
    return {
        "draft": draft,
        "seen": seen or draft.version,
        "changed": bool(seen) and seen != draft.version,
        "has_model": gateway.is_on(),
        "last": last,
        "working": drafting.open_wish(draft) is not None,
        "fits": draft.kind == Notification.Kind.EMAIL_DRAFT and draft.order_id is not None and not draft.rows,
    }
