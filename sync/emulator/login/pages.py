"""The few pages that a person sees at the sign-in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from sync.emulator.http import Response

_FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{title}</h1>{content}</main></body></html>"""


def choose(people: Iterable[str], asked: Mapping[str, str], *, hint: str) -> Response:
    """Who is it? The one of the hint stands first."""
    ordered = sorted(people, key=lambda address: address != hint)
    buttons = "".join(_button("person", address, address) for address in ordered)
    return _page("Sign in", _form(asked, buttons + _button("answer", "cancel", "Cancel")))


def consent(address: str, scopes: Iterable[str], asked: Mapping[str, str]) -> Response:
    """Does the person agree to what the app asks for?"""
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in sorted(scopes))
    buttons = _button("answer", "accept", "Accept") + _button("answer", "cancel", "Cancel")
    content = f"<p>{escape(address)}, this app would like to:</p><ul>{wanted}</ul>"
    return _page("Permissions requested", content + _form({**asked, "person": address}, buttons))


def trouble(text: str) -> Response:
    """Shown instead of going back: the app could not be trusted with the browser, or the person is a stranger."""
    return _page("Sorry, but we’re having trouble signing you in", f"<p>{escape(text)}</p>", status=400)


def _page(title: str, content: str, *, status: int = 200) -> Response:
    body = _FRAME.format(title=title, content=content).encode()
    return Response(status, body, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})


def _form(asked: Mapping[str, str], inner: str) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    return f'<form method="post">{kept}{inner}</form>'


def _button(name: str, value: str, label: str) -> str:
    return f'<p><button name="{name}" value="{escape(value)}">{escape(label)}</button></p>'
