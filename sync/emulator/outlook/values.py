"""Reading bodies as strictly as the service: only known properties, each of its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync.emulator.outlook.errors import invalid_body, unknown_property

Check = Callable[[str, Any], Any]
"""Takes a property's name and value, gives the value as it is kept, or raises GraphError."""


def read_properties(body: Any, type_name: str, known: Mapping[str, Check]) -> dict[str, Any]:
    """The properties of a body. GraphError 400 for an unknown one and for a value of the wrong kind."""
    if not isinstance(body, dict):
        raise invalid_body("Unable to read JSON request payload.")
    given = {name: value for name, value in body.items() if "@odata." not in name}
    for name in given:
        if name not in known:
            raise unknown_property(name, type_name)
    return {name: known[name](name, value) for name, value in given.items()}


def _wrong(name: str, value: Any) -> Exception:
    return invalid_body(f"Cannot convert the value of the property '{name}': {str(value)[:60]!r}.")


def text(name: str, value: Any) -> str:
    """A string; null counts as empty."""
    if value is not None and not isinstance(value, str):
        raise _wrong(name, value)
    return value or ""


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise _wrong(name, value)
    return value


def number(name: str, value: Any) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, value)
    return value


def texts(name: str, value: Any) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise _wrong(name, value)
    return value


def one_of(*choices: str) -> Check:
    """One of the members of an enumeration."""

    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise invalid_body(f"Requested value '{value}' was not found. ({name})")
        return str(value)

    return check


def body(name: str, value: Any) -> dict[str, str]:
    """A text with its kind; HTML comes to stand in a whole page, as Exchange keeps it."""
    given = read_properties(value or {}, "itemBody", {"contentType": text, "content": text})
    kind = given.get("contentType", "text").lower()
    if kind not in {"text", "html"}:
        raise _wrong(name, kind)
    content = given.get("content", "")
    return {"contentType": kind, "content": whole_page(content) if kind == "html" else content}


def whole_page(content: str) -> str:
    """HTML with the frame that Exchange puts around a fragment."""
    if "<html" in content.lower():
        return content
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    return f"<html><head>\r\n{head}</head><body>{content}</body></html>"


def recipient(name: str, value: Any) -> dict[str, Any]:
    """A person with an address, which need not be a good one as long as nothing is sent."""
    given = read_properties(value, "recipient", {"emailAddress": _email_address})
    if "emailAddress" not in given:
        raise _wrong(name, value)
    return given


def _email_address(_name: str, value: Any) -> dict[str, str]:
    given = read_properties(value, "emailAddress", {"name": text, "address": text})
    address = given.get("address", "")
    return {"name": given.get("name") or address, "address": address}


def recipients(name: str, value: Any) -> list[dict[str, Any]]:
    """A list of people."""
    if not isinstance(value, list):
        raise _wrong(name, value)
    return [recipient(name, part) for part in value]
