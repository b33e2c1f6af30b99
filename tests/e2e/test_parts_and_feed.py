"""Stock, a new order and the feed in the browser: what the pages do beside what the server sends."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.lasting import LastingBrowser
from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import sign_in

PART = "106122621"  # with orders at many shops


@pytest.fixture(autouse=True)
def signed_in(page: Page, serving: Serving) -> None:
    sign_in(page, serving)


def test_a_part_is_found_while_it_is_typed_and_the_filters_stay(page: Page, complaints: list[str]) -> None:
    page.get_by_role("link", name="Inventory").first.click()
    page.locator("#stock-low").click()
    expect(page).to_have_url(re.compile(r"low=1$"))
    expect(page.locator("#stock-low")).to_be_focused()
    page.get_by_label("Search parts in stock").press_sequentially("wheel")
    expect(page).to_have_url(re.compile(r"q=wheel&low=1$"))
    expect(page.get_by_label("Search parts in stock")).to_be_focused()
    part = page.locator("#stock .row-link").first.inner_text()
    page.locator("#stock .act a").first.click()
    expect(page.get_by_label("Part number")).to_have_value(part)
    assert complaints == []


def refused_left_and_found_again(page: Page, chosen: str, notes: str) -> None:
    """Back leads to the form that was shown again, and what was typed in it stands there still."""
    cost = page.get_by_label("Estimated cost (USD)")
    cost.fill("-5")
    page.get_by_label("Notes").fill(notes)
    page.get_by_role("button", name="Create order").click()
    expect(cost).to_be_focused()
    expect(page.locator(".fault")).to_have_text("An amount below zero is not a cost.")
    page.get_by_role("link", name="Feed").first.click()
    expect(page).to_have_title(re.compile("Feed"))
    page.go_back()
    expect(page.get_by_label("Part number")).to_have_value(PART)
    expect(page.get_by_label("Shop", exact=True)).to_have_value(chosen)
    expect(page.get_by_label("Notes")).to_have_value(notes)
    expect(cost).to_have_value("-5")


@pytest.mark.chaos
def test_an_order_is_made_with_a_shop_searched_by_name(page: Page, complaints: list[str]) -> None:
    page.goto(f"{page.url}orders/new/")
    shop = page.get_by_label("Shop", exact=True)
    shop.fill("no such shop")
    page.get_by_label("Part number").press_sequentially(PART)
    expect(page.locator("#known-title")).to_contain_text(PART)
    page.get_by_role("button", name="Create order").click()
    assert shop.evaluate("field => field.validationMessage") == "Please choose one from the list."
    shop.fill("farrell")
    page.keyboard.press("Enter")  # takes the only one that fits, and creates nothing yet
    expect(shop).to_have_value("O'Farrell Aero, Inc.")
    choose = page.locator("#known button[name=take_shop]").first
    chosen = choose.inner_text().removeprefix("Choose").strip()
    choose.click()
    expect(shop).to_have_value(chosen)
    expect(shop).to_be_focused()
    for notes in ("short", "More than an address takes. " * 100):
        refused_left_and_found_again(page, chosen, notes)
        assert complaints.pop().endswith("422 (Unprocessable Entity)")
    page.get_by_label("Estimated cost (USD)").fill("5")
    page.get_by_role("button", name="Create order").click()
    expect(page.locator("#heading")).to_contain_text(chosen)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if "/orders/new/" in request.url else None)
    page.go_back()  # to the form that was shown again and then made the order: it is asked for, and empty
    expect(page.get_by_role("alert")).to_contain_text("already. Here is an empty one.")
    expect(page.get_by_label("Part number")).to_have_value("")
    assert "POST" not in sent
    assert complaints == []


@pytest.mark.chaos
def test_without_javascript_the_shop_is_a_list_and_the_server_looks_up(
    page: Page, browser: LastingBrowser, serving: Serving
) -> None:
    state: Any = page.context.storage_state()
    with browser.new_context(java_script_enabled=False, storage_state=state) as context:
        plain = context.new_page()
        plain.goto(f"{serving.url}/orders/new/")
        plain.get_by_label("Part number").fill(PART)
        plain.get_by_label("Terms").fill("net30")
        plain.get_by_role("button", name="Look up the part").click()
        choose = plain.locator("#known button[name=take_shop]").first
        chosen = choose.inner_text().removeprefix("Choose").strip()
        choose.click()
        expect(plain.locator("#id_shop option:checked")).to_have_text(chosen)
        expect(plain.get_by_label("Terms")).to_have_value("net30")
        plain.get_by_role("button", name="Create order").click()
        expect(plain.locator("#said")).to_contain_text("is created")


def test_the_feeds_act_is_done_by_keyboard_and_focus_goes_to_the_next_row(
    page: Page, complaints: list[str]
) -> None:
    page.goto(f"{page.url}feed/")
    acts = page.locator("#feed li:has([name=act]):not(:has(.box))")
    number = str(acts.first.get_attribute("data-order"))
    numbers = page.locator("#feed li").evaluate_all("rows => rows.map((row) => row.dataset.order)")
    following = numbers[numbers.index(number) + 1]
    acts.first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"Saved: G{number}")
    expect(page.locator(f"#feed-{following}")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator(f"#feed-{following}")).to_be_focused()
    page.goto(page.url.replace("/feed/", "/feed/?level=2"))  # of what is late, drafts wait already
    write = page.locator("#feed li:has(form[action$='/mail/write/'])").first
    number = str(write.get_attribute("data-order"))
    write.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"The draft about G{number} waits for approval.")
    expect(page.locator(f"#feed-{number}")).to_be_focused()
    expect(
        page.locator(f"[data-order='{number}']").get_by_role("link", name="Look at the draft")
    ).to_be_visible()
    assert complaints == []


# An impatient second click, when another button has come to stand under the pointer. From within the page: a slow
# machine would come too late for the moment in which it is not taken.
PRESSED_AGAIN_AS_SOON_AS_ANSWERED = """(selector) => {
  let first;
  addEventListener("click", (event) => { first ||= event; }, true);
  document.addEventListener("htmx:afterSettle", () => {
    const there = document.querySelector(selector);
    if (!first || !there || there === first.target.closest("button") || window.pressedAgain) return;
    const { clientX, clientY, detail } = first;
    const again = new MouseEvent("click", { clientX, clientY, detail, bubbles: true, cancelable: true });
    window.pressedAgain = { what: there.textContent, taken: there.dispatchEvent(again) };
  });
}"""


def pressed_again(page: Page) -> tuple[str, bool]:
    """What was pressed so, and whether it was taken as meant."""
    told = page.wait_for_function("() => window.pressedAgain").json_value()
    return told["what"], told["taken"]


@pytest.mark.chaos
def test_the_feeds_act_is_done_for_the_row_that_was_meant(page: Page, complaints: list[str]) -> None:
    page.goto(f"{page.url}feed/?level=4")  # each row has a click that does it
    first, second = page.locator("#feed li").nth(0), page.locator("#feed li").nth(1)
    done, stale = first.get_attribute("data-order"), second.get_attribute("data-order")
    posts: list[str] = []
    page.on("request", lambda asked: posts.append(asked.url) if asked.method == "POST" else None)
    page.evaluate(PRESSED_AGAIN_AS_SOON_AS_ANSWERED, "#feed li button")
    first.get_by_role("button").click()
    expect(page.locator("#said")).to_contain_text(f"Saved: G{done}")
    what, taken = pressed_again(page)
    assert (f"G{stale}" in what, taken) == (True, False)

    other = page.context.new_page()  # a colleague is quicker, and the feed here does not know of it
    other.goto(re.sub("/feed/.*", f"/orders/{stale}/", page.url))
    other.locator("#next-save").click()
    expect(other.locator("#said")).to_contain_text("Saved")
    page.locator(f"#feed [data-order='{stale}'] button").press("Enter")
    expect(page.locator("#said .bad")).to_be_visible()
    expect(page.locator("#feed .row-link:focus")).to_be_visible()
    assert [url.split("/")[-2] for url in posts] == [done, stale]
    assert complaints.pop().endswith("409 (Conflict)")
    assert complaints == []


@pytest.mark.chaos
def test_a_forgotten_tracking_number_is_asked_for(page: Page) -> None:
    page.goto(f"{page.url}feed/?level=1")
    row = page.locator("#feed li:has(.box)").first
    number = str(row.get_attribute("data-order"))
    row.get_by_role("button").click()
    box = page.locator(f"#tracking-{number}")
    expect(box).to_be_focused()
    expect(page.locator(f"#tracking-{number}-error")).to_be_visible()
    box.fill("1Z999AA10123456784")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"Saved: G{number} has a tracking number.")
