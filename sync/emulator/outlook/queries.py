"""`$filter`, `$orderby`, `$select`, `$top` and `$skip`, as far as the service has them for a collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from sync.emulator.errors import GraphError
from sync.emulator.http import Request
from sync.emulator.outlook.errors import invalid_filter, invalid_query
from sync.emulator.outlook.extended import PROPERTY, property_id
from sync.emulator.outlook.items import Item

_TEXT = r"'(?:[^']|'')*'"
_CLAUSE = re.compile(
    rf"{PROPERTY}/any\(\s*(?P<var>\w+)\s*:\s*(?P=var)/id\s+eq\s+(?P<id>{_TEXT})"
    rf"\s+and\s+(?P=var)/value\s+(?:eq\s+(?P<value>{_TEXT})|ne\s+null)\s*\)"
    rf"|(?P<name>[\w/]+)\s+(?P<verb>\w+)\s+(?P<operand>{_TEXT}|[^\s()]+)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_OPTIONS = {"$filter", "$orderby", "$select", "$top", "$skip", "$expand", "$count"}
_MOST = 1000

Test = Callable[[Item], bool]
Kind = str
"""What a property is compared as: text, bool or time."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What can be asked of one collection: `filters` names its searchable properties, `sorts` the sortable ones."""

    type_name: str
    properties: frozenset[str]
    filters: Mapping[str, Kind]
    sorts: tuple[str, ...]
    extended: bool
    page: int = 10


@dataclass(slots=True)
class Page:
    """A part of a collection and where the next one is."""

    items: list[Item]
    total: int
    next_link: str | None


def find_page(request: Request, collection: Collection, items: list[Item], *, base_url: str) -> Page:
    """The items asked for. GraphError 400 for every option or filter that is not supported."""
    _check_options(request)
    clauses = list(_clauses(request.query_value("$filter"), collection))
    order = _order(request.query_value("$orderby"), collection)
    wanted = [name for name, _descending in order]
    if clauses and order and [name for name, _test in clauses][: len(wanted)] != wanted:
        raise GraphError(
            400,
            "The restriction or sort order is too complex for this operation.",
            code="InefficientFilter",
        )
    found = [item for item in items if all(test(item) for _name, test in clauses)]
    for name, descending in reversed(order or [(name, True) for name in collection.sorts[:1]]):
        found.sort(key=_by(name), reverse=descending)
    end = (skip := _count(request, "$skip", 0)) + min(_count(request, "$top", collection.page), _MOST)
    link = _next_link(request, base_url, end) if end < len(found) else None
    return Page(found[skip:end], len(found), link)


def _by(name: str) -> Callable[[Item], str]:
    return lambda item: str(item.data[name])


def selected(request: Request, collection: Collection) -> set[str] | None:
    """The properties to show; None for the usual ones. GraphError 400 for an unknown name."""
    given = request.query_value("$select")
    if given is None:
        return None
    wanted = {name.strip() for name in given.split(",")}
    by_lower = {name.lower(): name for name in collection.properties}
    for name in wanted:
        if name.lower() not in by_lower:
            raise invalid_query(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{collection.type_name}'."
            )
    return {by_lower[name.lower()] for name in wanted}


def _check_options(request: Request) -> None:
    for part in filter(None, request.query.split("&")):
        name = part.partition("=")[0].replace("%24", "$").lower()
        if name not in _OPTIONS:
            raise invalid_query(f"The query parameter '{name}' is not supported.")


def _clauses(given: str | None, collection: Collection) -> Iterator[tuple[str, Test]]:
    position = 0
    text = (given or "").strip()
    if given is not None and not text:
        raise invalid_filter()
    while position < len(text):
        match = _CLAUSE.match(text, position)
        if not match:
            raise invalid_filter()
        yield _extended(match, collection) if match["id"] else _plain(match, collection)
        position = match.end()
        if position < len(text):
            joint = _AND.match(text, position)
            if not joint:
                raise invalid_filter()
            position = joint.end()


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _extended(match: re.Match[str], collection: Collection) -> tuple[str, Test]:
    if not collection.extended:
        raise invalid_filter()
    name = property_id(_unquoted(match["id"]))
    if match["value"] is None:  # any value
        return PROPERTY, lambda item: name in item.extended
    value = _unquoted(match["value"]).casefold()
    return PROPERTY, lambda item: name in item.extended and item.extended[name].casefold() == value


def _plain(match: re.Match[str], collection: Collection) -> tuple[str, Test]:
    name, verb, operand = match["name"], match["verb"], match["operand"]
    kind = collection.filters.get(name)
    if kind == "time" and verb in _TIMES:
        moment, compare = _moment(operand), _TIMES[verb]
        return name, lambda item: compare(_moment(item.data[name]), moment)
    if kind == "bool" and verb in {"eq", "ne"} and operand in {"true", "false"}:
        return name, lambda item: (item.data[name] == (operand == "true")) == (verb == "eq")
    if kind == "text" and verb in {"eq", "ne"} and operand.startswith("'"):
        return name, lambda item: (item.data[name] == _unquoted(operand)) == (verb == "eq")
    raise invalid_filter()


_TIMES: dict[str, Callable[[datetime, datetime], bool]] = {
    "eq": lambda left, right: left == right,
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
    "le": lambda left, right: left <= right,
    "lt": lambda left, right: left < right,
}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_filter() from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _order(given: str | None, collection: Collection) -> list[tuple[str, bool]]:
    found = []
    for part in (given or "").split(",") if given is not None else []:
        name, _, direction = part.strip().partition(" ")
        if name not in collection.sorts or direction.strip().lower() not in {"", "asc", "desc"}:
            raise invalid_query(f"The $orderby expression '{part.strip()}' is not supported.")
        found.append((name, direction.strip().lower() == "desc"))
    return found


def _count(request: Request, option: str, default: int) -> int:
    given = request.query_value(option)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or int(given) > 10**6:
        raise invalid_query(f"Invalid value '{given}' for {option} query option found.")
    return int(given)


def _next_link(request: Request, base_url: str, skip: int) -> str:
    kept = {
        name: value
        for name in sorted(_OPTIONS - {"$skip"})
        if (value := request.query_value(name)) is not None
    }
    query = urlencode({**kept, "$skip": skip}, quote_via=quote)
    return f"{base_url}{request.raw_path}?{query}"
