"""The main job, as a person sees it: change a status, read "Saved", watch the bar, find the value in the file."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.e2e.serving import Serving, demo_served, emulator

PATIENCE_MS = 30_000
PATIENCE_SECONDS = 30
NUMBERS_OF_RUNS = "cards => cards.map((card) => Number(card.dataset.run))"


def sign_in(page: Page, serving: Serving, *, name: str = "") -> None:
    page.goto(serving.url)
    fill_in_the_sign_in(page, serving, name=name)


def fill_in_the_sign_in(page: Page, serving: Serving, *, name: str = "") -> None:
    """Leaves a page whose scripts have run: a link that is clicked before would lead to its address instead."""
    account, password = serving.account()
    expect(page).to_have_title(re.compile("Sign in"))
    page.get_by_label("User name").fill(name or account)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("Orders"))
    page.wait_for_load_state()


def eventually(find: Callable[[], Any], wanted: Any) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (found := find()) != wanted and time.monotonic() < give_up:
        time.sleep(0.2)
    assert found == wanted


def open_order_in_work(page: Page) -> int:
    page.locator("#fig-in-work").click()
    first = page.locator(".row-link").first
    expect(page.locator("#fig-in-work")).to_have_attribute("aria-current", "true")
    number = int(first.inner_text().removeprefix("G"))
    first.click()
    expect(page.get_by_role("heading", name=f"G{number}")).to_be_visible()
    return number


def ship(page: Page) -> None:
    page.locator("#status-other summary").click()
    page.get_by_role("region", name="Status").get_by_label("New status").select_option("SHIPPED")
    page.get_by_role("button", name="Change status").click()
    expect(page.locator("#said")).to_have_text(re.compile("Saved"))
    expect(page.locator("#heading")).to_contain_text("Shipped")


def newest_run(page: Page, serving: Serving) -> int:
    """An earlier run's card at 100 % may still stand on a page, or be drawn by one that is opened soon after it."""
    runs = page.request.get(f"{serving.url}/runs/live.json").json()["data"]["runs"]
    return max((int(run["id"]) for run in runs), default=0)


def bar_after(page: Page, before: int) -> Locator:
    """The bar of the first run after that one, once it is there."""
    cards = page.locator("#runs [data-run]")
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (newer := [run for run in cards.evaluate_all(NUMBERS_OF_RUNS) if run > before]):
        assert time.monotonic() < give_up, f"no run after {before} is shown"
        page.wait_for_timeout(50)  # hears what the browser tells meanwhile, as a sleep does not
    return page.locator(f"#runs [data-run='{min(newer)}'] [role=progressbar]")


def expect_full_bar(page: Page, before: int) -> None:
    """That of the first run after that one."""
    expect(bar_after(page, before)).to_have_attribute("aria-valuenow", "100", timeout=PATIENCE_MS)
    expect(page.locator("#runs")).to_contain_text("Excel is up to date")


def expect_bar_on_its_way(page: Page, before: int) -> None:
    expect(bar_after(page, before)).to_have_attribute("aria-valuenow", re.compile(r"^\d\d?$"))


@contextmanager
def busy_excel(serving: Serving) -> Iterator[None]:
    """Excel refuses every new session, with a second's wait each time: no run comes to its end meanwhile."""
    busy = {"kind": "status", "status": 429, "retry_after": 1}
    emulator(serving, "POST", "faults", match={"path_regex": "createSession"}, action=busy, times=None)
    try:
        yield
    finally:
        emulator(serving, "DELETE", "faults")


def test_all_orders_of_the_demo_are_there(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    expect(page.locator("#tab-All")).to_have_text("All890")


def test_a_change_of_status_arrives_in_the_file(page: Page, serving: Serving, complaints: list[str]) -> None:
    sign_in(page, serving)
    number = open_order_in_work(page)
    before = newest_run(page, serving)
    mark, cards = page.locator("#running"), page.locator("#runs")
    ship(page)
    expect(mark).to_be_visible()
    expect(cards).to_be_hidden()  # nothing lies over the page until somebody asks for it
    mark.press("Enter")
    expect_full_bar(page, before)
    expect(cards).to_be_visible()
    expect(page.locator("#excel")).to_contain_text("In Excel since")
    eventually(lambda: serving.cell(number, "CURENT STATUS"), "SHIPPED")
    page.keyboard.press("Escape")
    expect(mark).to_be_focused()
    expect(cards.locator("[data-state=succeeded]")).to_have_count(0)  # they were looked at
    page.reload()
    expect(page.locator("#status")).to_contain_text("Shipped")
    assert complaints == []


def test_without_the_socket_the_page_asks(page: Page, serving: Serving) -> None:
    def refuse(route: WebSocketRoute) -> None:
        route.close()

    page.route_web_socket(re.compile("/ws/"), refuse)
    sign_in(page, serving)
    with page.expect_response("**/runs/live.json"):
        number = open_order_in_work(page)
    before = newest_run(page, serving)
    ship(page)
    expect_full_bar(page, before)
    eventually(lambda: serving.cell(number, "CURENT STATUS"), "SHIPPED")


@pytest.mark.chaos
def test_a_second_browser_sees_the_progress_and_so_does_a_reloaded_page(
    page: Page, serving: Serving, new_context: Callable[[], Any]
) -> None:
    other: Page = new_context().new_page()
    sign_in(other, serving)
    sign_in(page, serving)
    open_order_in_work(page)
    before = newest_run(page, serving)
    with busy_excel(serving):
        ship(page)
        eventually(lambda: emulator(serving, "GET", "faults")[-1]["fired"] > 0, True)
        for browser in (page, other):
            expect_bar_on_its_way(browser, before)
            browser.reload()
            expect_bar_on_its_way(browser, before)
    expect_full_bar(other, before)
    expect_full_bar(page, before)


def test_what_is_typed_survives_a_change_beside_it(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    open_order_in_work(page)
    note = page.get_by_label("Add a note")
    note.fill("typed, not saved")
    ship(page)
    expect(note).to_have_value("typed, not saved")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#id_notes")).to_have_value(re.compile("typed, not saved$"))


@pytest.mark.chaos
def test_what_is_typed_survives_the_end_of_the_session(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    open_order_in_work(page)
    notes = page.locator("#id_notes")
    notes.fill("typed before the session ended")
    page.context.clear_cookies(name="sessionid")
    notes.blur()
    said = page.locator("#said")
    expect(said).to_have_text(re.compile("You are signed out. Sign in in another tab, then save again"))
    expect(page.locator("#id_notes")).to_have_value("typed before the session ended")
    with page.expect_popup() as opened:
        said.get_by_role("link", name="Sign in").click()
    fill_in_the_sign_in(opened.value, serving)
    page.get_by_role("button", name="Send it again").click()
    expect(said.locator("p")).to_have_text("Saved")
    page.reload()
    expect(page.locator("#id_notes")).to_have_value("typed before the session ended")


@pytest.mark.chaos
def test_a_new_order_survives_the_end_of_the_session(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    page.goto(f"{serving.url}/orders/new/")
    page.get_by_role("combobox", name="Shop").fill(str(page.locator("#id_shop option").nth(1).text_content()))
    page.locator("#id_part_number").fill("TYPED-BEFORE")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Create order").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in in another tab").click()
    fill_in_the_sign_in(opened.value, serving)
    page.get_by_role("button", name="Save again").click()
    expect(page.locator("#id_part_number")).to_have_value("TYPED-BEFORE")


OVERFLOWING = """() => [...document.querySelectorAll(":root, #heading, #heading *, #rows, #rows td")]
    .filter((part) => !part.matches(".hidden") && getComputedStyle(part).display !== "inline")
    .filter((part) => part.scrollWidth > part.clientWidth + 1)
    .map((part) => `${part.tagName} ${part.className}`)"""


@pytest.mark.chaos
def test_words_without_an_end_break_no_page(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    number = open_order_in_work(page)
    page.goto(f"{serving.url}/orders/{number}/")
    page.locator("#id_part_number").fill("0123456789" * 25)
    page.locator("#id_serial_number").fill("S" * 255)
    page.locator("#id_notes").fill("https://example.com/" + "x" * 120)
    page.locator("#id_description").fill("Word " * 2000)
    page.locator("#id_description").blur()
    expect(page.locator("#heading")).to_contain_text("Word Word")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{serving.url}/orders/{number}/")
    heading = page.locator("#heading").bounding_box()
    assert heading
    assert heading["height"] < 200
    for width in (1280, 1000, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for address in (f"{serving.url}/orders/{number}/", f"{serving.url}/?q=G{number}"):
            page.goto(address)
            assert page.evaluate(OVERFLOWING) == [], (width, address)


@pytest.mark.chaos
def test_a_server_that_is_told_to_stop_saves_the_workbook_and_is_missed(page: Page, tmp_path: Path) -> None:
    with demo_served(tmp_path) as own:
        sign_in(page, own)
        number = open_order_in_work(page)
        before = newest_run(page, own)
        ship(page)
        expect_full_bar(page, before)
        assert own.stop() in (0, 143)
        assert not (tmp_path / "emulator.json").exists()
        assert own.cell(number, "CURENT STATUS") == "SHIPPED"
        expect(page.locator("#away")).to_contain_text("The server does not answer.", timeout=PATIENCE_MS)
        page.locator("#tab-Net").click()
        expect(page.locator("#said")).to_have_text("The server can't be reached.")
