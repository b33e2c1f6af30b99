"""Pages that ask the database for nothing, because that may be what is broken."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from genthrust.appearance import theme_of
from genthrust.redaction import redacted


def alone(request: HttpRequest, template: str, context: Mapping[str, Any]) -> str:
    """A page that extends alone.html, in the theme that the browser has chosen."""
    return render_to_string(template, {"theme": theme_of(request), **context})


def again(request: HttpRequest) -> str:
    """The page's own address, "" where a form was sent to it.

    Without its parameters where one of them is a secret, as in a sign-in's answer.
    """
    if request.method not in ("GET", "HEAD"):
        return ""
    address = request.get_full_path()
    return address if redacted(address) == address else request.path
