"""Which texts are shown folded, with a way to see all of them."""

from math import ceil

from django import template

register = template.Library()

LINES = 8
"""So many lines are shown of a folded text (static/css/order.css)."""


@register.filter
def is_long(text: str | None, signs: int) -> bool:
    """Whether a text takes more lines than a folded one shows, where about so many signs fit on each."""
    return sum(max(1, ceil(len(line) / signs)) for line in str(text or "").splitlines()) > LINES
