"""From a path to the function that answers it. New parts of Graph are added by adding routes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

from sync.emulator.errors import GraphError, unknown_segment

Handler = TypeVar("Handler", bound=Callable[..., object])

# A slash inside the parentheses of `range(address='…')` or `worksheets('…')` does not end a segment.
_SEGMENT = re.compile(r"(?:\('(?:[^']|'')*'\)|\(\w+='(?:[^']|'')*'\)|[^/])+")
_CALL = re.compile(r"(?P<name>[^()]+)\((?P<arguments>.*)\)", re.DOTALL)
_ARGUMENT = re.compile(r"\s*(?P<name>\w+)\s*=\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<plain>[^,']*))\s*(?:,|$)")
_KEY = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path: `range(address='A1')` is the name `range` with one argument."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route(Generic[Handler]):
    """A template such as `drives/{drive}/items/{item}` and what answers it."""

    method: str
    template: tuple[str, ...]
    handler: Handler
    writes: bool

    def parameters(self, segments: list[Segment]) -> dict[str, str] | None:
        """What stands in the template's gaps, arguments included, or None when the path is another."""
        if len(segments) != len(self.template):
            return None
        found: dict[str, str] = {}
        for wanted, segment in zip(self.template, segments, strict=True):
            if wanted.startswith("{"):
                found[wanted[1:-1]] = segment.name
            elif wanted.lower() != segment.name.lower():
                return None
            found.update(segment.arguments)
        return found


class Router(Generic[Handler]):
    """All routes; the first that fits wins."""

    def __init__(self) -> None:
        self._routes: list[Route[Handler]] = []

    def add(self, method: str, template: str, handler: Handler, *, writes: bool = False) -> None:
        """Answer `method` on a path; `writes` marks those that change the workbook's cells."""
        self._routes.append(Route(method, tuple(template.split("/")), handler, writes))

    def match(self, method: str, raw_path: str) -> tuple[Route[Handler], dict[str, str]]:
        """The route and its parameters. GraphError 400 for an unknown path, 405 for a wrong method."""
        segments = split_path(raw_path)
        known = False
        for route in self._routes:
            parameters = route.parameters(segments)
            if parameters is None:
                continue
            if route.method == method:
                return route, parameters
            known = True
        if known:
            raise GraphError(
                405, f"{method} is not allowed on this resource.", inner="methodNotAllowedUncategorized"
            )
        raise unknown_segment(segments[-1].name if segments else "")


def split_path(raw_path: str) -> list[Segment]:
    """Take a percent-encoded path apart; doubled slashes are tolerated, as Graph does."""
    plain = re.sub(r"%2[789]", lambda match: unquote(match[0]), raw_path)
    return [segment for part in _SEGMENT.findall(plain) for segment in _segments(unquote(part))]


def _segments(text: str) -> list[Segment]:
    """`worksheets('Active')` becomes two segments, as if it were `worksheets/Active`."""
    match = _CALL.fullmatch(text)
    if not match:
        return [Segment(text)]
    name, arguments = match["name"], match["arguments"].strip()
    if key := _KEY.fullmatch(arguments):
        return [Segment(name), Segment(key[1].replace("''", "'"))]
    return [_with_arguments(text, name, arguments)]


def _with_arguments(text: str, name: str, arguments: str) -> Segment:
    found: dict[str, str] = {}
    position = 0
    while position < len(arguments):
        match = _ARGUMENT.match(arguments, position)
        if not match:
            # A sheet named "Old (2024)" looks like a call, but is a name.
            return Segment(text)
        quoted = match["text"]
        found[match["name"].lower()] = match["plain"].strip() if quoted is None else quoted.replace("''", "'")
        position = match.end()
    return Segment(name.removeprefix("microsoft.graph."), found)
