"""An order beside the list: opened from its row, told by the address, edited while its row follows, closed again."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.lasting import LastingBrowser
from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import sign_in
from tests.e2e.test_edit_in_place import Gate, asked_on_leaving, expect_that

TITLE = "#order-title"


@pytest.fixture(autouse=True)
def in_work(page: Page, serving: Serving) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, serving)
    page.goto(f"{serving.url}/?show=in-work&sort=ro")


def row(page: Page, place: int) -> tuple[Locator, str]:
    """A row's link, which stays the same one when the list changes, and the number of its order."""
    name = str(page.locator("#rows .row-link").nth(place).get_attribute("id"))
    return page.locator(f"#{name}"), name.removeprefix("row-")


def count(page: Page, figure: str) -> int:
    return int(page.locator(f"#fig-{figure} b").inner_text())


def what_is_typed_is_kept_by_back_and_forward(page: Page) -> None:
    note, terms = page.get_by_label("Add a note"), page.locator("#id_terms")
    note.fill("half a thought")
    page.locator("#status-other summary").click()
    status = page.locator("#status").get_by_label("New status")
    status.select_option("BER")
    page.locator("#status").get_by_label("Yes").check()
    terms.fill("COD")
    with page.expect_response("**/field/"):
        page.go_back()
    expect(page.locator("#beside")).to_be_hidden()
    page.go_forward()
    expect(page.locator(TITLE)).to_be_focused()
    expect(note).to_have_value("half a thought")
    expect(status).to_have_value("BER")
    expect(page.locator("#status").get_by_label("Yes")).to_be_checked()
    expect(terms).to_have_value("COD")


def test_an_order_is_opened_edited_and_closed_beside_the_list(page: Page, complaints: list[str]) -> None:
    link, number = row(page, 2)
    shipped = count(page, "shipped")
    link.press("Enter")
    expect(page.locator(TITLE)).to_be_focused()
    page.set_viewport_size(
        {"width": 834, "height": 1112}
    )  # here it lies over the list, and not over the header
    expect(page.locator("#list[inert]")).to_have_count(1)
    page.locator(".who summary").click()
    page.locator(".who summary").click()
    page.mouse.click(100, 600)
    expect(page.locator("#beside")).to_be_hidden()
    expect(link).to_be_focused()
    link.press("Enter")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("#list[inert]")).to_have_count(0)
    expect(page.locator(TITLE)).to_be_focused()
    expect(page.locator(TITLE)).to_have_text(f"G{number}")
    expect(page).to_have_url(re.compile(rf"\?show=in-work&sort=ro&order={number}$"))
    expect(link).to_have_attribute("aria-current", "true")
    page.locator("#id_estimated_cost").fill("4321")
    page.locator("#id_estimated_cost").press("Tab")
    expect(page.locator("#rows tr", has=link).locator(".cost")).to_have_text("$4,321.00")
    what_is_typed_is_kept_by_back_and_forward(page)
    page.locator("#sort-due").click()
    expect(page).to_have_url(re.compile(rf"show=in-work&sort=due&order={number}$"))
    page.locator("#next-save").click()
    expect(page.locator("#fig-shipped b")).to_have_text(str(shipped + 1))
    expect(link).to_have_count(0)
    expect(page.locator("#heading .st")).to_have_text("Shipped")
    page.locator("#id_terms").focus()
    page.keyboard.type("typed by mistake")
    page.keyboard.press("Escape")
    expect(page.locator(TITLE)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#beside")).to_be_hidden()
    expect(page.locator("#rows .row-link").first).to_be_focused()
    expect(page).to_have_url(re.compile(r"show=in-work&sort=due$"))
    assert complaints == []


@pytest.mark.chaos
def test_back_reload_and_another_order(page: Page, serving: Serving, complaints: list[str]) -> None:
    (first, one), (second, two) = row(page, 0), row(page, 1)
    first.click()
    expect(page.locator(TITLE)).to_have_text(f"G{one}")
    page.get_by_label("Add a note").fill("half a thought")
    second.click()
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    expect(page.get_by_label("Add a note")).to_have_value("")
    first.click()
    expect(page.get_by_label("Add a note")).to_have_value("half a thought")
    page.go_back()
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    page.go_back()
    expect(page.locator(TITLE)).to_have_text(f"G{one}")
    expect(page.get_by_label("Add a note")).to_have_value("half a thought")
    page.go_forward()
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    expect(page.locator(TITLE)).to_be_focused()
    expect(second).to_have_attribute("aria-current", "true")
    asked = asked_on_leaving(page)
    page.reload()
    assert asked == ["beforeunload"], "the thought about the other order"
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    page.locator("#beside-close").click()
    expect(second).to_be_focused()
    page.go_back()
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    for _ in range(3):
        page.go_back()
    expect(page.locator("#beside")).to_be_hidden()
    with page.context.expect_page() as opened:
        first.click(modifiers=["ControlOrMeta"])
    expect(opened.value).to_have_url(re.compile(rf"/orders/{one}/$"))
    expect(page.locator("#beside")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    first.click()
    expect(page).to_have_url(f"{serving.url}/orders/{one}/")
    assert complaints == []


def what_is_not_saved_comes_back_with_its_order(page: Page) -> None:
    told, terms = page.locator(".f-terms .unsaved"), page.locator("#id_terms")
    page.route("**/field/", lambda route: route.fulfill(status=429))
    terms.fill("NET 7")
    terms.press("Tab")
    expect(told).to_contain_text("What you entered is kept here.")
    page.go_back()
    expect(page.locator("#beside")).to_be_hidden()
    page.go_forward()
    expect(told).to_contain_text("What you entered is kept here.")
    expect(terms).to_have_value("NET 7")
    page.keyboard.press("Escape")
    expect(told.get_by_role("button").first).to_be_focused()
    page.unroute_all()
    page.keyboard.press("Enter")
    expect(told).to_have_count(0)

    gate, (first, one), (second, two) = Gate(page), row(page, 0), row(page, 1)
    told, cost = page.locator(".f-final_cost .unsaved"), page.locator("#id_final_cost")
    for link, number in ((second, two), (first, one)):
        cost.fill("much")
        link.click()
        expect(page.locator(TITLE)).to_have_text(f"G{number}")
    expect(cost).to_have_value("much")
    gate.let_through(page)
    expect(told).to_contain_text("This is not an amount of money.")
    expect(told).to_contain_text("You entered “much”.")
    gate.let_through(page)
    expect(page.locator("#said")).to_contain_text(f"Not saved in G{two}: This is not an amount of money.")
    expect(page.locator("#said")).to_contain_text("You entered “much”.")
    page.unroute_all()


@pytest.mark.chaos
def test_what_could_not_be_sent_keeps_its_order_open(page: Page) -> None:
    first, one = row(page, 0)
    first.click()
    expect(page.locator(TITLE)).to_have_text(f"G{one}")
    page.context.set_offline(True)
    page.locator("#id_terms").fill("COD")
    page.locator("#id_terms").press("Tab")
    expect(page.locator(".f-terms .unsaved")).to_contain_text("Not saved yet")
    page.keyboard.press("Escape")
    expect(page.locator(".f-terms .unsaved button").first).to_be_focused()
    row(page, 1)[0].click()
    expect(page.locator(TITLE)).to_have_text(f"G{one}")
    page.context.set_offline(False)
    expect(page.locator("#said")).to_contain_text("Saved")
    what_is_not_saved_comes_back_with_its_order(page)
    page.reload()
    expect(page.locator("#id_terms")).to_have_value("NET 7")
    page.set_viewport_size({"width": 1000, "height": 700})
    page.locator("#search").press_sequentially("G")  # the panel lies over what is found
    expect(page.locator("#beside")).to_be_hidden()
    expect(page.locator("#search")).to_be_focused()


@pytest.mark.chaos
def test_what_is_on_its_way_for_one_order_is_not_painted_on_another(page: Page, serving: Serving) -> None:
    page.goto(f"{serving.url}/?status=APPROVED&status=IN+WORK&sort=ro")
    rows, dot = page.locator("#rows tr"), page.locator("#heading .st")
    gate = Gate(page)
    rows.filter(has_text="Approved").first.locator(".row-link").click()
    page.locator("#status-other summary").click()
    page.locator("#status").get_by_label("New status").select_option("RECEIVED")
    page.locator("#status-save").click()
    expect(dot).to_have_text("Received")
    rows.filter(has_text="In work").first.locator(".row-link").click()
    expect(dot).to_have_text("In work")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        gate.let_through(page)
    page.unroute_all()
    held: list[Route] = []
    page.route("**/note/", lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    page.get_by_label("Add a note").fill("on its way")
    with page.expect_request("**/note/"):
        page.locator("#note-save").click()
    label = page.locator(TITLE).inner_text()
    page.locator("#rows .row-link:not([aria-current])").first.click()
    expect(page.locator(TITLE)).not_to_have_text(label)
    with page.expect_response("**/note/"):
        held[0].continue_()
    expect(page.locator("#said")).to_contain_text("Saved")
    page.locator(f"#row-{label.removeprefix('G')}").click()
    expect(page.locator("#more .log")).to_contain_text("on its way")
    expect(page.get_by_label("Add a note")).to_have_value("")

    page.context.set_offline(True)
    page.locator("#next-save").click()
    expect(page.locator("#status .unsaved")).to_contain_text("Not saved yet: status “Shipped”.")
    for place in ("#heading .st", "#status .line .st", "#status .path .now"):
        expect(page.locator(place)).to_have_text("In work")


@pytest.mark.chaos
@pytest.mark.parametrize("comes_back", [False, True], ids=["away", "and back"])
def test_a_change_is_no_conflict_with_the_one_before_it(page: Page, comes_back: bool) -> None:
    gate, (first, one), (second, two) = Gate(page), row(page, 0), row(page, 1)
    first.click()
    expect(page.locator(TITLE)).to_have_text(f"G{one}")
    page.locator("#next-save").click()
    for field, value in (("next_update", "2027-03-04"), ("terms", "NET 1"), ("terms", "NET 2")):
        page.locator(f"#id_{field}").fill(value)
        page.locator(f"#id_{field}").press("Tab")
    second.click()
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    if comes_back:
        page.go_back()
        expect(page.locator(TITLE)).to_have_text(f"G{one}")
    for _ in ("status", "next_update", "terms"):
        with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
            gate.let_through(page)
        assert answered.value.status == 200
        if not comes_back:
            expect(page.locator("#said")).to_have_text(f"Saved in G{one}")
    expect(page.locator(".unsaved")).to_have_count(0)
    page.goto(page.url.partition("?")[0] + f"?order={one}")
    expect(page.locator("#heading .st")).to_have_text("Shipped")
    expect(page.locator("#id_next_update")).to_have_value("2027-03-04")
    expect(page.locator("#id_terms")).to_have_value("NET 2")


@pytest.mark.chaos
@pytest.mark.parametrize("comes_back", [False, True], ids=["away", "and back"])
def test_what_was_sent_does_not_come_back_as_a_draft(page: Page, comes_back: bool) -> None:
    held: list[Route] = []
    page.route(re.compile("/(note|status)/$"), lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    (first, one), (second, two) = row(page, 0), row(page, 1)
    note, came_back = page.get_by_label("Add a note"), page.locator("#status").get_by_label("Yes")
    first.click()
    expect(page.locator(TITLE)).to_have_text(f"G{one}")
    page.locator("#status-other summary").click()
    page.locator("#status").get_by_label("New status").select_option("BER")
    came_back.check()
    page.locator("#status-save").click()
    note.fill("on its way")
    page.locator("#note-save").click()
    second.click()
    expect(page.locator(TITLE)).to_have_text(f"G{two}")
    if comes_back:
        first.click()
        expect(page.locator(TITLE)).to_have_text(f"G{one}")
        expect(note).to_have_value("on its way")
    expect_that(page, lambda: len(held) == 2)
    for route in held:
        with page.expect_response(route.request.url):
            route.continue_()
    if not comes_back:
        page.go_back()  # it is in this list no more
    expect(page.locator("#heading .st")).to_have_text("BER")
    expect(page.locator("#more .log")).to_contain_text("on its way")
    expect(note).to_have_value("")
    expect(came_back).not_to_be_checked()


@pytest.mark.chaos
def test_what_is_chosen_while_a_change_is_on_its_way_stays_chosen(page: Page) -> None:
    gate, (first, number) = Gate(page), row(page, 0)
    first.click()
    expect(page.locator(TITLE)).to_have_text(f"G{number}")
    status, came_back = (page.locator("#status").get_by_label(name) for name in ("New status", "Yes"))
    page.locator("#status-other summary").click()
    status.select_option("BER")
    page.locator("#status-save").click()
    expect(page.locator("#heading .st")).to_have_text("BER")
    status.select_option("RAI")
    came_back.check()
    gate.let_through(page)
    expect(page.locator("#said p")).to_have_text("Saved")
    expect(page.locator("#status .exits .now")).to_have_text("BER")
    expect(status).to_have_value("RAI")
    expect(came_back).to_be_checked()
    page.locator("#status-save").click()
    gate.let_through(page)
    expect(page.locator("#heading .st")).to_have_text("RAI")
    expect(page.locator("#said p")).to_have_text("Saved")
    expect(page.locator("#status .clash, #status .fault")).to_have_count(0)


@pytest.mark.chaos
def test_without_javascript_links_and_forms_do(page: Page, browser: LastingBrowser, serving: Serving) -> None:
    _, number = row(page, 1)
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        sign_in(plain, serving)
        plain.locator("#search").fill(f"G{number}")
        plain.locator("#search").press("Enter")
        expect(plain).to_have_url(f"{serving.url}/orders/{number}/")
        plain.locator("#status-other summary").click()
        plain.get_by_label("New status").select_option("RECEIVED")
        plain.get_by_role("button", name="Change status").click()
        expect(plain.locator("#said")).to_contain_text("Saved")
        expect(plain.locator("#heading .st")).to_have_text("Received")
        plain.locator("#said").get_by_role("button", name="Undo").click()
        expect(plain.locator("#said")).to_contain_text("Taken back")
        expect(plain.locator("#heading .st")).to_have_text("In work")
        plain.get_by_label("Add a note").fill("no script at all")
        plain.get_by_role("button", name="Add note").click()
        expect(plain.locator("#more .log")).to_contain_text("no script at all")
        plain.goto(f"{serving.url}/?order={number}")
        expect(plain.locator("#order-title")).to_have_text(f"G{number}")
        plain.locator("#beside-close").click()
        expect(plain.locator("#beside")).to_be_hidden()
