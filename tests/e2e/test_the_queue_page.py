"""Follow-ups as a person lives with them: in their own Outlook, on the queue's page, and where a mail went astray."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from genthrust.accounts import DEMO
from tests.e2e.serving import Serving, demo_served, emulator
from tests.e2e.test_a_change_reaches_excel import eventually, sign_in
from tests.e2e.test_the_queue import mails

OFFICE = "repairs@genthrust.example"  # the mailbox that an installation with an emulator sends from
pytestmark = pytest.mark.chaos  # the bell tells the same story in the usual run
SEND = {"method": "POST", "path_regex": "/send$"}
PAGE = 25


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with demo_served(tmp_path_factory.mktemp("data"), MAIL_RECONCILE_AFTER_SECONDS="1") as server:
        yield server


@pytest.fixture(autouse=True)
def signed_in(page: Page, serving: Serving) -> Iterator[None]:
    sign_in(page, serving)
    yield
    emulator(serving, "DELETE", "faults")


def expect_in_outlook(serving: Serving, words: str) -> None:
    """One event of the person's calendar and one of their tasks say this."""

    def found() -> dict[str, int]:
        box = emulator(serving, "GET", f"mailbox?address={DEMO.email}")
        return {
            kind: sum(words in item["data"][name] for item in box[kind])
            for kind, name in (("events", "subject"), ("tasks", "title"))
        }

    eventually(found, {"events": 1, "tasks": 1})


def entries(page: Page) -> Locator:
    return page.locator("#queue-list .entry")


def draft_pages(page: Page, serving: Serving, count: int) -> list[str]:
    """The pages of drafts that wait for approval."""
    page.goto(f"{serving.url}/queue/?kind=EMAIL_DRAFT")
    ready = entries(page).filter(has=page.get_by_role("link", name=re.compile("^Edit ")))
    return [serving.url + str(ready.nth(n).locator("h3 a").get_attribute("href")) for n in range(count)]


def approve(page: Page, address: str) -> str:
    """Approves a draft on its page and returns its subject."""
    page.goto(address)
    subject = page.locator("#entry-state h1").inner_text()
    page.get_by_role("button", name="Approve and send").click()
    expect(page.locator("#draft-form")).to_have_count(0)
    return subject


def write_anew(page: Page, address: str, subject: str) -> None:
    page.goto(address)
    page.get_by_label("Subject", exact=True).fill(subject)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#entry-state h1")).to_have_text(subject)


def type_reason(card: Locator, why: str) -> None:
    card.locator("summary").press("Enter")
    expect(card.get_by_label("Why?")).to_be_visible()
    card.get_by_label("Why?").press_sequentially(why)


def expect_state(page: Page, word: str) -> None:
    expect(page.locator("#entry-state .st")).to_have_text(word)


def test_a_follow_up_stands_in_the_persons_outlook(
    page: Page, serving: Serving, complaints: list[str]
) -> None:
    page.goto(f"{serving.url}/?show=in-work&sort=ro")
    label = page.locator(".row-link").first.inner_text()
    page.goto(f"{serving.url}/orders/{label.removeprefix('G')}/")
    page.locator("#status-other summary").click()
    page.get_by_label("New status").select_option("WAITING QUOTE")
    page.get_by_role("button", name="Change status").click()
    expect(page.locator("#heading")).to_contain_text("Waiting quote")
    expect_in_outlook(serving, label)
    expect(page.locator("#mail")).to_contain_text("Follow-up on “Waiting quote”")

    page.locator("#mail summary", has_text="Remind me").click()
    page.locator("#mail").get_by_label("On", exact=True).fill("2027-12-24")
    page.locator("#mail").get_by_label("Remind me of").fill("Ask for the core")
    page.get_by_role("button", name="Remind me").click()
    expect(page.locator("#said")).to_have_text("You will be reminded.")
    expect(page.locator("#mail .log").first).to_contain_text("Reminder for demo: Ask for the core")
    expect_in_outlook(serving, "Ask for the core")
    assert complaints == []


def test_the_queue_is_searched_paged_and_decided_on_by_keyboard(
    page: Page, serving: Serving, new_context: Any
) -> None:
    page.goto(f"{serving.url}/queue/?kind=EMAIL_DRAFT")
    expect(entries(page)).to_have_count(PAGE)
    first = entries(page).first.get_attribute("id")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#queue-list .pager")).to_contain_text(f"{PAGE + 1}–{2 * PAGE} of")
    expect(page.locator(f"#{first}")).to_have_count(0)
    number = entries(page).first.locator("a.mono").inner_text()

    page.get_by_label("Search the queue").fill(number)
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(1)
    card = entries(page).first
    subject, address = card.locator("h3").inner_text(), str(card.locator("h3 a").get_attribute("href"))

    # Somebody else works on the same draft: the list follows, and the focus stays where it is.
    other: Page = new_context().new_page()
    sign_in(other, serving)
    card.locator("summary").focus()
    write_anew(other, serving.url + address, "Their first words")
    expect(card.locator("h3")).to_have_text("Their first words")
    expect(card.locator("summary")).to_be_focused()
    type_reason(card, "they answered by phone")
    write_anew(other, serving.url + address, "Their second words")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("It was changed by demo meanwhile.")
    expect(card.locator("h3")).to_have_text("Their second words")
    expect(card).to_contain_text("Waiting for approval")

    type_reason(card, "they answered by phone")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("Rejected; nothing is sent.")
    page.goto(f"{serving.url}/queue/")
    tabs = page.get_by_role("navigation", name="Filters")
    tabs.get_by_role("link", name=re.compile("^Rejected")).press("Enter")
    expect(tabs.locator("[aria-current=page]")).to_have_text("Rejected1")
    expect(entries(page)).to_have_count(1)
    expect(entries(page)).to_contain_text("by demo")
    expect(entries(page)).to_contain_text("they answered by phone")
    assert not {subject, "Their first words", "Their second words"} & {m["subject"] for m in mails(serving)}


def test_a_mail_that_went_astray_is_settled_and_a_reply_is_shown(page: Page, serving: Serving) -> None:
    slow, sent, again, never = draft_pages(page, serving, 4)
    for answer, address in (("It was sent", sent), ("send it again", again), ("shall not be", never)):
        purged = {"kind": "by_hand", "when": "before", "act": "delete", "for_good": True}
        emulator(serving, "POST", "faults", match=SEND, action=purged)
        before = len(mails(serving))
        subject = approve(page, address)
        expect_state(page, "Not known whether it was sent")
        expect(page.locator("#entry-state")).to_contain_text(
            "Outlook has neither the draft nor the sent mail any more."
        )
        page.get_by_role("button", name=answer).click()
        expect_state(page, "Withdrawn" if address == never else "Sent")
        assert [m["subject"] for m in mails(serving)[before:]] == ([subject] if address == again else [])

    busy = {"kind": "status", "status": 429, "retry_after": 1}
    emulator(serving, "POST", "faults", match=SEND, action=busy, times=None)
    before, subject = len(mails(serving)), approve(page, slow)
    eventually(lambda: emulator(serving, "GET", "faults")[-1]["fired"] > 0, True)
    expect_state(page, "Sending…")
    emulator(serving, "DELETE", "faults")
    expect_state(page, "Sent")
    (mail,) = mails(serving)[before:]
    assert mail["subject"] == subject

    reply = {"mailbox": OFFICE, "id": mail["marker"], "body": "The quote is 4,100 USD."}
    emulator(serving, "POST", "mail/receive", **reply)
    page.locator("#entry-state a.mono").click()
    theirs = page.locator("#mail .talk .theirs")
    expect(theirs).to_contain_text(mail["to"][0])
    theirs.locator("summary").click()
    expect(theirs.locator(".letter")).to_contain_text("The quote is 4,100 USD.")


def test_the_words_being_typed_are_shown_beside_them(
    page: Page, serving: Serving, complaints: list[str]
) -> None:
    page.goto(f"{serving.url}/admin/notifications/mailtemplate/?q=&o=")
    page.get_by_role("link", name="Combined", exact=True).click()
    letter = page.locator(".g-letter")
    expect(letter.locator("tbody tr")).to_have_count(2)
    page.locator("#id_body").fill("Hello,\n\n[orders]\n\nNot saved by anybody: {{ count }}")
    expect(letter).to_contain_text("Not saved by anybody: 2")
    expect(letter.locator("tbody tr")).to_have_count(2)
    page.locator("#id_body").fill("{{ secret }}")
    expect(page.locator("form p.soon")).to_contain_text("It can't be used.")
    assert complaints == []
    page.context.set_offline(True)
    page.locator("#id_body").fill("Typed while nobody answers {{ count }}")
    expect(page.locator("#away")).to_contain_text("The server does not answer.")
    page.context.set_offline(False)
    page.locator("#id_body").press("End")
    page.keyboard.type(" and after")
    expect(letter).to_contain_text("Typed while nobody answers 2 and after")
    expect(page.locator("#away")).to_be_hidden()
