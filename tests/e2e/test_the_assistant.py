"""The assistant by keyboard: ask, watch the answer stream in, get a card, confirm the change, see it in Excel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.assistant.standin import KEY, StandIn, eventually, use
from tests.e2e.serving import Serving, demo_served
from tests.e2e.test_a_change_reaches_excel import PATIENCE_MS, sign_in


@pytest.fixture(scope="module")
def model() -> Iterator[StandIn]:
    running = StandIn()
    yield running
    running.close()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, model: StandIn) -> Iterator[Serving]:
    data: Path = tmp_path_factory.mktemp("data")
    with demo_served(data, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=model.url) as server:
        yield server


MOST_TABS = 250


def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    """Goes to something as a keyboard does. A page behind another has no focus."""
    page.bring_to_front()
    page.wait_for_load_state()
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by keyboard")


def open_the_panel(page: Page) -> None:
    tab_to(page, "#assistant-open")
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()


def say(page: Page, words: str) -> None:
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def first_order(page: Page, serving: Serving, show: str) -> str:
    page.goto(f"{serving.url}/?show={show}")
    return page.locator(".row-link").first.inner_text()


def test_a_question_becomes_a_change_in_excel(
    page: Page, serving: Serving, model: StandIn, complaints: list[str]
) -> None:
    """All of it by keyboard, on the order's page, which shows the change by itself."""
    sign_in(page, serving)
    label = first_order(page, serving, "waiting-quote")
    number = int(label.removeprefix("G"))
    page.goto(f"{serving.url}/orders/{number}/")
    said, heading = page.locator("#assistant-said"), page.locator("#heading")
    expect(heading).to_contain_text("Waiting quote")
    model.begin()
    model.says("I look at it. ", use("show_order", number=label), match="to in work")
    model.says("It waits for a quote, so I propose what you want. ", hold_after=5, match="tool_result")
    open_the_panel(page)
    say(page, f"Set {label} to in work")
    turn = page.locator("#assistant-panel .turn")
    expect(turn).to_have_attribute("aria-busy", "true")
    expect(said).to_have_text("The assistant is answering.")
    expect(turn.locator(".ai-card").first).to_contain_text(label)
    expect(turn.locator(".words.raw")).to_have_text(re.compile("^It waits for a "), timeout=PATIENCE_MS)
    expect(turn.locator(".words.raw")).not_to_contain_text("propose")
    model.release()
    expect(said).to_contain_text("so I propose what you want", timeout=PATIENCE_MS)
    expect(turn).not_to_have_attribute("data-open", "")
    expect(page.locator("#question")).to_be_focused()

    model.says(use("change_status", number=label, status="IN WORK"), match="Yes please")
    model.says("It waits for you.", match="tool_result")
    say(page, "Yes please")
    proposal = page.locator("[data-proposal]")
    expect(proposal).to_contain_text("Waiting quote", timeout=PATIENCE_MS)
    expect(said).to_contain_text("1 proposal waits for you", timeout=PATIENCE_MS)
    tab_to(page, "[data-proposal] .go", back=True)
    page.keyboard.press("Enter")
    expect(said).to_have_text(f"Set {label} to “In work”: Confirmed. Done: {label} is saved. Open")
    expect(proposal).to_be_focused()
    expect(heading).to_contain_text("In work")
    expect(page.locator("#running")).to_be_visible()
    expect(page.locator("#runs")).to_contain_text("Excel is up to date", timeout=PATIENCE_MS)
    eventually(lambda: serving.cell(number, "CURENT STATUS") == "IN WORK", "the change in Excel")
    half_a_question_waits_in_the_closed_panel(page)
    assert complaints == []
    what_is_being_asked_waits_only_if_it_was_in_vain(page)


def half_a_question_waits_in_the_closed_panel(page: Page) -> None:
    page.locator("#question").fill("half a question")
    close_and_open(page)
    expect(page.locator("#question")).to_have_value("half a question")


def close_and_open(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("#assistant-open")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()


def what_is_being_asked_waits_only_if_it_was_in_vain(page: Page) -> None:
    held: list[Route] = []
    page.route("**/assistant/ask/", lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    with page.expect_request("**/assistant/ask/"):
        page.keyboard.press("Enter")
    close_and_open(page)
    expect(page.locator("#question")).to_have_value("")
    with page.expect_response("**/assistant/ask/"):
        held[0].fulfill(status=503, body="The database is busy.")
    close_and_open(page)
    expect(page.locator("#question")).to_have_value("half a question")
    page.unroute_all()


@pytest.mark.chaos
def test_two_tabs_of_one_conversation_and_a_refusal(page: Page, serving: Serving, model: StandIn) -> None:
    """The socket of the first is cut in mid-stream; the second hears everything."""
    sign_in(page, serving)
    label = first_order(page, serving, "waiting-quote")
    model.begin()
    model.says(
        "I propose it now. ",
        use("change_status", number=label, status="APPROVED"),
        hold_after=2,
        match="approve",
    )
    model.says("It waits for you.", match="tool_result")
    cut: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        if cut:
            server.close()  # it does not come back
        cut.append(socket)

    page.route_web_socket(re.compile("/ws/assistant/"), pass_on)
    page.goto(f"{serving.url}/assistant/")
    expect(page.locator("#question")).to_be_visible()
    tab_to(page, "#question")
    say(page, f"approve {label}")
    expect(page.locator(".words.raw")).to_have_text(re.compile("^I propose"), timeout=PATIENCE_MS)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".words.raw")).to_have_text(re.compile("^I propose"), timeout=PATIENCE_MS)
    cut[-1].close()
    model.release()
    for tab in (page, other):
        expect(tab.locator("[data-proposal]")).to_have_count(1, timeout=PATIENCE_MS)
        expect(tab.locator(".turn")).not_to_have_attribute("data-open", "", timeout=PATIENCE_MS)
        expect(tab.locator(".turn")).to_contain_text("It waits for you.")
    other.goto(f"{serving.url}/orders/{label.removeprefix('G')}/")
    other.locator("#status-other summary").click()
    other.get_by_role("region", name="Status").get_by_label("New status").select_option("SHIPPED")
    other.get_by_role("button", name="Change status").click()
    expect(other.locator("#heading")).to_contain_text("Shipped")
    tab_to(page, "[data-proposal] .go", back=True)
    page.keyboard.press("Enter")
    expect(page.locator("#assistant-said")).to_contain_text("Overtaken by another change.")
    expect(page.locator("#assistant-said")).to_contain_text("Status Shipped")
    expect(page.locator("[data-now]")).to_contain_text("Shipped")
    expect(page.locator("[data-proposal]")).to_be_focused()

    other.goto(page.url)
    asks_and_deletes_beside(other, page, model)
    other.close()


# By how much a page gets longer, in pixels, when its talk gets forty turns more.
GROWS_WITH_THE_TALK = """() => {
    const before = document.documentElement.scrollHeight;
    const turn = document.querySelector(".turn");
    const more = Array.from({ length: 40 }, () => turn.cloneNode(true));
    turn.after(...more);
    const after = document.documentElement.scrollHeight;
    more.forEach((one) => one.remove());
    return after - before;
}"""


def asks_and_deletes_beside(other: Page, page: Page, model: StandIn) -> None:
    """What is asked in a tab, and that the conversation is deleted there, shows in the other without a reload."""
    other.locator("#question").fill("not sent yet")
    model.says("It is gone.", match="And now")
    tab_to(page, "#question")
    say(page, "And now?")
    for tab in (page, other):
        expect(tab.locator(".turn .asked")).to_have_count(2, timeout=PATIENCE_MS)
        expect(tab.locator(".turn").last).to_contain_text("And now?")
        expect(tab.locator(".turn").last).to_contain_text("It is gone.", timeout=PATIENCE_MS)
        expect(tab.locator(".turn").last).not_to_have_attribute("data-open", "")
    assert other.evaluate(GROWS_WITH_THE_TALK) == 0, "only the talk itself scrolls"
    page.get_by_role("button", name="Delete this conversation").click()
    expect(
        page.get_by_role("status").get_by_text("The conversation is deleted. The log of what")
    ).to_be_visible()
    expect(other.locator(".turns")).to_contain_text("This conversation was deleted.")
    expect(other.locator(".turn")).to_have_count(0)
    expect(other.locator("#question")).to_have_value("not sent yet")
    expect(other.get_by_role("button", name="Delete this conversation")).to_have_count(0)
    expect(other.locator(".talks-list li a", has_text=re.compile("^approve"))).to_have_count(0)
    expect(other).to_have_url(re.compile("/assistant/$"))
    expect(other.get_by_role("heading", level=1)).to_have_text("Ask the assistant")


@pytest.mark.chaos
def test_a_card_of_parts_lies_over_nothing_and_a_part_is_researched(
    page: Page, serving: Serving, model: StandIn, complaints: list[str]
) -> None:
    sign_in(page, serving)
    model.begin()
    model.says(use("low_stock"), match="What is short")
    model.says("That is what is low.", times=None)
    open_the_panel(page)
    say(page, "What is short")
    expect(page.locator(".ai-stock")).to_contain_text("Low stock", timeout=PATIENCE_MS)
    expect(page.locator("#assistant-panel .turn").last).not_to_have_attribute("data-open", "")
    page.locator("[data-close-assistant]").click()
    page.goto(f"{serving.url}/")
    page.goto(f"{serving.url}{page.locator('.row-link').first.get_attribute('href')}")
    page.locator("#research-start").click()
    expect(page.locator("#research .log a").first).to_be_visible()
    expect(page.locator("#research-start")).to_be_enabled(timeout=PATIENCE_MS)
    page.locator("#research .log a").first.click()
    expect(page.get_by_role("heading", name="Past repairs")).to_be_visible(timeout=PATIENCE_MS)
    assert complaints == []
