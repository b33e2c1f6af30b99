"""The assistant by keyboard: ask, watch the answer stream in, get a card, confirm the change, see it in Excel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

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


def press(page: Page, selector: str) -> None:
    """Goes to something and presses it, as a keyboard does. A page behind another is not focused."""
    page.bring_to_front()
    page.wait_for_load_state()
    page.locator(selector).focus()
    page.keyboard.press("Enter")


def test_a_question_becomes_a_change_in_excel(
    page: Page, serving: Serving, model: StandIn, complaints: list[str]
) -> None:
    sign_in(page, serving)
    page.goto(f"{serving.url}/?show=waiting-quote")
    label = page.locator(".row-link").first.inner_text()
    number = int(label.removeprefix("G"))
    model.begin()
    model.says("I look at it. ", use("show_order", number=label), match="to in work")
    model.says("It waits for a quote, so I propose what you want. ", hold_after=5, match="tool_result")
    press(page, "#assistant-open")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(f"Set {label} to in work")
    page.keyboard.press("Enter")
    turn = page.locator("#assistant-panel .turn")
    expect(turn).to_have_attribute("aria-busy", "true")
    expect(page.locator("#assistant-said")).to_have_text("The assistant is answering.")
    expect(turn.locator(".ai-card").first).to_contain_text(label)
    expect(turn.locator(".words.raw")).to_have_text(re.compile("^It waits for a "), timeout=PATIENCE_MS)
    expect(turn.locator(".words.raw")).not_to_contain_text("propose")
    model.release()
    expect(page.locator("#assistant-said")).to_contain_text("so I propose what you want", timeout=PATIENCE_MS)
    expect(turn).not_to_have_attribute("data-open", "")
    expect(page.locator("#question")).to_be_focused()

    model.says(use("change_status", number=label, status="IN WORK"), match="Yes please")
    model.says("It waits for you.", match="tool_result")
    page.keyboard.type("Yes please")
    page.keyboard.press("Enter")
    proposal = page.locator("[data-proposal]")
    expect(proposal).to_contain_text("WAITING QUOTE", timeout=PATIENCE_MS)
    expect(page.locator("#assistant-said")).to_contain_text("1 proposal waits for you", timeout=PATIENCE_MS)
    press(page, "[data-proposal] .go")
    expect(proposal).to_contain_text(f"Done: {label} is saved.", timeout=PATIENCE_MS)
    expect(proposal).to_be_focused()
    eventually(lambda: serving.cell(number, "CURENT STATUS") == "IN WORK", "the change in Excel")
    page.keyboard.press("Escape")
    expect(page.locator("#assistant-open")).to_be_focused()
    page.goto(f"{serving.url}/orders/{number}/")
    expect(page.locator("#heading")).to_contain_text("In work")
    assert complaints == []


def test_a_card_of_parts_lies_over_nothing_and_a_part_is_researched(
    page: Page, serving: Serving, model: StandIn, complaints: list[str]
) -> None:
    sign_in(page, serving)
    model.begin()
    model.says(use("low_stock"), match="What is short")
    model.says("That is what is low.", times=None)
    press(page, "#assistant-open")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("What is short")
    page.keyboard.press("Enter")
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


def test_an_answer_is_whole_although_the_socket_is_lost(page: Page, serving: Serving, model: StandIn) -> None:
    page.route_web_socket(re.compile("/ws/assistant/"), lambda socket: socket.close())
    model.begin()
    model.says("Every word of it arrives, by asking for it.", match="by another way", pause=0.05)
    sign_in(page, serving)
    press(page, "#assistant-open")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("by another way")
    page.keyboard.press("Enter")
    turn = page.locator("#assistant-panel .turn").last
    expect(turn).to_contain_text("arrives, by asking for it.", timeout=PATIENCE_MS)
    expect(turn).not_to_have_attribute("data-open", "", timeout=PATIENCE_MS)
    expect(page.locator("#assistant-said")).to_contain_text("Answer: Every word")
