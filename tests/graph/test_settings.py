"""The connection of the process follows the settings and says what is wrong with them."""

from typing import Any

import pytest
from django.test import override_settings

from sync.graph.connection import connection
from sync.graph.errors import NeedsPerson
from tests.graph.scripted import Answer, ScriptedGraph

AZURE = {"AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client", "AZURE_CLIENT_SECRET": "client-secret"}
NOTHING = {
    "GRAPH_BASE_URL": "",
    "GRAPH_STATIC_TOKEN": "",
    "GRAPH_ADDRESS": "",
    "GRAPH_ACT_AS": "",
    "AZURE_TENANT_ID": "",
    "AZURE_CLIENT_ID": "",
    "AZURE_CLIENT_SECRET": "",
}


def with_settings(**given: Any) -> override_settings:
    return override_settings(**{**NOTHING, **given})


def living_emulator() -> tuple[str, str]:
    return "http://127.0.0.1:9/v1.0", "from-the-hook"


def test_a_static_token_for_this_machine(graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, {}))
    with with_settings(GRAPH_BASE_URL=graph.base_url, GRAPH_STATIC_TOKEN="t0"):
        assert connection() is connection()
        connection().request("GET", "/me")
        connection().close()
    assert graph.received[0].headers["authorization"] == "Bearer t0"


def test_settings_that_change_make_a_new_connection() -> None:
    with with_settings(GRAPH_BASE_URL="http://127.0.0.1:9/v1.0", GRAPH_STATIC_TOKEN="t0"):
        first = connection()
    with with_settings(GRAPH_BASE_URL="http://127.0.0.1:10/v1.0/", GRAPH_STATIC_TOKEN="t0"):
        second = connection()
    assert (first.base_url, second.base_url) == ("http://127.0.0.1:9/v1.0", "http://127.0.0.1:10/v1.0")


def test_an_empty_address_asks_the_function_that_knows_it() -> None:
    with with_settings(GRAPH_ADDRESS=f"{__name__}.living_emulator"):
        assert connection().base_url == "http://127.0.0.1:9/v1.0"


def test_without_an_address_it_is_microsoft_itself() -> None:
    with with_settings(**AZURE):
        assert connection().base_url == "https://graph.microsoft.com/v1.0"
        assert "secret" not in repr(connection())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET missing"),
        ({**AZURE, "AZURE_CLIENT_SECRET": ""}, "AZURE_CLIENT_SECRET missing"),
        ({**AZURE, "GRAPH_CREDENTIAL": "CERTIFICATE"}, "set up: AZURE_CLIENT_CERTIFICATE missing"),
        ({"GRAPH_BASE_URL": "https://graph.microsoft.com/v1.0", "GRAPH_STATIC_TOKEN": "t0"}, "only with"),
        ({"GRAPH_BASE_URL": "http://127.0.0.1:9/v1.0", **AZURE}, "needs GRAPH_STATIC_TOKEN"),
        ({"GRAPH_BASE_URL": "http://graph.example.com/v1.0", **AZURE}, "http only for this machine"),
    ],
)
def test_settings_that_do_not_fit_together_are_said_in_words(given: dict[str, str], words: str) -> None:
    with with_settings(**given), pytest.raises(NeedsPerson, match=words):
        connection()
