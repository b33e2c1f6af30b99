"""The five daily jobs by keyboard alone: an order's status, a note, a new order, the feed's first act, a difference."""

import re

import httpx
import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import PATIENCE_MS, fill_in_the_sign_in

MOST_STEPS = 250
NOTES_COLUMN = "S"


def step_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Steps from where the focus is until it is on something, as a person without a mouse does."""
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        if page.evaluate("(selector) => Boolean(document.activeElement?.matches(selector))", selector):
            return
    raise AssertionError(f"{selector} is not reached by {key}")


def focused(page: Page, selector: str) -> None:
    expect(page.locator(selector).first).to_be_focused()


def go_to(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    focused(page, "#palette-q")
    page.keyboard.type(words)
    page.locator("#palette .hit", has_text=words).first.wait_for()
    page.keyboard.press("Enter")


def type_in_excel(serving: Serving, number: int, text: str) -> None:
    """A colleague types into the notes of an order's row."""
    book = openpyxl.load_workbook(serving.data / "workbook" / "repair_orders.xlsx", read_only=True)
    rows = enumerate(book["Active"].iter_rows(max_col=1, values_only=True), start=1)
    at = next(row for row, (value,) in rows if str(value).strip().removeprefix("G") == str(number))
    book.close()
    edit = {"sheet": "Active", "ops": [{"set": {f"{NOTES_COLUMN}{at}": text}}]}
    httpx.post(f"{serving.emulator_address()}/_emulator/edit", json=edit, trust_env=False).raise_for_status()


def change_a_status(page: Page, number: int) -> None:
    page.keyboard.press("/")
    focused(page, "#search")
    page.keyboard.type(f"G{number}")
    expect(page).to_have_url(re.compile(f"q=G{number}"))
    expect(page.locator("#rows .row-link")).to_have_count(1)
    step_to(page, "#rows .row-link")
    page.keyboard.press("Enter")
    focused(page, "#order-title")
    step_to(page, "#next-save")
    page.keyboard.press("Enter")
    expect(page.locator("#heading .st")).to_have_text("Approved")
    expect(page.locator(f"#rows tr:has(#row-{number}) .st")).to_have_text("Approved")


def over_the_header(page: Page) -> bool:
    """Whether what is said, with its button, hides nothing of the page below."""
    lies = "document.querySelector('#said').getBoundingClientRect().bottom"
    return bool(page.evaluate(f"{lies} <= document.querySelector('main').getBoundingClientRect().top"))


def take_it_back(page: Page, number: int) -> None:
    for width in (390, 834, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert over_the_header(page), width
    step_to(page, "#said .undo button", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"G{number}: taken back")
    expect(page.locator("#heading .st")).to_have_text("Waiting quote")
    expect(page.locator("body")).not_to_be_focused()


def add_a_note(page: Page, number: int) -> None:
    step_to(page, "#id_text")
    page.keyboard.type("by keyboard alone")
    step_to(page, "#note-save")
    page.keyboard.press("Enter")
    expect(page.locator("#more .log")).to_contain_text("by keyboard alone")
    focused(page, "#note-save")
    page.keyboard.press("Escape")
    focused(page, f"#row-{number}")


def create_an_order(page: Page) -> None:
    page.keyboard.press("n")
    expect(page).to_have_title(re.compile("New order"))
    page.wait_for_load_state()
    step_to(page, "#id_shop_search")
    page.keyboard.type("farrell")
    step_to(page, "#id_part_number")
    page.keyboard.type("KEYS-1")
    step_to(page, "#content .save button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_contain_text("KEYS-1")
    page.go_back()
    expect(page.get_by_role("alert")).to_contain_text("already. Here is an empty one.")
    expect(page.get_by_label("Part number")).to_have_value("")


def do_the_feeds_first_act(page: Page) -> None:
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page).to_have_title(re.compile("Feed"))
    page.wait_for_load_state()
    step_to(page, "#feed li:not(:has(.box)) button")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(re.compile(r"Saved: G\d+|The draft about G\d+ waits"))


def settle_a_difference(page: Page, serving: Serving, number: int) -> None:
    type_in_excel(serving, number, "typed in Excel")
    go_to(page, "Differences")
    expect(page).to_have_title(re.compile("Differences"))
    page.wait_for_load_state()
    step_to(page, "form[action$='compare/'] button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
    go_to(page, "Differences")
    expect(page).to_have_title(re.compile("Differences"))
    page.wait_for_load_state()
    step_to(page, "#q")
    page.keyboard.type(str(number))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    found = page.locator("tr", has_text="typed in Excel")
    for _ in range(PATIENCE_MS // 1000):
        if found.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    step_to(page, "button[value^='theirs:']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("No difference in the row")
    page.goto(f"{serving.url}/orders/{number}/")
    expect(page.locator("#id_notes")).to_have_value("typed in Excel")


@pytest.mark.timeout(300)  # five journeys, and a start of the program
def test_the_five_daily_jobs(page: Page, serving: Serving, complaints: list[str]) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(serving.url)
    fill_in_the_sign_in(page, serving)
    page.goto(f"{serving.url}/?show=waiting-quote&sort=ro")
    page.wait_for_load_state()
    one, other = [
        int(text.removeprefix("G")) for text in page.locator("#rows .row-link").all_inner_texts()[3:5]
    ]
    change_a_status(page, one)
    take_it_back(page, one)
    add_a_note(page, one)
    create_an_order(page)
    do_the_feeds_first_act(page)
    settle_a_difference(page, serving, other)
    assert complaints == []
