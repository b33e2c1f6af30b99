"""A person's whole way with Microsoft, in a browser: in, at work in their own Outlook, asked back, and out."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from sync.emulator.options import Options
from sync.emulator.process import EmulatorProcess, start_emulator
from tests.e2e.looking import IN_A_STORY, Browsing, How, hears
from tests.e2e.looks import WITH_MICROSOFT
from tests.e2e.serving import Serving, demo_served
from tests.e2e.test_a_change_reaches_excel import eventually
from tests.graph.emulated import make_ledger

DEMO = "demo@genthrust.example"
REFUSED = (
    "400",
    "401",
    "handshake: Unexpected response code: 403",
)  # who is not let in, and the socket of who was


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[EmulatorProcess]:
    """Access tokens are so short that every use of one renews it, and of the refresh tokens only the newest is good."""
    options = {"access_token_seconds": 240, "old_refresh_tokens": "refused"}
    with start_emulator(make_ledger(tmp_path / "orders.xlsx"), options=options) as running:
        yield running


@pytest.fixture
def serving(tmp_path: Path, tenant: EmulatorProcess) -> Iterator[Serving]:
    known = Options()
    settings = {
        "GRAPH_BASE_URL": tenant.base_url,
        "GRAPH_STATIC_TOKEN": tenant.token,
        "GRAPH_DRIVE_ID": tenant.drive_id,
        "EXCEL_WORKBOOK_ID": tenant.item_id,
        "MICROSOFT_LOGIN_URL": tenant.base_url.removesuffix("/v1.0"),
        "MICROSOFT_SIGN_IN": "true",
        "AZURE_TENANT_ID": known.tenant,
        "AZURE_CLIENT_ID": known.client_id,
        "AZURE_CLIENT_SECRET": known.client_secret,
        "SIGN_UP": "tenant",
        "SIGN_UP_ROLE": "office",
    }
    with demo_served(tmp_path / "data", **settings) as server:
        yield server


def control(tenant: EmulatorProcess, path: str) -> httpx.Response:
    return httpx.get(f"{tenant.control_url}{path}", trust_env=False).raise_for_status()


def choose_options(tenant: EmulatorProcess, **options: str) -> None:
    httpx.post(f"{tenant.control_url}/options", json=options, trust_env=False).raise_for_status()


def followed(tenant: EmulatorProcess) -> list[str]:
    """The statuses that the person's calendar reminds of, once their list of tasks has the same: then no work is left
    that would renew a token.
    """
    box = control(tenant, f"/mailbox?address={DEMO}").json()
    events = [item["data"]["subject"] for item in box["events"]]
    tasks = [item["data"]["title"] for item in box["tasks"] if item["data"]["status"] != "completed"]
    statuses = [subject.partition("follow up on ")[2].partition(" (")[0] for subject in events]
    return statuses if events == tasks else []


def change_status(page: Page, to: str) -> None:
    if not page.get_by_label("New status").is_visible():
        page.locator("#status-other summary").click()
    page.get_by_label("New status").select_option(to)
    page.get_by_role("button", name="Change status").click()
    expect(page.locator("#said")).to_have_text(re.compile("Saved|You are signed out"))


def asked_after_reload(page: Page, button: str) -> bool:
    page.reload()
    return page.get_by_role("button", name=button).is_visible()


def refused_at_the_door(page: Page, serving: Serving) -> None:
    page.goto(f"{serving.url}/orders/new/")
    expect(page.get_by_label("Password")).to_have_count(0)
    page.get_by_role("button", name="Sign in with Microsoft").click()
    page.get_by_role("button", name="visitor@elsewhere.example").click()
    expect(page.get_by_text("AADSTS50020")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("was cancelled")).to_be_visible()


def sign_in_and_make_an_order(page: Page, serving: Serving) -> None:
    page.goto(f"{serving.url}/shops/new/")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    page.get_by_role("button", name=DEMO).click()
    expect(page).to_have_url(f"{serving.url}/shops/new/")
    page.get_by_label("Name", exact=True).fill("Aero Avionics")
    page.get_by_role("button", name="Add the shop").click()
    expect(page.locator("#said")).to_have_text(re.compile("Saved|added"))
    page.goto(f"{serving.url}/orders/new/")
    page.get_by_label("Shop", exact=True).fill("Aero Avionics")
    page.get_by_label("Part number").fill("066-50013-0101")
    page.get_by_role("button", name="Create order").click()


def no_token_stands_anywhere(tenant: EmulatorProcess, serving: Serving) -> None:
    """Not in the database or any other file, nor in what the server said."""
    given_out = [text.encode() for text in control(tenant, "/login/tokens").json()]
    assert len(given_out) > 6
    kept = b"".join(path.read_bytes() for path in serving.data.rglob("*") if path.is_file())
    assert [text for text in given_out if text in kept or text.decode() in serving.text()] == []


def test_in_at_work_asked_back_and_out(
    page: Page, tenant: EmulatorProcess, serving: Serving, complaints: list[str]
) -> None:
    refused_at_the_door(page, serving)
    sign_in_and_make_an_order(page, serving)
    change_status(page, "WAITING QUOTE")
    eventually(lambda: followed(tenant), ["WAITING QUOTE"])
    assert any(entry["path"].startswith("/v1.0/me/events") for entry in control(tenant, "/log").json())

    here = page.url
    for act, status, button in (
        ("revoke", "APPROVED", "Sign in with Microsoft"),  # who is signed out there is signed out here
        ("withdraw_consent", "IN WORK", "Reconnect Microsoft"),
    ):
        told = {"address": DEMO}
        httpx.post(f"{tenant.control_url}/login/{act}", json=told, trust_env=False).raise_for_status()
        page.goto(here)  # what it said of the change before is gone
        change_status(page, status)
        eventually(partial(asked_after_reload, page, button), True)
        page.get_by_role("button", name=button).click()
        page.get_by_role("button").first.click()
        if act == "withdraw_consent":
            expect(page.get_by_text("Permissions requested")).to_be_visible()
            page.get_by_role("button", name="Accept").click()
        expect(page).to_have_url(here)
        expect(page.get_by_role("button", name="Reconnect Microsoft")).to_have_count(0)
        eventually(lambda: followed(tenant), [status])

    no_token_stands_anywhere(tenant, serving)
    page.locator(".who summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(serving.url)
    expect(page).to_have_title(re.compile("Sign in"))
    assert [told for told in complaints if not any(code in told for code in REFUSED)] == []


@IN_A_STORY
def test_the_pages_of_the_sign_in_keep_nobody_out(
    page: Page, tenant: EmulatorProcess, serving: Serving, asked: How
) -> None:
    choose_options(tenant, client_secret="another one")
    for look in WITH_MICROSOFT:
        Browsing(page, serving, hears(page)).looks_at(look, asked)
    choose_options(tenant, client_secret=Options().client_secret)
