"""What every page tells of acts on many orders."""

from django import template
from django.template import Context

from repairs.views.bulk_kept import tell_anywhere

register = template.Library()


@register.simple_tag(takes_context=True)
def tell_of_acts(context: Context) -> str:
    """Leaves a message about each act whose outcome was not seen. Stands before the messages of a whole page."""
    if request := context.get("request"):
        tell_anywhere(request)
    return ""
