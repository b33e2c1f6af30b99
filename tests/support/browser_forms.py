"""What a browser sends back from a form of a page, read from the page's own words."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

Fields = dict[str, str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Fields] = []
        self._of: Fields | None = None
        self._writes: str = ""
        self._select: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._of = {}
            self.forms.append(self._of)
        elif self._of is None:
            return
        elif tag == "textarea":
            self._writes = name
            self._of[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in self._of or "selected" in given):
            self._of[self._select] = given.get("value", "")
        elif tag == "input" and name and (
            given.get("type") not in ("checkbox", "radio", "submit", "file") or "checked" in given
        ):  # fmt: skip
            self._of[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")

    def handle_data(self, data: str) -> None:
        if self._of is not None and self._writes:
            self._of[self._writes] += data

    def handle_endtag(self, tag: str) -> None:
        self._writes = "" if tag == "textarea" else self._writes
        self._of = None if tag == "form" else self._of


def form_with(page: str, field: str) -> Fields:
    """The fields of the only form with this one, with a browser's line breaks; the one after <textarea> is no text."""
    read = _Forms()
    read.feed(page)
    [found] = [form for form in read.forms if field in form]
    return {name: "\r\n".join(text.removeprefix("\n").splitlines()) for name, text in found.items()}


def send(client: Client, address: str, typed: Fields, **more: Any) -> Any:
    """Opens a page, types into its form, and saves it."""
    opened = form_with(client.get(address).content.decode(), next(iter(typed)))
    return client.post(address, opened | typed, **more)
