"""The list of orders in the browser: filters, the selection, what becomes of it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.lasting import LastingBrowser
from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import sign_in

PICKS = "#rows tbody .pick"
ROWS = "#rows .row-link"
IN_SIGHT = """() => {
    const parts = [document.activeElement.closest("tr"), ...document.querySelectorAll(".top, .selection")];
    const [row, top, bar] = parts.map((part) => part.getBoundingClientRect());
    return row.top >= top.bottom - 1 && row.bottom <= bar.top + 1;
}"""
FRESH = "#rows:not([data-old])"


@pytest.fixture(autouse=True)
def signed_in(page: Page, serving: Serving) -> None:
    sign_in(page, serving)


def turn(page: Page, name: str) -> None:
    """Turns to another page of the list from the keyboard; the focus stays where it was pressed."""
    first = page.locator(PICKS).first
    shown = str(first.get_attribute("id"))
    page.locator(name).press("Enter")
    expect(first).not_to_have_id(shown)
    expect(page.locator(name)).to_be_focused()


def ask_anew(page: Page) -> None:
    """A run has ended: other rows than these will be there."""
    page.evaluate("document.getElementById('rows').dataset.old = 'yes'")
    page.evaluate("htmx.trigger(document.body, 'run-finished')")


def press_twice(page: Page, name: str) -> None:
    """Presses a button again while the server works on what it was pressed for; only one request goes out."""
    held: list[Route] = []
    page.route("**/orders/bulk/", lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    with page.expect_request("**/orders/bulk/"):
        page.get_by_role("button", name=name).click(no_wait_after=True)
    page.mouse.down()
    page.mouse.up()
    held[0].continue_()  # a second one would have taken its place, and waits for ever


def test_filters_are_chosen_kept_by_the_search_and_taken_away(page: Page, complaints: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    page.locator("#filters-open").press("Enter")
    expect(page.get_by_role("button", name="Show orders")).to_be_in_viewport(
        ratio=1
    )  # of a list that is longer
    page.get_by_label("Narrow the list of shops").press_sequentially("añasco")
    expect(page.locator("#shop-picks label:visible")).to_have_count(1)
    page.get_by_label("Approved", exact=True).check()
    page.get_by_label("Waiting quote", exact=True).check()
    page.get_by_role("button", name="Show orders").press("Enter")
    expect(page).to_have_url(re.compile(r"/\?sheet=Active&status=WAITING\+QUOTE&status=APPROVED$"))
    expect(page.locator("#filters-open")).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 720})
    search = page.get_by_role("searchbox", name="Search orders, parts, shops")
    steps = page.evaluate("history.length")
    search.press_sequentially("lan")
    expect(page).to_have_url(re.compile(r"q=lan&"))
    search.press_sequentially("ding")
    expect(page.locator(".told")).to_contain_text("Searched RO, shop, part number, serial and description")
    expect(page).to_have_url(re.compile(r"q=landing.*status=APPROVED"))
    assert page.evaluate("history.length") == steps + 1
    page.locator("#without-status-approved").click()
    expect(page.locator(".applied .chip")).to_have_count(1)
    page.locator("#sort-cost").click()
    expect(page).to_have_url(re.compile(r"sort=-cost"))
    expect(page.locator("#sort-cost")).to_be_focused()
    page.go_back()
    expect(page.locator("th[aria-sort] a")).to_have_attribute("id", "sort-ro")
    assert complaints == []


def test_a_selection_outlives_a_refresh_is_noted_and_exported(page: Page, complaints: list[str]) -> None:
    picks, following = page.locator(PICKS), page.locator("#page-next")
    while following.get_attribute("href"):
        turn(page, "#page-next")
    turn(page, "#page-previous")
    expect(page.locator("#selection")).to_be_hidden()
    picks.first.check()
    page.locator("#select-whole").check()
    page.evaluate("document.querySelector('#rows tbody tr').remove()")  # it will come in from the next page
    page.evaluate("document.getElementById('select-whole').value = '1'")  # how long the list was
    ask_anew(page)
    expect(page.locator(FRESH)).to_be_visible()
    expect(picks.first).to_be_checked()
    expect(page.locator("#select-whole")).to_be_checked()
    expect(page.locator("#select-whole")).not_to_have_value("1")
    page.locator("#select-whole").uncheck()
    picks.nth(1).check()
    picks.nth(3).click(modifiers=["Shift"])
    expect(page.locator("#selected")).to_have_text("3 selected")
    ask_anew(page)  # the rows wait while a field among them has the focus
    picks.nth(3).press("Tab")
    expect(page.locator(FRESH)).to_be_visible()
    expect(page.locator("#rows .row-link").nth(3)).to_be_focused()
    page.locator("#export-csv").focus()
    ask_anew(page)
    expect(page.locator(FRESH)).to_be_visible()
    expect(page.locator("#export-csv")).to_be_focused()
    expect(page.locator("#selected")).to_have_text("3 selected")
    expect(page.locator(f"{PICKS}:checked")).to_have_count(3)
    with page.expect_download() as download:
        page.locator("#selection button", has_text="CSV").click()
    assert len(Path(download.value.path()).read_text().splitlines()) >= 4
    page.get_by_label("A note for each of them").fill("counted in the browser")
    press_twice(page, "Add note")
    expect(page.locator("#said")).to_contain_text("3 orders got the note.")
    page.get_by_role("link", name="Look at each").click()
    expect(page.locator("#content tbody tr")).to_have_count(3)
    assert complaints == []


@pytest.mark.chaos
@pytest.mark.parametrize("width", [390, 834, 1440])
def test_the_row_that_the_keyboard_is_on_is_never_below_the_bar_of_what_is_chosen(
    page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.context.set_offline(True)  # so that no news from elsewhere move the rows meanwhile
    page.locator(PICKS).first.check()
    for place in range(1, 25):
        page.keyboard.press("j")
        expect(page.locator(ROWS).nth(place)).to_be_focused()
        page.wait_for_function(IN_SIGHT)


@pytest.mark.chaos
def test_where_a_row_is_gone_the_next_one_has_the_focus(
    page: Page, serving: Serving, complaints: list[str]
) -> None:
    page.goto(f"{serving.url}/?show=in-work&sort=ro")
    links = page.locator("#rows .row-link")
    gone, stays = (str(links.nth(place).get_attribute("id")) for place in (1, 2))
    links.nth(1).focus()
    other = page.context.new_page()
    other.goto(f"{serving.url}{links.nth(1).get_attribute('href')}")
    other.locator("#next-save").click()
    expect(other.locator("#said")).to_contain_text("Saved")
    ask_anew(page)
    expect(page.locator(f"#{gone}")).to_have_count(0)
    expect(page.locator(f"#{stays}")).to_be_focused()

    page.goto(f"{serving.url}/?show=in-work&q=G{stays.removeprefix('row-')}")
    page.locator(PICKS).check()
    page.locator(PICKS).press("Tab")  # the rows wait while a field among them has the focus
    other.goto(f"{serving.url}{page.locator(f'#{stays}').get_attribute('href')}")
    other.locator("#next-save").click()
    expect(other.locator("#said")).to_contain_text("Saved")
    ask_anew(page)
    expect(page.locator("#rows .empty")).to_contain_text("No order")
    expect(page.locator("#searched b")).to_have_text("0 orders")
    expect(page.locator("#selection")).to_be_hidden()
    assert complaints == []


@pytest.mark.chaos
def test_without_javascript_a_status_is_changed_for_many(
    page: Page, browser: LastingBrowser, serving: Serving
) -> None:
    state: Any = page.context.storage_state()
    with browser.new_context(java_script_enabled=False, storage_state=state) as context:
        plain = context.new_page()
        plain.goto(f"{serving.url}/?status=APPROVED")
        for place in (0, 1):
            plain.locator(PICKS).nth(place).check()
        plain.locator("#bulk-status").select_option("PAID")
        plain.locator("#selection button", has_text="Change status").click()
        expect(plain.get_by_role("alert")).to_contain_text("For 2 of them, Paid is not the usual next step")
        plain.locator("#content .pick").first.uncheck()
        plain.get_by_role("button", name="Change them all").click()
        expect(plain.locator("#said")).to_contain_text("1 order changed to Paid.")
        expect(plain).to_have_url(re.compile(r"\?status=APPROVED$"))
