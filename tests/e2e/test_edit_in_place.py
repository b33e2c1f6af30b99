"""Editing in place: a change shows at once and settles with the server, in whatever order people and lines behave."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Dialog, FilePayload, Locator, Page, Route, expect

from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import open_order_in_work, sign_in
from tests.e2e.test_parts_and_feed import PRESSED_AGAIN_AS_SOON_AS_ANSWERED, pressed_again


@pytest.fixture
def order(page: Page, serving: Serving) -> Page:
    sign_in(page, serving)
    open_order_in_work(page)
    return page


def enter(page: Page, field: str, text: str) -> Locator:
    found = page.locator(f"#id_{field}")
    found.fill(text)
    found.press("Tab")
    return found


def asked_on_leaving(page: Page) -> list[str]:
    """What the browser asks a person from now on before it leaves the page, which it is told to."""
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    return asked


class Gate:
    """Holds what the page posts, until it is let through."""

    def __init__(self, page: Page) -> None:
        self.waiting: list[Route] = []
        page.route(re.compile(r"/orders/\d+/(field|status)/"), self.hold)

    def hold(self, route: Route) -> None:
        self.waiting.append(route)

    def let_through(self, page: Page) -> None:
        expect_that(page, lambda: bool(self.waiting))
        self.waiting.pop(0).continue_()


def expect_that(page: Page, holds: Callable[[], bool]) -> None:
    """Lets the browser's events in until something holds."""
    for _ in range(300):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never held")


STEPS_FROM_IN_WORK = (  # whether it is not the usual next one, and whether it asks for the unit
    *(("SHIPPED", False, False), ("PAID", True, False)),
    *(("BER", False, True), ("RAI", False, True), ("CANCELLED", False, True)),
)


def test_two_changes_in_a_row_end_in_the_right_state(order: Page, complaints: list[str]) -> None:
    gate = Gate(order)
    order.locator("#next-save").click()
    for dot in ("#heading .st", "#status .line .st", "#status .path .now"):
        expect(order.locator(dot)).to_have_text("Shipped")
    order.locator("#status-other summary").click()
    order.locator("#status").get_by_label("New status").select_option("RECEIVED")
    order.get_by_role("button", name="Change status").click()
    expect(order.locator("#heading .st")).to_have_text("Received")
    due = enter(order, "next_update", "2031-02-03")
    terms = enter(order, "terms", "NET 45")
    gate.let_through(order)
    expect(order.locator("#heading .st")).to_have_text("Received")
    for _ in range(3):
        gate.let_through(order)
    expect(order.locator("#said p")).to_have_text("Saved")
    expect(order.locator("#fields [data-state]")).to_have_count(0)
    order.unroute_all()
    order.reload()
    expect(order.locator("#heading .st")).to_have_text("Received")
    expect(order.locator("#history")).to_contain_text(re.compile("In work.*Shipped"))
    expect(due).to_have_value("2031-02-03")
    expect(terms).to_have_value("NET 45")
    assert complaints == []


@pytest.mark.chaos
def test_a_refused_act_on_a_document_leads_to_the_documents(order: Page) -> None:
    """A document that was purged meanwhile is answered with 409, as a clash over the order's own forms is."""
    order.locator("#status-other summary").click()
    quote: FilePayload = {
        "name": "Quote 17.pdf",
        "mimeType": "application/pdf",
        "buffer": b"%PDF-1.7 of a story",
    }
    order.locator("#document-files").set_input_files(quote)
    order.get_by_role("button", name="Add", exact=True).click()
    order.get_by_role("button", name="Remove Quote 17.pdf").click()
    order.route("**/restore/", lambda route: route.fulfill(response=route.fetch(), status=409))
    order.locator("#documents").get_by_role("button", name="Undo").click()
    expect(order.locator("#documents-title")).to_be_focused()


@pytest.mark.chaos
def test_what_takes_the_place_of_a_lost_change_knows_of_the_status_before_it(order: Page) -> None:
    gate = Gate(order)
    order.locator("#next-save").click()
    enter(order, "next_update", "2031-02-03")
    gate.let_through(order)
    expect_that(order, lambda: bool(gate.waiting))
    order.route("**/*", lambda route: route.abort())  # nor does anything else come through
    gate.waiting.pop(0).abort()
    expect(order.locator(".f-next_update .unsaved")).to_contain_text("Not saved yet.")
    due = enter(order, "next_update", "2031-02-04")
    due.blur()  # Tab leads to the next part of a date
    order.unroute_all()
    expect(order.locator("#fields [data-state]")).to_have_count(0)
    expect(order.locator(".unsaved")).to_have_count(0)
    order.reload()
    expect(due).to_have_value("2031-02-04")


def test_a_refusal_restores_and_says_why(order: Page) -> None:
    cost = enter(order, "final_cost", "1234.5")
    expect(cost).to_have_value("1234.50")
    enter(order, "final_cost", "much")
    told = order.locator(".f-final_cost .unsaved")
    expect(told).to_contain_text(
        "This is not an amount of money. One is written like 1,500.50. You entered “much”."
    )
    expect(order.locator("#said")).to_be_empty()
    expect(cost).to_have_value("1234.50")
    told.get_by_role("button", name="Change it").click()
    expect(cost).to_have_value("much")
    cost.press("Escape")
    expect(cost).to_have_value("1234.50")
    part = enter(order, "part_number", "P" * 5000)
    told = order.locator(".f-part_number .unsaved")
    expect(told).to_contain_text("at most 255 characters")
    told.get_by_role("button", name="Change it").click()
    expect(part).to_have_value("P" * 5000)
    part.press("Escape")
    enter(order, "serial_number", "12\u202e34")
    told = order.locator(".f-serial_number .unsaved")
    expect(told).to_contain_text("turn the direction of text around. Please type it by hand.")
    expect(told).to_contain_text("You entered “12[U+202E]34”.")
    order.reload()
    expect(cost).to_have_value("1234.50")


def test_a_status_warns_asks_and_is_taken_back_where_it_is_refused(order: Page) -> None:
    status, dot = order.locator("#status"), order.locator("#heading .st")
    order.evaluate(PRESSED_AGAIN_AS_SOON_AS_ANSWERED, "#next-save")
    status.locator("#next-save").dblclick()
    assert pressed_again(order) == ("Next: Received", False)
    expect(dot).to_have_text("Shipped")
    order.locator("#said").get_by_role("button", name="Undo").click()
    expect(order.locator("#said")).to_contain_text("taken back")
    expect(dot).to_have_text("In work")

    chosen, warning = status.get_by_label("New status"), status.locator(".unusual")
    status.locator("#status-other summary").click()
    asks = status.get_by_role("group", name="Did the unit come back?")
    for name, is_unusual, is_asked in STEPS_FROM_IN_WORK:
        chosen.select_option(name)
        expect(warning).to_be_visible(visible=is_unusual)
        expect(asks).to_be_visible(visible=is_asked)

    gate = Gate(order)
    chosen.select_option("SHIPPED")
    status.get_by_label("Next update").fill("9000-01-01")
    status.get_by_role("button", name="Change status").click()
    expect(dot).to_have_text("Shipped")
    gate.let_through(order)
    for place in ("#heading .st", "#status .line .st", "#status .path .now"):
        expect(order.locator(place)).to_have_text("In work")
    expect(status).to_contain_text("As a date this lies outside 1990 to 2100.")
    expect(status.get_by_label("Next update")).to_be_focused()
    expect(chosen).to_have_value("SHIPPED")

    status.get_by_label("Next update").fill("")
    status.get_by_role("button", name="Change status").click()
    expect(dot).to_have_text("Shipped")
    other = order.context.new_page()
    other.goto(order.url)
    other.locator("#status-other summary").click()
    other.locator("#status").get_by_label("New status").select_option("BER")
    other.locator("#status").get_by_label("Yes").check()
    other.get_by_role("button", name="Change status").click()
    expect(other.locator("#said")).to_contain_text("Saved")
    gate.let_through(order)
    expect(dot).to_have_text("BER")
    expect(status.get_by_role("alert")).to_contain_text("In work → BER, by demo")
    expect(order.locator("#status-save")).to_be_focused()


def lose_the_answer(route: Route) -> None:
    route.fetch()
    route.abort()


@pytest.mark.chaos
def test_what_waits_is_sent_once_the_server_answers(order: Page) -> None:
    was, sent = order.locator("#heading .st").inner_text(), list[str]()
    order.route(re.compile(r"/orders/\d+/status/"), lose_the_answer)
    order.route(re.compile(r"/field/|/runs/live|/parts/|/note"), lambda route: route.abort())
    order.on(
        "request", lambda asked: sent.append(asked.url.split("/")[-2]) if asked.method == "POST" else None
    )
    order.locator("#next-save").click()
    told = order.locator("#status .unsaved")
    expect(told).to_contain_text(
        "Not saved yet: status “Shipped”. It is sent by itself once the server answers."
    )
    expect(order.locator("#said")).to_contain_text("the server can't be reached")
    expect(order.locator("#heading .st")).to_have_text(was)
    due, reference = enter(order, "next_update", "2031-02-03"), enter(order, "shop_reference", "Q-77")
    expect(order.locator(".f-shop_reference .unsaved")).to_contain_text("It is sent by itself")
    expect(order.locator("#away")).to_contain_text("The server does not answer.")
    assert sent == ["status"], "nothing is tried in vain"
    order.locator("#id_text").fill("written offline")
    order.locator("#note-save").click()
    expect(order.locator("#more .unsaved")).to_contain_text("Not saved yet: this note waits for a click")
    assert sent.pop() != "status"
    order.unroute_all()
    expect(order.locator("#heading .st")).to_have_text("Shipped")
    expect(order.locator("#said p")).to_have_text("Saved")
    expect(order.locator("#fields .unsaved, #status .unsaved")).to_have_count(0)
    assert sent == ["status", "status", "field", "field"]
    expect(order.locator("#more .unsaved")).to_be_visible()  # it could be made twice: a person sends it
    expect(order.locator("#id_text")).to_have_value("written offline")
    order.locator("#note-save").click()
    expect(order.locator("#more .log")).to_contain_text("written offline")
    expect(order.locator(".unsaved")).to_have_count(0)
    order.reload()
    expect(order.locator("#heading .st")).to_have_text("Shipped")
    expect(order.locator("#history").get_by_text("In work")).to_have_count(1)
    expect(due).to_have_value("2031-02-03")
    expect(reference).to_have_value("Q-77")

    order.route(re.compile(r"/field/"), lose_the_answer)
    order.route(re.compile(r"/runs/live"), lambda route: route.abort())
    for amount in ("$1,500.5", "$1,600"):
        enter(order, "final_cost", amount)
        expect(order.locator(".f-final_cost .unsaved")).to_contain_text("It is sent by itself")
    order.unroute_all()
    expect(order.locator("#id_final_cost")).to_have_value("1600.00")
    expect(order.locator(".unsaved")).to_have_count(0)
    expect(order.locator("#history")).to_contain_text(re.compile("1,500.50.*1,600.00", re.DOTALL))


@pytest.mark.chaos
def test_what_may_have_arrived_is_known_again_and_only_that(order: Page) -> None:
    fields, parts, live = (re.compile(part) for part in (r"/field/", r"/parts/", r"/runs/live"))
    told, history = order.locator(".f-serial_number .unsaved"), order.locator("#history")

    def lose(text: str) -> None:
        enter(order, "serial_number", text)
        expect(told).to_contain_text("It is sent by itself")

    order.route(fields, lose_the_answer)
    order.route(live, lambda route: route.abort())
    lose("00123")
    lose("456")
    order.route(parts, lambda route: route.fulfill(status=429))
    order.unroute(fields)
    order.unroute(live)
    expect(told).to_contain_text("What you entered is kept here.")
    order.unroute(parts)
    told.get_by_role("button", name="Send it again").click()
    expect(history).to_contain_text(re.compile("00123.*456", re.DOTALL))
    expect(told).to_have_count(0)

    order.route(fields, lose_the_answer)
    order.route(live, lambda route: route.abort())
    lose("00789")
    other = order.context.new_page()
    other.goto(order.url)
    enter(other, "serial_number", "789")
    expect(other.locator("#said p")).to_have_text("Saved")
    lose("1000")
    order.unroute_all()
    expect(told).to_contain_text("demo changed it to “789” on")


def test_two_people_and_one_order(page: Page, serving: Serving, new_context: Callable[[], Any]) -> None:
    sign_in(page, serving)
    number = open_order_in_work(page)
    other: Page = new_context().new_page()
    sign_in(other, serving)
    other.goto(f"{serving.url}/?order={number}")
    enter(page, "shop_reference", "Q-0")
    expect(other.locator("#meanwhile")).to_have_text(
        "This order was changed meanwhile. It is shown as it is now."
    )
    expect(other.locator("#id_shop_reference")).to_have_value("Q-0")

    page.locator("#id_description").press("End")
    page.keyboard.type(", half a thought")
    enter(other, "terms", "NET 45")
    enter(other, "notes", "theirs")
    expect(other.locator("#fields [data-state]")).to_have_count(0)
    offer = page.locator("#meanwhile").get_by_role("button", name="Show the newest")
    expect(offer).to_be_visible()
    expect(page.locator("#id_terms")).not_to_have_value("NET 45")
    offer.click()
    expect(page.locator("#id_terms")).to_have_value("NET 45")
    expect(page.locator("#id_description")).to_have_value(re.compile(", half a thought$"))
    expect(page.locator("#id_description")).to_be_focused()

    enter(other, "notes", "theirs again")
    expect(other.locator("#fields [data-state]")).to_have_count(0)
    expect(page.locator("#id_notes")).to_have_value("theirs")
    enter(page, "notes", "mine")
    told = page.locator(".f-notes .unsaved")
    expect(told).to_contain_text("demo changed it to “theirs again” on")
    expect(page.locator("#id_notes")).to_have_value("theirs again")
    told.get_by_role("button", name="Save mine over it").click()
    expect(page.locator("#history")).to_contain_text(re.compile("theirs again.*to.*mine"))
    page.reload()
    for field, value in {"notes": "mine", "terms": "NET 45", "shop_reference": "Q-0"}.items():
        expect(page.locator(f"#id_{field}")).to_have_value(value)


@pytest.mark.chaos
def test_an_answer_from_before_a_change_does_not_take_it_from_the_page(order: Page) -> None:
    other = order.context.new_page()
    other.goto(order.url)
    order.locator("#id_description").press("End")
    order.keyboard.type(", half a thought")
    enter(other, "terms", "NET 60")
    gate = Gate(order)
    early: list[tuple[Route, APIResponse]] = []
    parts = re.compile(r"/orders/\d+/parts/")
    order.route(parts, lambda route: early.append((route, route.fetch())))
    order.locator("#meanwhile").get_by_role("button", name="Show the newest").click()
    expect_that(order, lambda: bool(early))
    gate.let_through(order)
    expect(order.locator("#said p")).to_have_text("Saved")
    order.unroute(parts)
    with order.expect_request(parts):  # what is overtaken is asked for anew
        route, answer = early.pop()
        route.fulfill(response=answer)
    expect(order.locator("#id_terms")).to_have_value("NET 60")
    expect(order.locator("#id_description")).to_have_value(re.compile(", half a thought$"))


@pytest.mark.chaos
def test_what_is_typed_beside_a_change_of_the_status_is_kept_or_told(order: Page) -> None:
    status, said = order.locator("#status"), order.locator("#said")
    enter(order, "tracking_number", "")
    other = order.context.new_page()
    other.goto(order.url)
    status.locator("#status-other summary").click()
    status.get_by_label("New status").select_option("BER")
    other.locator("#next-save").click()
    order.locator("#meanwhile").get_by_role("button", name="Show the newest").click()
    expect(status.locator(".line .st")).to_have_text("Shipped")
    expect(order.locator("#next-save")).to_have_text("Next: Received")
    expect(status.get_by_label("New status")).to_have_value("BER")
    status.get_by_label("Yes").check()
    order.get_by_role("button", name="Change status").click()
    expect(status.get_by_role("alert")).to_contain_text("In work → Shipped, by demo")

    asked = asked_on_leaving(order)
    order.locator("#tracking-add").fill("1Z999")
    order.reload()
    status.locator("#status-other summary").click()
    status.get_by_label("New status").select_option("BER")
    order.reload()
    assert asked == ["beforeunload", "beforeunload"]
    order.locator("#tracking-add").fill("1Z999")
    order.locator("#next-save").click()
    expect(said).to_contain_text("Tracking number “1Z999” is not saved")
    expect(order.locator("#heading .st")).to_have_text("Received")


DROPPED = """names => {
  const held = new DataTransfer();
  for (const name of names) held.items.add(new File(["%PDF-1.7 a quote"], name, { type: "application/pdf" }));
  return held;
}"""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.mark.chaos
def test_documents_are_dropped_taken_away_brought_back_and_photographed(
    order: Page, serving: Serving, new_context: Callable[..., Any], complaints: list[str]
) -> None:
    area, listed = order.locator(".document-drop"), order.locator(".document-list li")
    held = order.evaluate_handle(DROPPED, ["Quote 17.pdf", "Tear-down.pdf"])
    area.dispatch_event("dragover", {"dataTransfer": held})
    expect(area).to_have_class(re.compile(r"\bover\b"))
    area.dispatch_event("drop", {"dataTransfer": held})
    expect(listed).to_have_count(2)
    expect(area).not_to_have_class(re.compile(r"\bover\b"))
    order.get_by_role("button", name="Remove Quote 17.pdf").click()
    expect(listed).to_have_count(1)
    order.locator(".document-undo").get_by_role("button", name="Undo").click()
    expect(listed).to_have_count(2)
    expect(order.locator("#documents-title")).to_be_focused()
    expect(order.get_by_role("button", name="Take a photo")).to_be_hidden()

    phone: Page = new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    ).new_page()
    sign_in(phone, serving)
    phone.goto(order.url)
    with phone.expect_file_chooser() as choosing:
        phone.get_by_role("button", name="Take a photo").click()
    camera = choosing.value.element.evaluate("input => [input.accept, input.getAttribute('capture')]")
    assert camera == ["image/*", "environment"]
    choosing.value.set_files({"name": "bench.png", "mimeType": "image/png", "buffer": PNG})
    photo = phone.locator(".document-list li", has_text="bench.png")
    expect(photo).to_contain_text("Photo")
    order.reload()
    expect(listed).to_have_count(3)
    assert complaints == []
