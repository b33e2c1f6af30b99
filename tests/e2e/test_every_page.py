"""Every page of the tracker, light and dark, on a phone, a tablet and a desk: axe finds nothing, nothing is cut off.

With PICTURES=folder the pictures of all of them are taken into that folder (`make pictures`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.serving import Serving, served
from tests.e2e.test_a_change_reaches_excel import sign_in

WIDTHS = {390: 844, 834: 1112, 1440: 900}
THEMES = ("light", "dark")
PICTURES = os.environ.get("PICTURES", "")


@dataclass(frozen=True)
class Look:
    """`open` is what to click through from `path` to the page itself."""

    name: str
    path: str
    title: str
    open: str = ""


LOOKS = (
    Look("orders", "/", "Orders"),
    Look("search", "/?q=pump", "Orders"),
    Look("nothing-found", "/?q=nothing-like-it", "Orders"),
    Look("order", "/?sheet=Active", "G3", "#rows .row-link"),
    Look("new-order", "/orders/new/", "New order"),
    Look("feed", "/feed/", "Feed"),
    Look("shops", "/shops/", "Shops"),
    Look("shop", "/shops/", "", "#shop-list .row-link"),
    Look("new-shop", "/shops/new/", "New shop"),
    Look("inventory", "/inventory/", "Inventory"),
    Look("part", "/inventory/", "", "#stock .row-link"),
    Look("queue", "/queue/", "Queue"),
    Look("draft", "/queue/", "", "#queue-list .entry h3 a"),
    Look("runs", "/runs/", "Runs"),
    Look("run", "/runs/", "", "#run-rows .row-link"),
    Look("attention", "/runs/attention/", "Attention"),
    Look("palette", "/palette/?q=pump", "Go to"),
    Look("not-found", "/orders/987654/", "Not found"),
    Look("password", "/accounts/password/change/", "Change password"),
)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with served(tmp_path_factory.mktemp("data")) as server:
        yield server


def looked_at(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is shown, in each theme and width."""
    wrong = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two that are listed above
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            found = Axe().run(page).response["violations"]
            wrong += [
                f"{theme} {width}: {fault['id']} at {node['target']}: {node['failureSummary']}"
                for fault in found
                for node in fault["nodes"]
            ]
            wide = page.evaluate("document.documentElement.scrollWidth")
            wrong += [f"{theme} {width}: scrolls sideways, {wide} wide"] if wide > width else []
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{theme}-{width}.jpg", type="jpeg", quality=60)
    return wrong


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_page_keeps_nobody_out(page: Page, serving: Serving, look: Look) -> None:
    sign_in(page, serving)
    page.goto(serving.url + look.path)
    if look.open:
        address = page.locator(look.open).first.get_attribute("href")
        page.goto(f"{serving.url}{address}")
    assert page.title().startswith(look.title)
    assert page.title().endswith("· GenThrust")
    assert looked_at(page, look.name) == []


def test_the_sign_in_keeps_nobody_out(page: Page, serving: Serving) -> None:
    page.goto(serving.url)
    assert page.title() == "Sign in · GenThrust"
    assert looked_at(page, "sign-in") == []


def test_the_dialogs_keep_nobody_out(page: Page, serving: Serving) -> None:
    """What opens over a page: the menu, the palette, the keys, the bell."""
    sign_in(page, serving)
    page.wait_for_load_state()
    page.keyboard.press("?")
    wrong = looked_at(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette .hit").first.wait_for()
    wrong += looked_at(page, "go-to")
    page.keyboard.press("Escape")
    page.locator("#bell").click()
    page.locator("#bell-title").wait_for()
    wrong += looked_at(page, "bell")
    page.keyboard.press("Escape")
    page.locator(".who summary").click()
    wrong += looked_at(page, "menu")
    assert wrong == []
