"""The tenant that the emulator plays, the tracker's settings for it, and browsers that go the whole round."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from genthrust.sign_in_settings import providers, scopes
from sync.emulator.options import Options
from sync.emulator.process import EmulatorProcess, start_emulator
from tests.graph.emulated import Control, make_ledger
from tests.support.emulated import PLAIN_HTTP

PEOPLE = "olga@genthrust.example,tina@genthrust.example,guest@partner.example,olga@genthrúst.example"
CALLBACK = "http://testserver/accounts/microsoft/login/callback/"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = make_ledger(tmp_path_factory.mktemp("tenant") / "orders.xlsx")
    options = {"people": PEOPLE, "redirect_uris": f"{CALLBACK},{Options().redirect_uris}"}
    with start_emulator(path, token="the app itself", options=options) as running:
        yield running


class Tenant(Control):
    """What the tenant's admin does, and what was given out."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        super().__init__(emulator)
        self.emulator = emulator
        self.login_url = emulator.base_url.removesuffix("/v1.0")

    def tokens(self) -> list[str]:
        return list(self._client.get("/login/tokens").raise_for_status().json())

    def act(self, name: str, address: str) -> None:
        self._post(f"/login/{name}", {"address": address})

    def begin(self) -> None:
        self._client.delete("/faults").raise_for_status()
        self.reset()

    def refreshes(self) -> int:
        return sum(entry["path"].endswith("/token") for entry in self.log())

    def forget(self) -> None:
        self._client.delete("/log").raise_for_status()


@pytest.fixture
def tenant(emulator: EmulatorProcess, db: None, settings: LazySettings) -> Iterator[Tenant]:
    """The tenant as it was at first, and the tracker set up for it."""
    tenant, options = Tenant(emulator), Options()
    tenant.begin()
    cache.clear()  # how often this address has set out for Microsoft
    settings.GRAPH_BASE_URL, settings.GRAPH_STATIC_TOKEN = emulator.base_url, emulator.token
    settings.GRAPH_ADDRESS, settings.GRAPH_EMULATED = "", False
    settings.MICROSOFT_SIGN_IN, settings.LOCAL_ACCOUNTS, settings.SOCIALACCOUNT_ONLY = True, False, True
    settings.MICROSOFT_LOGIN_URL = tenant.login_url
    settings.AZURE_TENANT_ID = options.tenant
    settings.SIGN_IN_CLIENT_ID, settings.SIGN_IN_CLIENT_SECRET = options.client_id, options.client_secret
    settings.SIGN_IN_SCOPES = scopes("")
    configure(settings)
    yield tenant
    tenant.close()


def configure(settings: LazySettings) -> None:
    """As the settings file does it with these settings."""
    settings.SOCIALACCOUNT_PROVIDERS = providers(
        tenant=settings.AZURE_TENANT_ID,
        client_id=settings.SIGN_IN_CLIENT_ID,
        secret=settings.SIGN_IN_CLIENT_SECRET,
        scopes=settings.SIGN_IN_SCOPES,
        login_url=settings.MICROSOFT_LOGIN_URL,
        graph_url=settings.GRAPH_BASE_URL,
    )


def at_microsoft(
    client: Client, *, begin: str = "/accounts/microsoft/login/", **choice: str
) -> httpx.Response:
    """Presses the button, and at Microsoft's page what was chosen; where that leads."""
    begun = client.post(begin, {"next": choice.pop("next", "")})
    assert begun.status_code == 302, begun.content
    url = urlsplit(begun["Location"])
    asked = dict(parse_qsl(url.query))
    page = f"{url.scheme}://{url.netloc}{url.path}"
    return httpx.post(page, data={**asked, **choice}, trust_env=False, verify=PLAIN_HTTP)


def sign_in(client: Client, person: str, **more: str) -> Any:
    """The whole round; the tracker's answer at its end."""
    back = urlsplit(at_microsoft(client, person=person, **more).headers["location"])
    return client.get(f"{back.path}?{back.query}")


def everything_kept(client: Client) -> str:
    """Every row of every table, and what is in the session, as one text."""
    from django.db import connection

    kept: list[Any] = [session.get_decoded() for session in Session.objects.all()]
    assert client.session.session_key
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (names of our own)
            kept += cursor.fetchall()
    return json.dumps(kept, default=str)


@pytest.fixture
def visitor() -> Client:
    return Client()
