"""What every answer of Outlook has in common: the ids the caller asked for, the chosen properties, pages of a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sync.emulator.http import Response
from sync.emulator.outlook.items import Item, find_item
from sync.emulator.outlook.postoffice import Mailbox
from sync.emulator.outlook.queries import Collection, find_page

if TYPE_CHECKING:
    from sync.emulator.state import Call

_IMMUTABLE = re.compile(r'IdType\s*=\s*"ImmutableId"')
_PREFERENCE = re.compile(r'(?P<name>[\w.-]+)\s*=\s*"(?P<value>[^"]*)"')

Show = Callable[[Item], dict[str, Any]]


def wants_immutable(call: Call) -> bool:
    """Whether this request gives and takes ids that stay; asked for in each request. To Do has none of them."""
    if "/todo/" in call.request.raw_path.lower():
        return False
    return _IMMUTABLE.search(call.request.headers.get("prefer", "")) is not None


def preference(call: Call, name: str) -> str | None:
    """One value of the `Prefer` header."""
    found = _PREFERENCE.finditer(call.request.headers.get("prefer", ""))
    return next((match["value"] for match in found if match["name"] == name), None)


def find(call: Call, items: list[Item], parameter: str) -> Item:
    """The item that the address names. GraphError 404 or 400."""
    return find_item(items, call.parameters[parameter], immutable=wants_immutable(call))


def heading(call: Call, item: Item) -> dict[str, Any]:
    """Tag and id."""
    tag = {"@odata.etag": f'W/"{item.data["changeKey"]}"'} if "changeKey" in item.data else {}
    return {**tag, "id": item.immutable_id if wants_immutable(call) else item.id}


def one(call: Call, box: Mailbox, where: str, shown: dict[str, Any], *, status: int = 200) -> Response:
    """An answer with a single item."""
    context = f"{call.emulator.base_url}/$metadata#users('{box.address}')/{where}/$entity"
    return Response(status, {"@odata.context": context, **shown}, _applied(call))


def many(
    call: Call, box: Mailbox, where: str, items: list[Item], collection: Collection, *, show: Show
) -> Response:
    """An answer with a page of items. GraphError 400 for a query that is not supported."""
    page = find_page(call.request, collection, items, base_url=call.emulator.base_url)
    context = f"{call.emulator.base_url}/$metadata#users('{box.address}')/{where}"
    body: dict[str, Any] = {"@odata.context": context}
    if call.request.query_value("$count") == "true":
        body["@odata.count"] = page.total
    body["value"] = [show(item) for item in page.items]
    if page.next_link:
        body["@odata.nextLink"] = page.next_link
    return Response(200, body, _applied(call))


def _applied(call: Call) -> dict[str, str]:
    return {"Preference-Applied": 'IdType="ImmutableId"'} if wants_immutable(call) else {}
