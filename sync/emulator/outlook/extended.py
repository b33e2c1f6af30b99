"""Extended properties: values of a program's own, kept with an item and shown only to who asks for them."""

from __future__ import annotations

import re
from typing import Any

from sync.emulator.errors import GraphError
from sync.emulator.outlook.errors import invalid_body, invalid_query
from sync.emulator.outlook.values import read_properties, text

PROPERTY = "singleValueExtendedProperties"

_ID = re.compile(r"(?P<type>\w+)\s+\{?(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?"
                 r"\s+Name\s+(?P<name>\S.*)", re.IGNORECASE)  # fmt: skip
_EXPAND = re.compile(rf"{PROPERTY}\(\s*\$filter\s*=\s*(?P<ids>.+)\)", re.IGNORECASE | re.DOTALL)
_ONE_ID = re.compile(r"\s*id\s+eq\s+'((?:[^']|'')*)'\s*(?:\bor\b|$)", re.IGNORECASE)


def property_id(given: str) -> str:
    """An id as the service writes it: the kind and the GUID in any case, the name as it is.

    GraphError 400 for anything but a named text property.
    """
    match = _ID.fullmatch(given.strip())
    if not match:
        raise GraphError(
            400,
            "PropertyId values may only be in one of the following formats: 'MapiPropertyType namespaceGuid Name "
            "propertyName', 'MapiPropertyType namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'.",
            code="ErrorInvalidProperty",
        )
    if match["type"].lower() != "string":
        raise GraphError(
            400,
            "The extended property attribute combination is invalid.",
            code="ErrorInvalidExtendedProperty",
        )
    return f"String {{{match['guid'].lower()}}} Name {match['name']}"


def extended_properties(name: str, value: Any) -> dict[str, str]:
    """The values of a body by id."""
    if not isinstance(value, list):
        raise invalid_body(f"Cannot convert the value of the property '{name}'.")
    found = {}
    for part in value:
        given = read_properties(part, "singleValueLegacyExtendedProperty", {"id": text, "value": text})
        found[property_id(given.get("id", ""))] = given.get("value", "")
    return found


def expanded_ids(expand: str | None) -> list[str]:
    """The ids that `$expand` asks for. GraphError 400 for an expansion of anything else, or of everything."""
    if expand is None:
        return []
    match = _EXPAND.fullmatch(expand.strip())
    if not match:
        raise invalid_query(f"Parsing OData Select and Expand failed: '{expand}' is not valid.")
    found, position = [], 0
    while position < len(match["ids"]):
        one = _ONE_ID.match(match["ids"], position)
        if not one:
            raise invalid_query(f"Parsing OData Select and Expand failed: '{expand}' is not valid.")
        found.append(property_id(one[1].replace("''", "'")))
        position = one.end()
    return found


def shown(extended: dict[str, str], ids: list[str]) -> dict[str, Any]:
    """What an expansion adds to an answer: nothing when the item has none of them."""
    values = [{"id": name, "value": extended[name]} for name in ids if name in extended]
    return {PROPERTY: values} if values else {}
