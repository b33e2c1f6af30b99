"""The frame of the pages in a browser: theme, command palette and keys, all without a mouse."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.lasting import LastingBrowser
from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import sign_in


@pytest.fixture(autouse=True)
def signed_in(page: Page, serving: Serving) -> None:
    sign_in(page, serving)


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def first_order(page: Page) -> str:
    """The number of an order whose usual next step asks nothing."""
    row = page.locator("tbody tr", has=page.locator(".st", has_text="In work")).first
    return row.locator(".row-link").inner_text()


def ask(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.type(words)


@pytest.mark.chaos
def test_a_theme_is_chosen_by_keyboard_and_stays(page: Page, serving: Serving, complaints: list[str]) -> None:
    light = background(page)
    page.locator(".who summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dark", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert background(page) != light
    page.keyboard.press("Escape")
    expect(page.locator(".who summary")).to_be_focused()
    expect(page.locator(".who .menu")).to_be_hidden()
    page.goto(f"{serving.url}/feed/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert background(page) != light
    assert complaints == []


def test_an_order_is_found_and_its_status_changed_from_the_palette(page: Page, complaints: list[str]) -> None:
    label = first_order(page)
    ask(page, label)
    page.keyboard.press("Enter")  # perhaps before the answer is there
    expect(page).to_have_url(re.compile(rf"/orders/{label[1:]}/$"))
    page.wait_for_load_state()
    complaints.clear()  # the page that was left gave up what it had asked
    ask(page, label)
    step = page.locator("#palette .hit", has_text=f"Set {label} to Shipped")
    expect(step).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(step).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Saved")
    expect(page.locator("#heading .st")).to_have_text("Shipped")
    assert complaints == []


# What the palette has followed by itself, once it shows an answer.
FOLLOWED_ONCE_ANSWERED = """() => {
  const followed = [];
  addEventListener("click", ({ target }) => target.closest(".hit") && followed.push(target.href), true);
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id === "palette-found") setTimeout(() => { window.followed = followed; });
  });
}"""


@pytest.mark.chaos
def test_a_closed_palette_gives_the_focus_back(page: Page) -> None:
    page.keyboard.press("j")
    row = page.locator(".row-link").first
    expect(row).to_be_focused()
    held: list[Route] = []
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-found")).to_have_attribute("data-for", "")
    page.evaluate(FOLLOWED_ONCE_ANSWERED)
    page.route("**/palette/**", lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    with page.expect_request("**/palette/**"):
        page.keyboard.type("inventory")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    held[-1].continue_()
    page.unroute("**/palette/**")
    assert page.wait_for_function("() => window.followed").json_value() == []
    ask(page, "inventory")
    expect(page.locator("#palette-found")).to_have_attribute("data-for", "inventory")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.press("Escape")  # closes it at once, with something in the field too
    expect(page.locator("#palette")).to_be_hidden()
    expect(row).to_be_focused()


@pytest.mark.chaos
def test_keys_lead_to_pages_until_they_are_switched_off(page: Page, complaints: list[str]) -> None:
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/feed/$"))
    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.locator("#shortcuts").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page).to_have_url(re.compile("/feed/$"))
    page.reload()
    assert page.locator("#shortcuts").is_checked() is False
    assert complaints == []


@pytest.mark.chaos
def test_without_javascript_the_palette_is_a_page(
    page: Page, browser: LastingBrowser, serving: Serving
) -> None:
    label = first_order(page)
    state: Any = page.context.storage_state()
    with browser.new_context(java_script_enabled=False, storage_state=state) as context:
        plain = context.new_page()
        plain.goto(serving.url)
        plain.locator("a.goto").click()
        plain.locator("#palette-q").fill(label)
        plain.keyboard.press("Enter")
        plain.locator(".hit", has_text=label).first.click()
        expect(plain).to_have_url(re.compile(rf"/orders/{label[1:]}/$"))
