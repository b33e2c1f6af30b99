"""What the tests of the emulated Outlook say to it, in their words."""

from __future__ import annotations

from typing import Any

import httpx

from tests.emulator.client import Graph

OFFICE = "repairs@genthrust.example"
SHOP = "quotes@shop.example"
MARKER = "String {6f1c1f0e-0d0a-4f5e-9a55-0a7f4d3c2b1a} Name OutboxId"
ZONE = "America/New_York"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


def people(*addresses: str) -> list[dict[str, Any]]:
    return [{"emailAddress": {"address": address}} for address in addresses]


def marked(value: str, name: str = MARKER) -> list[dict[str, str]]:
    return [{"id": name, "value": value}]


def by_marker(value: str | None, name: str = MARKER) -> str:
    """With this value, or with any."""
    wanted = "ne null" if value is None else f"eq '{value}'"
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value {wanted})"


def at(time: str, zone: str = ZONE) -> dict[str, str]:
    return {"dateTime": time, "timeZone": zone}


def all_day(**properties: Any) -> dict[str, Any]:
    """A whole day, the 1st of December."""
    return {
        "subject": "Ask about RO 38001",
        "isAllDay": True,
        "start": at("2026-12-01T00:00:00"),
        "end": at("2026-12-02T00:00:00"),
        **properties,
    }


def code(answer: httpx.Response) -> str:
    """Outlook's code, which stands on the first level."""
    return str(answer.json()["error"]["code"])


class Outlook:
    """One mailbox, seen with or without ids that stay."""

    def __init__(self, graph: Graph, address: str | None = OFFICE, *, immutable: bool = True) -> None:
        self.graph = graph
        self.path = f"/users/{address}" if address else "/me"
        self.headers = IMMUTABLE if immutable else {}

    def call(self, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        url = f"{self.graph.emulator.base_url}{self.path}/{path}"
        params = {f"${name}": value for name, value in query.items()} or None
        return self.graph.http.request(method, url, json=body, params=params, headers=self.headers)

    def make(self, path: str, body: Any) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def draft(self, **properties: Any) -> Any:
        return self.make("messages", {"subject": "RO 38001", "toRecipients": people(SHOP), **properties})

    def send(self, message_id: str) -> httpx.Response:
        return self.call("POST", f"messages/{message_id}/send")

    def get(self, path: str, **query: str) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def list(self, path: str = "messages", **query: str) -> Any:
        return self.get(path, **query)["value"]

    def outbox(self) -> Any:
        return self.graph.control("GET", "outbox")

    def later(self, seconds: float) -> None:
        self.graph.control("POST", "clock", advance_seconds=seconds)

    def by_hand(self, verb: str, **told: Any) -> Any:
        address = self.path.removeprefix("/users/")
        return self.graph.control("POST", f"mail/{verb}", **{"mailbox": address, **told})
