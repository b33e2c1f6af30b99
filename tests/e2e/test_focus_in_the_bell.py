"""Who works with the keyboard stays in the bell's panel, whatever is replaced there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import sign_in
from tests.e2e.test_the_queue import open_panel, waiting

pytestmark = pytest.mark.chaos
FOCUS = "#bell-panel :focus"


def test_after_an_act_the_focus_stays_there(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    before = waiting(page)
    open_panel(page)
    card = page.locator("#bell-panel .entry", has=page.get_by_role("button", name="Done")).first
    identity = card.get_attribute("id")
    card.get_by_role("button", name="Done").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#bell")).to_have_attribute("aria-label", re.compile(f": {before - 1} waiting"))
    expect(page.locator(f"#bell-panel #{identity}")).to_have_count(0)
    expect(page.locator(FOCUS)).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.locator(FOCUS)).to_have_count(1)


def test_a_refused_act_keeps_it_too(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    open_panel(page)
    card = page.locator("#bell-panel .entry", has=page.get_by_role("button", name="Approve and send")).first
    card.locator("[name=expected_version]").first.evaluate("field => field.value = 99")
    card.get_by_role("button", name="Approve and send").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Nothing was")
    expect(page.locator(FOCUS)).to_have_count(1)
