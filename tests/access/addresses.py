"""Every address of the site, as the program itself knows them, with arguments that need not exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

# What stands for an argument, by its converter. Access is decided before anything is looked up.
EXAMPLES = {
    "IntConverter": 7,
    "StringConverter": "x",
    "SlugConverter": "x",
    "PathConverter": "x/y",
    "UUIDConverter": "0c2d1f7e-0000-4000-8000-000000000000",
}
# The two of Admin that are regular expressions, by what is looked for in them.
EXPRESSIONS = {"app_label": "repairs/", "url": "nothing/here/"}
ADMIN = "admin:"


@dataclass(frozen=True)
class Address:
    """`name` is how genthrust.access knows it; an address without a name goes by its view's path."""

    name: str
    path: str


def every_address() -> list[Address]:
    """All but those of Admin, whose rows are apart."""
    found = (one for one in _under(get_resolver(), "", "") if not one.name.startswith(ADMIN))
    return sorted(found, key=lambda address: address.name)


def admin_addresses() -> list[Address]:
    """Those of Admin, by their names there; what only leads on has none."""
    found = (one for one in _under(get_resolver(), "", "") if one.name.startswith(ADMIN))
    return sorted(
        (Address(one.name.removeprefix(ADMIN), one.path) for one in found), key=lambda one: one.path
    )


def _under(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Address]:
    for found in resolver.url_patterns:
        if isinstance(found, URLPattern):
            yield Address(namespace + _name(found, namespace), f"/{prefix}{_example(found)}")
        else:
            inside = f"{namespace}{found.namespace}:" if found.namespace else namespace
            yield from _under(found, prefix + _example(found), inside)


def _name(pattern: URLPattern, namespace: str) -> str:
    return pattern.name or ("" if namespace == ADMIN else pattern.lookup_str)


def _example(found: URLPattern | URLResolver) -> str:
    route = str(found.pattern)
    if isinstance(found.pattern, RegexPattern):
        return EXPRESSIONS[next(iter(found.pattern.regex.groupindex))]
    converters: dict[str, Any] = found.pattern.converters
    for argument, converter in converters.items():
        kind = type(converter).__name__
        for text in (f"<{_short(kind)}:{argument}>", f"<{argument}>"):
            route = route.replace(text, str(EXAMPLES[kind]))
    return route


def _short(kind: str) -> str:
    return {"StringConverter": "str"}.get(kind, kind.removesuffix("Converter").lower())
