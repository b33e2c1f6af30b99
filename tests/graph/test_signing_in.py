"""Signing in with an app registration: what goes wrong is said, and no token leaves before it is right."""

import socket
from collections.abc import Iterator

import pytest

from sync.graph.client import Connection
from sync.graph.errors import NeedsPerson, OutcomeUnknown
from sync.graph.tokens import EntraToken

SCOPE = "https://graph.microsoft.com/.default"
TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every way to the Internet leads to a port of this machine where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused.getsockname()[1]}")
        yield


def test_a_sign_in_that_cannot_be_reached_sends_nothing(no_way_out: None) -> None:
    tokens = EntraToken(tenant_id=TENANT, client_id="client", client_secret="client-secret", scope=SCOPE)
    connection = Connection("https://graph.microsoft.com/v1.0", tokens)
    with pytest.raises(OutcomeUnknown, match="sign-in service could not be reached") as caught:
        connection.request("GET", "/me")
    assert connection.http_requests == 0
    assert "client-secret" not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


def test_settings_that_cannot_be_right_need_a_person() -> None:
    tokens = EntraToken(
        tenant_id="no tenant?", client_id="client", client_secret="client-secret", scope=SCOPE
    )
    with pytest.raises(NeedsPerson, match="AZURE_ settings"):
        tokens.token()
    tokens.forget()
    with pytest.raises(NeedsPerson):
        tokens.token('{"access_token":{}}')
