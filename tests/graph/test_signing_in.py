"""Signing in as the program itself: what goes wrong is said, and no token leaves before it is right."""

import datetime as dt
import http.server
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sync.emulator.options import Options
from sync.emulator.process import EmulatorProcess, start_emulator
from sync.graph.app_registration import CERTIFICATE, MANAGED_IDENTITY, SECRET, AppRegistration
from sync.graph.client import Connection
from sync.graph.errors import NeedsPerson, OutcomeUnknown
from sync.graph.tokens import EntraToken
from tests.graph.emulated import Control, make_ledger
from tests.settings.certificates import Authority

SCOPE = "https://graph.microsoft.com/.default"
TENANT = "11111111-2222-3333-4444-555555555555"
KNOWN = Options()
BOB = "/users/bob@genthrust.example/events"


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every way to the Internet leads to a port of this machine where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused.getsockname()[1]}")
        yield


def by_secret(tenant: str = TENANT) -> EntraToken:
    app = AppRegistration(SECRET, tenant, "client", client_secret="client-secret")
    assert "client-secret" not in repr(app)
    return EntraToken(app, scope=SCOPE)


def test_a_sign_in_that_cannot_be_reached_sends_nothing(no_way_out: None) -> None:
    connection = Connection("https://graph.microsoft.com/v1.0", by_secret())
    with pytest.raises(OutcomeUnknown, match="sign-in service could not be reached") as caught:
        connection.request("GET", "/me")
    assert connection.http_requests == 0
    assert "client-secret" not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


def test_settings_that_cannot_be_right_need_a_person() -> None:
    tokens = by_secret("no tenant?")
    with pytest.raises(NeedsPerson, match="AZURE_ settings"):
        tokens.token()
    tokens.forget()
    with pytest.raises(NeedsPerson):
        tokens.token('{"access_token":{}}')
    unreadable = AppRegistration(CERTIFICATE, TENANT, "client", certificate="no PEM")
    with pytest.raises(NeedsPerson, match="AZURE_ settings"):
        EntraToken(unreadable, scope=SCOPE).token()


class Tls(socketserver.ThreadingTCPServer):
    """Encrypts the way to the emulator: azure-identity speaks to nobody without."""

    daemon_threads = True

    def __init__(self, folder: Path, emulator: EmulatorProcess) -> None:
        authority = Authority("the tests")
        certificate, key = authority.signs(address="127.0.0.1").written(folder, "login")
        self.ca = folder / "ca.pem"
        self.ca.write_text(authority.pem)
        self.behind = urlsplit(emulator.base_url).port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        super().__init__(("127.0.0.1", 0), Through)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"


class Through(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Tls)
        with (
            self.server.context.wrap_socket(self.request, server_side=True) as near,
            socket.create_connection(("127.0.0.1", self.server.behind or 0)) as far,
        ):
            back = threading.Thread(target=_pour, args=(far, near), daemon=True)
            back.start()
            _pour(near, far)


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65_536):
            target.sendall(piece)
    except OSError:
        return  # one of them hung up


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    with start_emulator(make_ledger(tmp_path_factory.mktemp("app") / "orders.xlsx")) as running:
        yield running


@pytest.fixture
def login_url(tmp_path: Path, emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = Tls(tmp_path / "tls", emulator)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca))
    yield server.url
    server.shutdown()
    server.server_close()


def signing_certificate() -> tuple[str, str]:
    """A certificate that is registered with an app, and the same with its private key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tracker")]), dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now - day, now + day)
    public = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return public, public + private.decode()


def test_by_secret_and_by_certificate_against_a_tenant(emulator: EmulatorProcess, login_url: str) -> None:
    public, private = signing_certificate()
    control = Control(emulator)
    control.options(client_certificate=public)
    control.close()

    def status(kind: str, **given: Any) -> int:
        app = AppRegistration(kind, KNOWN.tenant, KNOWN.client_id, login_url=login_url, **given)
        connection = Connection(emulator.base_url, EntraToken(app, scope=SCOPE))
        try:
            return connection.request("GET", BOB).status
        finally:
            connection.close()

    assert status(SECRET, client_secret=KNOWN.client_secret) == 200
    assert status(CERTIFICATE, certificate=private) == 200
    for kind, given in (
        (SECRET, {"client_secret": "another"}),
        (CERTIFICATE, {"certificate": signing_certificate()[1]}),
    ):
        with pytest.raises(NeedsPerson, match="AZURE_ settings"):
            status(kind, **given)


class Identity(http.server.BaseHTTPRequestHandler):
    """What App Service and Container Apps have for a program with a managed identity."""

    asked: list[tuple[str | None, str | None]] = []

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.asked.append((self.headers["X-IDENTITY-HEADER"], query.get("client_id", [None])[0]))
        soon = int(dt.datetime.now(dt.UTC).timestamp()) + 3600
        resource = query["resource"][0]
        body = {
            "access_token": f"for {resource}",
            "expires_on": soon,
            "resource": resource,
            "token_type": "Bearer",
        }
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Silent."""


def test_by_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Identity)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "of this container")
    app = AppRegistration(MANAGED_IDENTITY, client_id="one-of-several")
    assert app.missing() == []
    assert EntraToken(app, scope=SCOPE).token() == "for https://graph.microsoft.com"
    assert Identity.asked == [("of this container", "one-of-several")]
    server.shutdown()
    server.server_close()
