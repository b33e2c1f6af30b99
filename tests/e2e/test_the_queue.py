"""Follow-ups as a person sees them: the bell, a corrected draft that is approved and sent once, one mail for many."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import PATIENCE_MS, sign_in


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of, but for htmx, which calls a refresh that was given up an error."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda told: (
            heard.append(told.text) if told.type == "error" and not told.text.startswith("htmx:") else None
        ),
    )
    return heard


def waiting(page: Page) -> int:
    label = page.locator("#bell").get_attribute("aria-label") or ""
    return int(re.findall(r"\d+", label)[0])


def mails(serving: Serving) -> list[dict[str, Any]]:
    """What really left Outlook, as the emulator counts it."""
    address = serving.emulator_address()
    answer = httpx.get(f"{address}/_emulator/outbox", trust_env=False)
    assert answer.status_code == 200
    return list(answer.json())


def open_panel(page: Page) -> None:
    page.wait_for_load_state()  # before its scripts have run, the bell is a link to the queue
    page.locator("#bell").click()
    expect(page.locator("#bell-title")).to_be_focused()


REFRESHED = """() => new Promise((done) => {
  document.addEventListener("htmx:afterRequest", ({ target }) => target.id === "bell-list" && done());
  htmx.trigger(document.body, "queue-changed");
})"""


def first_draft(page: Page) -> Any:
    return page.locator("#bell-panel .entry", has=page.get_by_role("button", name="Approve and send")).first


@pytest.mark.chaos
def test_news_wait_for_the_answer_to_an_act_in_the_list(page: Page, serving: Serving) -> None:
    told: list[str] = []
    page.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
    sign_in(page, serving)
    page.goto(f"{serving.url}/queue/?kind=EMAIL_DRAFT")
    page.wait_for_load_state()
    held: list[Route] = []
    page.route("**/approve/", lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    entry = page.locator("#queue-list .entry", has=page.get_by_role("button", name="Approve and send")).first
    with page.expect_request("**/approve/"):
        entry.get_by_role("button", name="Approve and send").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/queue/?kind" in request.url else None)
    page.evaluate("htmx.trigger(document.body, 'queue-changed')")
    assert asked == [], "the list would take the form away, and the answer would find no place"
    with page.expect_response("**/queue/?kind=EMAIL_DRAFT"):
        held[0].continue_()
    expect(page.locator("#said")).to_contain_text("Approved; it is being sent.")
    assert [line for line in told if "oobErrorNoTarget" in line] == []


@pytest.mark.chaos
def test_what_was_done_is_told_although_the_panel_was_closed_meanwhile(
    page: Page, serving: Serving, complaints: list[str]
) -> None:
    sign_in(page, serving)
    before = waiting(page)
    open_panel(page)
    held: list[Route] = []
    page.route("**/approve/", lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    with page.expect_request("**/approve/"):
        first_draft(page).get_by_role("button", name="Approve and send").click()
    page.keyboard.press("Escape")
    expect(page.locator("#bell-list")).to_have_count(0)
    held[0].continue_()
    expect(page.locator("#said")).to_contain_text("Approved; it is being sent.")
    expect(page.locator("#bell")).to_have_attribute("aria-label", re.compile(f": {before - 1} waiting"))
    assert complaints == []


def test_a_draft_is_approved_in_the_bell_and_sent_once(
    page: Page, serving: Serving, complaints: list[str]
) -> None:
    sign_in(page, serving)
    before, sent = waiting(page), len(mails(serving))
    open_panel(page)
    draft = first_draft(page)
    subject, name = draft.get_by_role("heading").inner_text(), draft.get_attribute("id")
    draft.locator("summary").click()
    draft.get_by_label("Why?").fill("they answered")
    page.keyboard.press("Escape")
    expect(page.locator("#bell-panel")).to_be_hidden()
    open_panel(page)
    expect(draft.get_by_label("Why?")).to_have_value("they answered")
    draft.get_by_label("Why?").fill("")
    draft.locator("summary").click()
    draft.get_by_role("button", name="Approve and send").dblclick()
    expect(page.locator("#said")).to_contain_text("Approved; it is being sent.")
    expect(page.locator("#bell")).to_have_attribute("aria-label", re.compile(f": {before - 1} waiting"))
    stays = page.locator(f"#bell-panel #{name}")
    page.evaluate(REFRESHED)
    assert stays.count() == 1, "the next one's button would come to stand under the pointer"
    page.locator("#bell-title").hover()
    expect(stays).to_have_count(0)
    page.locator("#bell-history").click()
    entry = page.locator("#bell-panel .entry", has_text=subject).first
    expect(entry).to_contain_text("Sent", timeout=PATIENCE_MS)
    expect(entry).not_to_contain_text("Sending", timeout=PATIENCE_MS)
    assert [mail["subject"] for mail in mails(serving)[sent:]] == [subject]
    assert complaints == []


@pytest.mark.chaos
def test_the_bell_by_keyboard(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    page.locator("#bell").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#bell-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#bell")).to_be_focused()
    expect(page.locator("#bell-panel")).to_be_hidden()


@pytest.mark.chaos
def test_another_open_tab_hears_of_it(page: Page, serving: Serving, new_context: Any) -> None:
    other: Page = new_context().new_page()
    sign_in(other, serving)
    other.goto(f"{serving.url}/queue/")
    to_decide = int(other.locator("#queue-count-0").inner_text())
    sign_in(page, serving)
    before = waiting(other)
    open_panel(page)
    done = page.locator("#bell-panel .entry", has=page.get_by_role("button", name="Done")).first
    done.get_by_role("button", name="Done").click()
    expect(other.locator("#bell")).to_have_attribute("aria-label", re.compile(f": {before - 1} waiting"))
    expect(other.locator("#queue-count-0")).to_have_text(str(to_decide - 1))


def stopped_it_can_be_sent_again(page: Page) -> None:
    """By its button, which says again what it does: after a while, and who comes back to the page finds it so."""
    button = page.locator("[data-sending]")
    page.clock.install()
    page.route("**/edit/", lambda route: route.fulfill(status=204))
    for back in (
        lambda: page.clock.fast_forward("00:21"),
        lambda: page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"),
    ):
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        button.click()
        expect(button).to_have_text("Sending…")
        expect(button).to_be_disabled()
        back()
        assert (button.inner_text(), button.is_enabled()) == ("Approve and send", True), "at once"
    page.unroute_all()


def test_an_address_and_a_sentence_are_corrected_and_the_mail_goes_out(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    sent = len(mails(serving))
    open_panel(page)
    first_draft(page).get_by_role("link", name="Edit").click()
    page.get_by_label("To", exact=True).fill("corrected@shop.example")
    text = page.get_by_label("Text", exact=True)
    text.fill("A corrected sentence.\n" + text.input_value())
    stopped_it_can_be_sent_again(page)
    page.get_by_role("button", name="Approve and send").click()
    expect(page.locator("#entry-state .st")).to_have_text("Sent", timeout=PATIENCE_MS)
    (mail,) = mails(serving)[sent:]
    assert mail["to"] == ["corrected@shop.example"]
    assert "A corrected sentence." in mail["body"]


@pytest.mark.chaos
def test_what_is_typed_survives_what_others_do(page: Page, serving: Serving, new_context: Any) -> None:
    sign_in(page, serving)
    page.goto(f"{serving.url}/queue/")
    reject = page.locator("#queue-list .entry", has=page.get_by_role("button", name="Approve and send")).last
    reject.get_by_text("Reject", exact=False).first.click()
    reject.get_by_label("Why?").fill("typed, not sent")
    other: Page = new_context().new_page()
    sign_in(other, serving)
    before = waiting(page)
    open_panel(other)
    other.locator("#bell-panel .entry", has=other.get_by_role("button", name="Done")).first.get_by_role(
        "button", name="Done"
    ).click()
    expect(page.locator("#bell")).to_have_attribute("aria-label", re.compile(f": {before - 1} waiting"))
    expect(reject.get_by_label("Why?")).to_have_value("typed, not sent")


@pytest.mark.chaos
def test_drafts_of_one_shop_go_as_one_mail(page: Page, serving: Serving) -> None:
    sign_in(page, serving)
    sent = len(mails(serving))
    page.goto(f"{serving.url}/queue/?kind=EMAIL_DRAFT")
    page.get_by_role("link", name=re.compile("All drafts for")).first.click()
    page.get_by_role("button", name="Combine into one email").click()
    rows = page.locator(".rows tbody tr")
    many = rows.count()
    assert many > 1
    rows.first.locator("input").last.fill("Urgent")
    page.get_by_role("button", name="Approve and send").click()
    expect(page.locator("#entry-state .st")).to_have_text("Sent", timeout=PATIENCE_MS)
    (mail,) = mails(serving)[sent:]
    assert mail["body"].count("<tr") == many + 1
    assert "Urgent" in mail["body"]
