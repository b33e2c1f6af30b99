"""Refusals of the sign-in service, in its own shape and with its own numbers (AADSTS…)."""

from __future__ import annotations

from typing import Any

from sync.emulator.http import Response


class LoginRefused(Exception):
    """A refusal. `error` is OAuth's word, `number` Microsoft's; `suberror` and `claims` only where it sends them."""

    def __init__(
        self, error: str, number: int, text: str, *, status: int = 400, suberror: str = "", claims: str = ""
    ) -> None:
        super().__init__(text)
        self.error = error
        self.number = number
        self.text = f"AADSTS{number}: {text}"
        self.status = status
        self.suberror = suberror
        self.claims = claims

    def answer(self) -> Response:
        """The answer of the token endpoint."""
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": self.text,
            "error_codes": [self.number],
        }
        if self.suberror:
            body["suberror"] = self.suberror
        if self.claims:
            body["claims"] = self.claims
        return Response(self.status, body)


def missing(name: str) -> LoginRefused:
    """A parameter is not there."""
    return LoginRefused(
        "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
    )


def unknown_tenant(tenant: str) -> LoginRefused:
    """There is no such tenant."""
    return LoginRefused("invalid_request", 90002, f"Tenant '{tenant}' not found.")


def unknown_client(client_id: str, tenant: str) -> LoginRefused:
    """The app is not registered there."""
    text = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
    return LoginRefused("unauthorized_client", 700016, text)
