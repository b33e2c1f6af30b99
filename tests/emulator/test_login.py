"""The sign-in service: what it refuses, and what a token opens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sync.emulator.options import Options
from tests.emulator.client import Graph

BACK = "http://127.0.0.1:8000/accounts/microsoft/login/callback/"
DEMO, SCOPE = "demo@genthrust.example", "openid offline_access User.Read Calendars.ReadWrite"
VERIFIER = "v" * 60


class Entra:
    """An app that signs people in."""

    def __init__(self, graph: Graph) -> None:
        self.graph, known = graph, Options()
        self.root = f"{graph.emulator.base_url.removesuffix('/v1.0')}/{known.tenant}/oauth2/v2.0"
        self.app = {"client_id": known.client_id, "client_secret": known.client_secret}
        self.http = httpx.Client(trust_env=False)

    def page(self, **changes: str) -> httpx.Response:
        hashed = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": self.app["client_id"], "response_type": "code", "redirect_uri": BACK, "scope": SCOPE,
            "state": "s", "code_challenge": hashed, "code_challenge_method": "S256", "person": DEMO,
        }  # fmt: skip
        return self.http.post(f"{self.root}/authorize", data={**asked, **changes})

    def code(self, **changes: str) -> str:
        return dict(parse_qsl(urlsplit(self.page(**changes).headers["location"]).query))["code"]

    def token(self, **given: str) -> httpx.Response:
        return self.http.post(f"{self.root}/token", data={**self.app, **given})

    def redeem(self, **changes: str) -> httpx.Response:
        known = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.token(**{**known, **({"code": self.code()} if "code" not in changes else {}), **changes})

    def refresh(self, token: str, **given: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **given)

    def ask(self, token: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.get(f"{self.graph.emulator.base_url}{path}", headers=headers)


@pytest.fixture
def entra(graph: Graph) -> Iterator[Entra]:
    entra = Entra(graph)
    yield entra
    entra.http.close()


def refusal(answer: httpx.Response) -> tuple[int, str, int]:
    body: dict[str, Any] = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]


def test_a_person_is_asked_and_the_browser_goes_back(entra: Entra) -> None:
    page = entra.page(person="")
    assert page.status_code == 200
    assert page.text.index(DEMO) < page.text.index("visitor@elsewhere.example")
    assert dict(parse_qsl(urlsplit(entra.page().headers["location"]).query))["state"] == "s"
    for changes, number in (
        ({"redirect_uri": "http://evil.example/"}, "AADSTS50011"),
        ({"client_id": "another"}, "AADSTS700016"),
        ({"person": "visitor@elsewhere.example"}, "AADSTS50020"),
    ):
        answer = entra.page(**changes)
        assert (answer.status_code, number in answer.text) == (400, True)
    for changes, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "Everything.All"}, "invalid_scope"),
        ({"answer": "cancel"}, "access_denied"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ):
        back = dict(parse_qsl(urlsplit(entra.page(**changes).headers["location"]).query))
        assert (back["error"], back["state"]) == (error, "s")


def test_a_code_is_good_once_for_who_asked(entra: Entra) -> None:
    code = entra.code()
    for verifier in ("x" * 60, ""):
        assert refusal(entra.redeem(code=code, code_verifier=verifier)) == (400, "invalid_grant", 501481)
    assert refusal(entra.redeem(code=code, redirect_uri="http://127.0.0.1/")) == (
        400,
        "invalid_grant",
        500112,
    )
    assert refusal(entra.redeem(code=code, client_secret="x")) == (401, "invalid_client", 7000215)
    assert entra.redeem(code=code).status_code == 200
    assert refusal(entra.redeem(code=code)) == (400, "invalid_grant", 54005)
    late = entra.code()
    entra.graph.control("POST", "clock", advance_seconds=700)
    assert refusal(entra.redeem(code=late)) == (400, "invalid_grant", 70008)
    assert refusal(entra.token(grant_type="password")) == (400, "unsupported_grant_type", 70003)
    assert refusal(entra.http.post(f"{entra.root}/token", json={})) == (400, "invalid_request", 900144)
    elsewhere = entra.root.replace(Options().tenant, "common")
    assert refusal(entra.http.post(f"{elsewhere}/token", data={})) == (400, "invalid_request", 50194)


def test_refresh_tokens_rotate_and_end(entra: Entra) -> None:
    first = entra.redeem().json()
    second = entra.refresh(first["refresh_token"]).json()
    assert (
        len({first["refresh_token"], second["refresh_token"], first["access_token"], second["access_token"]})
        == 4
    )
    assert entra.refresh(first["refresh_token"]).status_code == 200, "used ones stay good"
    entra.graph.options(old_refresh_tokens="refused")
    third = entra.refresh(second["refresh_token"]).json()["refresh_token"]
    assert refusal(entra.refresh(second["refresh_token"])) == (400, "invalid_grant", 50173)
    assert refusal(entra.refresh(third, scope="Mail.Send")) == (400, "invalid_grant", 65001)
    entra.graph.options(old_refresh_tokens="valid")
    entra.graph.control("POST", "login/ask_again", address=DEMO)
    asked = entra.refresh(third)
    assert refusal(asked) == (400, "interaction_required", 50076)
    assert "capolids" in asked.json()["claims"]
    entra.code()
    assert entra.refresh(third).status_code == 200
    entra.graph.control("POST", "login/withdraw_consent", address=DEMO)
    assert refusal(entra.refresh(third)) == (400, "invalid_grant", 65001)
    assert "Permissions requested" in entra.page().text
    entra.graph.options(asks_consent=False)
    entra.graph.control("POST", "login/revoke", address=DEMO)
    assert refusal(entra.refresh(third)) == (400, "invalid_grant", 50173)
    old = entra.redeem().json()["refresh_token"]
    entra.graph.control("POST", "clock", advance_seconds=91 * 24 * 3600)
    assert refusal(entra.refresh(old)) == (400, "invalid_grant", 700082)
    last = entra.redeem().json()["refresh_token"]
    entra.graph.control("POST", "login/disable", address=DEMO)
    assert refusal(entra.refresh(last)) == (400, "invalid_grant", 50057)
    assert "AADSTS50057" in entra.page(person=DEMO).text
    entra.graph.control("POST", "login/delete", address=DEMO)
    assert refusal(entra.refresh(last)) == (400, "invalid_grant", 500341)
    assert "AADSTS500341" in entra.page(person=DEMO).text


def test_what_a_token_opens(entra: Entra) -> None:
    token = entra.redeem().json()["access_token"]
    profile = entra.ask(token, "/me?$select=id,mail").json()
    assert (profile["mail"], len(profile)) == (DEMO, 2)
    assert entra.ask(token, "/me/events").status_code == 200
    assert entra.ask(token, f"/users/{DEMO.title()}/events").status_code == 200
    assert entra.ask(token, "/users/office@genthrust.example/events").status_code == 403
    assert entra.ask(token, "/me/todo/lists").status_code == 403
    assert entra.ask(token, "/drives/b!drive/items/01ITEM").status_code == 403
    assert entra.ask("made up", "/me").status_code == 401
    app = entra.token(grant_type="client_credentials", scope="https://graph.microsoft.com/.default").json()
    assert "refresh_token" not in app
    assert entra.ask(app["access_token"], "/me/events").status_code == 400
    assert entra.ask(app["access_token"], "/users/office@genthrust.example/events").status_code == 200
    wrong = entra.token(grant_type="client_credentials", scope="User.Read")
    assert refusal(wrong) == (400, "invalid_scope", 1002012)
    entra.graph.control("POST", "clock", advance_seconds=3700)
    assert entra.ask(token, "/me").status_code == 401
    without = entra.redeem(code=entra.code(scope="User.Read")).json()
    assert not {"refresh_token", "id_token"} & set(without)
