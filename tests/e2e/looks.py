"""What is looked at: the pages, how each is come to, its title, and its status."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.urls import resolve
from playwright.sync_api import Page, expect

Go = Callable[[Page], None]

TRACKER, BACK_OFFICE = " · GenThrust", " · Admin · GenThrust"
HEADING = ""  # the title is the page's own heading


@dataclass(frozen=True)
class Look:
    """`go` leads from `path` to the page itself. `title` is a pattern of what stands before `ends`, or HEADING.

    A picture shows the whole page, or the window alone where what it is about stands over the page.
    `meant` are beginnings of what the browser complains of on purpose. `at` is the name in urls.py of the page that is
    come to, where that is not the name of `path`.
    """

    name: str
    path: str
    title: str
    go: Go | None = field(default=None, repr=False)
    ends: str = TRACKER
    status: int = 200
    pictured: bool = True
    whole: bool = True
    meant: tuple[str, ...] = ()
    at: str = ""

    def named(self) -> str:
        return self.at or resolve(self.path.partition("?")[0]).view_name

    def check_title(self, page: Page) -> None:
        title = page.title()
        assert title.endswith(self.ends), title
        pattern = self.title or re.escape(page.locator("main h1").first.inner_text())
        assert re.fullmatch(pattern, title.removesuffix(self.ends)), (self.name, title)


def follow(selector: str, then: str = "") -> Go:
    """Goes where the first of some links leads, or to a page under that."""

    def go(page: Page) -> None:
        address = page.locator(selector).first.evaluate("link => link.href")
        page.goto(f"{address.partition('?')[0]}{then}" if then else address)

    return go


def click(selector: str, shown: str) -> Go:
    """Presses something, and waits for what it shows."""

    def go(page: Page) -> None:
        page.locator(selector).first.click()
        page.locator(shown).first.wait_for()

    return go


def merge(page: Page) -> None:
    follow("#shop-list .row-link")(page)
    page.get_by_text("This is the same shop as another one").click()
    page.get_by_label("It is the same shop as").select_option(index=1)
    with page.expect_navigation():
        page.get_by_role("button", name="Look at the two").click()


def research(page: Page) -> None:
    page.get_by_label("Research a part").fill("066-50013-0101")
    page.get_by_role("button", name="Research").click()
    page.wait_for_url("**/research/*/")
    expect(page.get_by_role("heading", name="Past repairs")).to_be_visible()


def ask(page: Page) -> None:
    page.get_by_label("Your question").fill("overdue")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_url(re.compile(r"/assistant/\d+/$"))
    expect(page.locator(".turn")).not_to_have_attribute("data-open", "")


def act_on_two(button: str, *, status: str = "", note: str = "") -> Go:
    """Ticks two orders of the list and presses a button of the selection."""

    def go(page: Page) -> None:
        for place in (0, 1):
            page.locator("#rows tbody .pick").nth(place).check()
        page.locator("#bulk-status").select_option(status)
        page.locator("#bulk-text").fill(note)
        with page.expect_navigation():
            page.locator("#selection").get_by_role("button", name=button).click()

    return go


def look_at_each(page: Page) -> None:
    act_on_two("Add note", note="Seen on the bench")(page)
    with page.expect_navigation():
        page.get_by_role("link", name="Look at each").click()


def forge(page: Page) -> None:
    """Sends a form whose token is not ours."""
    page.context.clear_cookies(name="csrftoken")
    form = page.locator("form:has([name=csrfmiddlewaretoken])").last
    with page.expect_navigation():
        form.evaluate("form => form.submit()")


SEND = """form => {
    form.append(Object.assign(document.createElement("input"), { name: "text", value: "typed" }));
    form.action = "/orders/bulk/";
    form.submit();
}"""


def send_what_is_not_offered(page: Page) -> None:
    """Sends a form to where no page of this person's would."""
    form = page.locator("form[action$='/logout/']").first
    with page.expect_navigation():
        form.evaluate(SEND)


def sign_out(page: Page) -> None:
    with page.expect_navigation():
        page.locator("form[action$='/logout/']").first.evaluate("form => form.submit()")


def fail_at_microsoft(page: Page) -> None:
    """Signs in where Microsoft does not know the tracker's secret."""
    page.get_by_role("button", name="Sign in with Microsoft").click()
    page.get_by_role("button").first.click()
    expect(page.get_by_text("AADSTS7000215")).to_be_visible()


SEND_TOO_MUCH = """form => {
    form.append(Object.assign(document.createElement("textarea"), { name: "text", value: "x".repeat(3000000) }));
    form.submit();
}"""


def try_too_often(page: Page) -> None:
    """Gives a wrong old password until that is refused unheard."""
    for _ in range(20):
        if page.title().startswith("Too many tries"):
            return
        with page.expect_navigation():
            page.locator("form:has([name=oldpassword])").evaluate("form => form.submit()")


def send_too_much(page: Page) -> None:
    with page.expect_navigation():
        page.locator("form[action$='/logout/']").first.evaluate(SEND_TOO_MUCH)


def choose(action: str, rows: int = 1) -> Go:
    """Ticks rows of a list of the back office and runs an action of it."""

    def go(page: Page) -> None:
        for place in range(rows):
            page.locator("#result_list .action-select").nth(place).check()
        page.locator("select[name=action]").select_option(action)
        with page.expect_navigation():
            page.locator("button[name=index], button[title*=Run]").first.click()

    return go


def set_an_unusual_status(page: Page) -> None:
    choose("change_status", rows=2)(page)
    page.locator("select[name=status]").select_option("PAID")
    with page.expect_navigation():
        page.get_by_role("button", name="Set the status").click()
    expect(page.get_by_role("alert")).to_contain_text("not the usual next step")


def edit(page: Page, reference: str) -> None:
    """An order gets another reference, beside the list."""
    page.goto(page.evaluate("location.origin") + "/?sheet=Active&sort=-ro")
    page.locator(ROW).first.click()
    field = page.locator("#id_shop_reference")
    field.fill(reference)
    field.press("Tab")
    expect(page.locator("#said")).to_contain_text("Saved")


def look_at_the_last_change(page: Page) -> None:
    listed = page.url
    edit(page, "Q-look")
    number = page.locator("#order-title").inner_text()
    page.goto(f"{listed}?q={number}")
    follow(CHANGE, "../undo/")(page)
    expect(page.locator(".g-table")).to_contain_text("Q-look")


def look_at_what_a_run_wrote(page: Page) -> None:
    """Of the newest flush, as soon as that is the one that carried the change."""
    listed = page.url
    edit(page, "Q-written")
    for _ in range(60):
        page.goto(listed)
        follow(CHANGE, "../undo/")(page)
        if page.get_by_text("Q-written").count():
            return
        page.wait_for_timeout(500)
    expect(page.locator(".g-table")).to_contain_text("Q-written")


def try_a_file(page: Page) -> None:
    """A list of parts, one of whose rows can't be read, and its report."""
    rows = b"PartNumber,Description,Qty\nLOOK-1,Valve,3\nLOOK-2,Pump,many\n,Nothing,1\n"
    page.locator("select[name=kind]").select_option("inventory")
    page.locator("input[type=file]").set_input_files(
        {"name": "parts.csv", "mimeType": "text/csv", "buffer": rows}
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()


def save_views(page: Page) -> None:
    """One for everybody, one for oneself; then the page of all of them."""
    for status, name, shared in (("APPROVED", "At the bench soon", True), ("RECEIVED", "To check in", False)):
        page.goto(f"{page.evaluate('location.origin')}/?status={status}")
        page.locator("#views-open").click()
        page.locator("#view-name").fill(name)
        page.locator(".view-save [name=shared]").set_checked(shared)
        with page.expect_navigation():
            page.get_by_role("button", name="Save view").click()
    page.goto(page.evaluate("location.origin") + "/views/")
    expect(page.locator(".view-acts")).to_have_count(2)


def add_documents(page: Page) -> None:
    """Two files to an order, one of them a quote."""
    follow(ROW, "documents/")(page)
    for kind, name in (("quote", "Quote 17.pdf"), ("other", "Data plate.pdf")):
        page.get_by_label("Kind").select_option(kind)
        page.locator("#document-files").set_input_files(
            {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7 of a look"}
        )
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".document-list")).to_contain_text(name)


def order_a_known_part(page: Page) -> None:
    page.locator("#id_part_number").fill(KNOWN_PART)
    page.locator("#id_part_number").press("Tab")
    expect(page.locator("#known .uses")).to_have_count(2)


def open_a_known_part(page: Page) -> None:
    follow("#stock .row-link")(page)
    expect(page.locator("#known .uses")).to_have_count(2)


def change_and_hold_the_undo(page: Page) -> None:
    """The words about a change stay while its Undo is in use."""
    follow(ROW)(page)
    field = page.locator("#id_shop_reference")
    field.fill("Q-undo")
    field.press("Tab")
    page.locator("#said").get_by_role("button", name="Undo").focus()


SEND_MEANWHILE = """([name, value]) => {
    const { form } = document.getElementById(`id_${name}`);
    const sent = new URLSearchParams(new FormData(form));
    for (const [key, held] of Object.entries({ field: name, value })) sent.set(key, held);
    return fetch(form.dataset.fieldAddress, { method: "POST", body: sent }).then((answer) => answer.status);
}"""


def type_what_is_not_saved(page: Page) -> None:
    """Notes that somebody else changed meanwhile, and terms of which the server does not hear."""
    follow(ROW)(page)
    notes, terms = page.locator("#id_notes"), page.locator("#id_terms")
    notes.fill("Core is due back on Monday")
    assert page.evaluate(SEND_MEANWHILE, ["notes", "The shop keeps the core"]) == 200
    notes.press("Tab")
    expect(page.locator(".f-notes .unsaved")).to_contain_text("The shop keeps the core")
    page.route("**/field/", lambda route: route.abort())
    terms.fill("NET 45")
    terms.press("Tab")
    expect(page.locator(".f-terms .unsaved")).to_contain_text("Not saved yet")
    page.unroute("**/field/")


SEND_LATE = """(form, [name, value, version]) => {
    form.elements[name].value = value;
    form.elements.expected_version.value = version;
    form.submit();
}"""


def collide(page: Page) -> None:
    """Sends the whole form of an order, as a browser without scripts does, after somebody else changed its notes."""
    follow(ROW)(page)
    version = page.locator("#fields-form [name=expected_version]").input_value()
    held = page.locator("#id_notes").input_value()
    theirs = next(text for text in ("The shop keeps the core of this one", "No core") if text != held)
    assert page.evaluate(SEND_MEANWHILE, ["notes", theirs]) == 200
    with page.expect_navigation():
        page.locator("#fields-form").evaluate(SEND_LATE, ["notes", "Core is due back on Friday", version])
    expect(page.locator(".clash table")).to_contain_text(theirs)


def look_at_the_two(page: Page) -> None:
    """Two shops of the back office, before they are merged."""
    follow(CHANGE, "../merge/")(page)
    page.locator("select[name=into]").select_option(index=1)
    with page.expect_navigation():
        page.locator("main form button[type=submit], #content form button[type=submit]").last.click()
    expect(page.locator("[name=sure]")).to_be_attached()


def choose_all_and_none(page: Page) -> None:
    """One box ticks all of them, shows that one was taken out again, and takes all away."""
    everything, cells = page.get_by_label("Choose all").first, page.locator("input[name=cell]")
    ticked = page.locator("input[name=cell]:checked")
    everything.check()
    expect(ticked).to_have_count(cells.count())
    cells.first.uncheck()
    assert everything.evaluate("all => all.indeterminate && !all.checked")
    everything.check()
    everything.uncheck()
    expect(ticked).to_have_count(0)


def office(
    name: str, path: str, title: str, go: Go | None = None, *, pictured: bool = True, at: str = ""
) -> Look:
    at = f"admin:{at}" if at else ""
    return Look(f"admin-{name}", f"/admin/{path}", title, go, ends=BACK_OFFICE, pictured=pictured, at=at)


ROW = "#rows .row-link"
KNOWN_PART = "65-44801-12"  # of many orders of the demo, and on two lines of its stock
NOT_SENT = tuple(
    f"Failed to load resource: {why}"
    for why in ("net::ERR_FAILED", "the server responded with a status of 409")
)
CHANGE = "#result_list tbody a[href*='/change/']"
LOOKS = (
    Look("orders", "/", "Orders"),
    Look("beside", "/?show=overdue", "Orders", click(ROW, "#order-title"), whole=False),
    Look("search", "/?q=pump", "Orders", whole=False),
    Look("nothing-found", "/?q=nothing-like-it", "Orders"),
    Look("filters", "/?status=APPROVED", "Orders", click("#filters-open", "#filters"), whole=False),
    Look("saved-views", "/", "Views of the orders", save_views, at="views"),
    Look("selection", "/", "Orders", click("#rows tbody .pick", "#selection"), whole=False),
    Look(
        "bulk-status",
        "/?status=APPROVED",
        "2 orders at once",
        act_on_two("Change status", status="PAID"),
        at="bulk",
    ),
    Look("bulk-note", "/", "2 orders at once", act_on_two("Add note"), status=422),
    Look("bulk-results", "/", "What became of 2 orders", look_at_each, at="bulk-results"),
    Look("documents", "/?sheet=Active", r"G\d+, documents", add_documents, at="order-documents"),
    Look("order", "/?sheet=Active", r"G\d+ · .+", follow(ROW), at="order"),
    Look("label", "/?sheet=Active", r"Label of G\d+", follow(ROW, "label/"), at="order-label"),
    Look("order-saved", "/?sheet=Active", r"G\d+ · .+", change_and_hold_the_undo, whole=False, at="order"),
    Look(
        "order-unsettled", "/?sheet=Active", r"G\d+ · .+", type_what_is_not_saved, meant=NOT_SENT, at="order"
    ),
    Look("order-clash", "/?sheet=Active", r"G\d+ · .+", collide, status=409),
    Look("new-order", "/orders/new/", "New order", order_a_known_part),
    Look("feed", "/feed/", "Feed"),
    Look("shops", "/shops/", "Shops"),
    Look("shop-merge", "/shops/", "Merge .+", merge, at="shop-merge"),
    Look("shop", "/shops/", HEADING, follow("#shop-list .row-link"), at="shop"),
    Look("new-shop", "/shops/new/", "New shop"),
    Look("inventory", "/inventory/", "Inventory"),
    Look(
        "part",
        f"/inventory/?q={KNOWN_PART}",
        f"{KNOWN_PART} · Inventory",
        open_a_known_part,
        at="inventory-item",
    ),
    Look("queue", "/queue/", "Queue"),
    Look("draft", "/queue/?kind=EMAIL_DRAFT", HEADING, follow("#queue-list .entry h3 a"), at="notification"),
    Look(
        "reminder",
        "/queue/?kind=TASK_REMINDER",
        HEADING,
        follow("#queue-list .entry h3 a"),
        at="notification",
    ),
    Look("runs", "/runs/", "Runs"),
    Look("run", "/runs/", HEADING, follow("#run-rows .row-link"), at="run"),
    Look("attention", "/runs/attention/", "Attention"),
    Look("palette", "/palette/?q=pump", "Go to"),
    Look("assistant", "/assistant/", "Assistant"),
    Look("conversation", "/assistant/", "overdue", ask, at="conversation"),
    Look("assistant-beside", "/", "Orders", click("#assistant-open", "#question"), whole=False),
    Look("research", "/assistant/", "Research on 066-50013-0101", research, at="brief"),
    Look("password", "/accounts/password/change/", "Change password"),
    Look("sign-out", "/accounts/logout/", "Sign out"),
    Look("keys", "/", "Orders", lambda page: page.keyboard.press("?"), whole=False),
    Look("go-to", "/", "Orders", click("a.goto", "#palette .hit"), whole=False),
    Look("bell", "/", "Orders", click("#bell", "#bell-title"), whole=False),
    Look("menu", "/", "Orders", click(".who summary", ".who .menu"), whole=False),
    Look("not-found", "/orders/987654/", "Not found", status=404),
    Look("nothing-to-open", "/orders/bulk/", "Nothing to open", status=405),
    Look("not-exported", "/orders/export.csv?status=LOST", "Not exported", status=422),
    Look("not-received", "/views/", "Not received", send_too_much, status=413),
    Look("forged", "/views/", "Please try again", forge, status=403),
    office("landing", "", "Overview"),
    office("app", "repairs/", "Orders"),
    office(
        "approve",
        "notifications/notification/?kind__exact=EMAIL_DRAFT",
        "Approve .+",
        choose("approve"),
    ),
    office(
        "withdraw",
        "notifications/notification/?kind__exact=EMAIL_DRAFT",
        "Withdraw .+",
        choose("withdraw"),
        pictured=False,  # it looks like the one above
    ),
    office("change-status", "repairs/repairorder/", "Change the status", set_an_unusual_status),
    office(
        "undo-order",
        "repairs/repairorder/",
        r"The last change of G\d+",
        look_at_the_last_change,
        at="repairs_repairorder_undo_page",
    ),
    office(
        "merge-shop", "repairs/shop/", "Merge .+", follow(CHANGE, "../merge/"), at="repairs_shop_merge_page"
    ),
    office("merge-sure", "repairs/shop/", "Merge two shops", look_at_the_two, at="repairs_shop_merge_page"),
    office(
        "undo-run",
        "sync/run/?kind__exact=flush",
        "What .+ wrote",
        look_at_what_a_run_wrote,
        at="sync_run_undo_page",
    ),
    office(
        "person-password",
        "auth/user/",
        ".+ · User",
        follow("#result_list a:text-is('technician')", "../password/"),
        pictured=False,  # of two fields
        at="auth_user_password_change",
    ),
    office("differences", "sync/replica/differences/", "Differences from Excel", choose_all_and_none),
    office("import", "sync/upload/new/", "Import a file"),
    office("import-report", "sync/upload/new/", "Import of parts.csv", try_a_file, at="sync_upload_report"),
)

# What keeps people out beside the sign-in.
DOORS = (
    Look("switched-off", "/accounts/inactive/", "Switched off"),
    Look("too-many-tries", "/accounts/password/change/", "Too many tries", try_too_often, status=429),
)

# What the emulator says when the browser asks it for the icon of its pages.
NO_ICON = "Failed to load resource: the server responded with a status of 400"
# The sign-in with Microsoft, and its failing; test_signing_in.py comes to them, with a tenant of its own.
WITH_MICROSOFT = (
    Look("sign-in-microsoft", "/", "Sign in", at="account_login"),
    Look("to-microsoft", "/accounts/microsoft/login/", "Sign in"),
    Look("not-signed-in", "/", "Not signed in", fail_at_microsoft, status=401, meant=(NO_ICON,)),
)

# What those see of whom less is asked, by their names.
OTHERS = {
    "viewer": (Look("order-as-viewer", "/?sheet=Active", r"G\d+ · .+", follow(ROW), at="order"),),
    "technician": (
        Look("order-as-technician", "/?sheet=Active", r"G\d+ · .+", follow(ROW), at="order"),
        Look("feed-as-technician", "/feed/", "Feed"),
    ),
}
