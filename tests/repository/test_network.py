"""No test talks to the world: the network beyond loopback is blocked, and real settings are out of reach."""

import asyncio
import os
import socket
from pathlib import Path

import httpx
import pytest
from pytest_socket import SocketConnectBlockedError

from tests.support.real_world import leave_real_world

ELSEWHERE = "192.0.2.1"  # reserved for documentation: nobody answers there
blocked = pytest.mark.filterwarnings("ignore:A test tried to use socket:UserWarning")


@blocked
def test_a_plain_socket_is_blocked() -> None:
    with socket.socket() as plain, pytest.raises(SocketConnectBlockedError):
        plain.connect((ELSEWHERE, 443))


@blocked
def test_an_http_client_is_blocked() -> None:
    with pytest.raises(SocketConnectBlockedError):
        httpx.get(f"http://{ELSEWHERE}/", timeout=1)


@blocked
def test_an_async_client_is_blocked() -> None:
    with pytest.raises(SocketConnectBlockedError):
        asyncio.run(asyncio.wait_for(asyncio.open_connection(ELSEWHERE, 443), timeout=1))


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.parametrize(
    "name",
    ["AZURE_CLIENT_SECRET", "ANTHROPIC_API_KEY", "GRAPH_BASE_URL", "HTTPS_PROXY", "https_proxy", "DEBUG"],
)
def test_real_settings_and_proxies_are_taken_away(name: str, tmp_path: Path) -> None:
    environment = {name: "real", "PATH": "/bin"}
    leave_real_world(environment, tmp_path)
    assert name not in environment
    assert environment["PATH"] == "/bin"


def test_this_run_has_none_of_them() -> None:
    assert not [name for name in os.environ if name.startswith(("AZURE_", "ANTHROPIC_", "GRAPH_"))]
    assert os.environ["PYTHON_DOTENV_DISABLED"] == "1"
