"""Every page, light and dark, on a phone, a tablet and a desk: axe finds nothing, nothing is cut off.

The usual run asks axe about the light page of a desk and the dark one of a phone, and measures every width. All of them
are asked about by `make chaos` and by `make pictures`, which takes their pictures into PICTURES, a folder.
"""

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Browser, Page

from tests.e2e.serving import Serving
from tests.e2e.test_a_change_reaches_excel import sign_in

WIDTHS = {390: 844, 834: 1112, 1440: 900}
THEMES = ("light", "dark")
USUALLY_ASKED = {("light", 1440), ("dark", 390)}
PICTURES = os.environ.get("PICTURES", "")
PICTURE_QUALITY = 45
TRACKER, BACK_OFFICE = "· GenThrust", "| GenThrust"
RUN_AXE = "(options) => axe.run(options).then((found) => found.violations)"
# The frame of the back office is the theme's: there axe is asked for what WCAG demands, not for its own best practices.
OF_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def follow(selector: str, then: str = "") -> Callable[[Page], None]:
    """Goes where the first of some links leads, or to a page under that."""

    def go(page: Page) -> None:
        address = page.locator(selector).first.evaluate("link => link.href")
        page.goto(f"{address}{then}")

    return go


def click(selector: str, shown: str) -> Callable[[Page], None]:
    """Presses something, and waits for what it shows."""

    def go(page: Page) -> None:
        page.locator(selector).first.click()
        page.locator(shown).first.wait_for()

    return go


def research(page: Page) -> None:
    page.get_by_label("Research a part").fill("066-50013-0101")
    page.get_by_role("button", name="Research").click()
    page.wait_for_url("**/research/*/")


def approve_one(page: Page) -> None:
    page.locator("#result_list .action-select").first.check()
    page.locator("select[name=action]").select_option("approve")
    page.locator("button[name=index], button[title*=Run]").first.click()
    page.wait_for_load_state()


@dataclass(frozen=True)
class Look:
    """`go` leads from `path` to the page itself."""

    name: str
    path: str
    title: str = ""
    go: Callable[[Page], None] | None = field(default=None, repr=False)
    ends: str = TRACKER


def office(name: str, path: str, go: Callable[[Page], None] | None = None) -> Look:
    return Look(f"admin-{name}", f"/admin/{path}", go=go, ends=BACK_OFFICE)


ROW = "#rows .row-link"
LOOKS = (
    Look("orders", "/", "Orders"),
    Look("beside", "/?show=overdue", "Orders", click(ROW, "#order-title")),
    Look("search", "/?q=pump", "Orders"),
    Look("nothing-found", "/?q=nothing-like-it", "Orders"),
    Look("filters", "/?status=APPROVED", "Orders", click("#filters-open", "#filters")),
    Look("saved-views", "/views/", "Views"),
    Look("order", "/?sheet=Active", "G3", follow(ROW)),
    Look("label", "/?sheet=Active", "Label", follow(ROW, "label/")),
    Look("documents", "/?sheet=Active", "", follow(ROW, "documents/")),
    Look("new-order", "/orders/new/", "New order"),
    Look("feed", "/feed/", "Feed"),
    Look("shops", "/shops/", "Shops"),
    Look("shop", "/shops/", "", follow("#shop-list .row-link")),
    Look("new-shop", "/shops/new/", "New shop"),
    Look("inventory", "/inventory/", "Inventory"),
    Look("part", "/inventory/", "", follow("#stock .row-link")),
    Look("queue", "/queue/", "Queue"),
    Look("draft", "/queue/", "", follow("#queue-list .entry h3 a")),
    Look("runs", "/runs/", "Runs"),
    Look("run", "/runs/", "", follow("#run-rows .row-link")),
    Look("attention", "/runs/attention/", "Attention"),
    Look("palette", "/palette/?q=pump", "Go to"),
    Look("assistant", "/assistant/", "Assistant"),
    Look("assistant-beside", "/", "Orders", click("#assistant-open", "#question")),
    Look("research", "/assistant/", "", research),
    Look("not-found", "/orders/987654/", "Not found"),
    Look("password", "/accounts/password/change/", "Change password"),
    Look("keys", "/", "Orders", lambda page: page.keyboard.press("?")),
    Look("go-to", "/", "Orders", click("a.goto", "#palette .hit")),
    Look("bell", "/", "Orders", click("#bell", "#bell-title")),
    Look("menu", "/", "Orders", click(".who summary", ".who .menu")),
    office("landing", ""),
    office("orders", "repairs/repairorder/"),
    office("order", "repairs/repairorder/", follow("#result_list tbody a")),
    office("shops", "repairs/shop/"),
    office("rules", "repairs/statusrule/"),
    office("drafts", "notifications/notification/"),
    office("approve", "notifications/notification/?kind__exact=EMAIL_DRAFT", approve_one),
    office("runs", "sync/run/"),
    office("differences", "sync/replica/differences/"),
    office("import", "sync/upload/new/"),
    office("people", "auth/user/"),
)


@pytest.fixture(scope="module")
def browsing(browser: Browser, serving: Serving) -> Iterator[Page]:
    """One window for all pages, signed in once. Its clock-bound parts are still: nothing moves while axe looks."""
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        sign_in(page, serving)
        yield page


def looked_at(page: Page, name: str, *, thorough: bool = bool(PICTURES)) -> list[str]:
    """What is wrong with the page that is shown, in each theme and width."""
    wrong = []
    page.evaluate(Axe().axe_script)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            put_on(page, theme)
            if thorough or (theme, width) in USUALLY_ASKED:
                wrong += [f"{theme} {width}: {fault}" for fault in asked_of_axe(page)]
            if PICTURES:
                take_picture(page, Path(PICTURES) / f"{name}-{theme}-{width}.webp")
        wide = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{width}: scrolls sideways, {wide} wide"] if wide > width else []
    return wrong


def put_on(page: Page, theme: str) -> None:
    """The back office asks for the system's theme only as it loads; then it is a class of the page."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two that are listed above
    if page.title().endswith(BACK_OFFICE):
        page.evaluate("(dark) => document.documentElement.classList.toggle('dark', dark)", theme == "dark")


def asked_of_axe(page: Page) -> list[str]:
    more = OF_WCAG if page.title().endswith(BACK_OFFICE) else {}
    found = page.evaluate(RUN_AXE, {**DEFAULT_OPTIONS, **more})
    nodes = [(fault["id"], node) for fault in found for node in fault["nodes"]]
    return [f"{rule} at {node['target']}: {node['failureSummary']}" for rule, node in nodes]


def take_picture(page: Page, path: Path) -> None:
    """WebP, which the browser itself can write and Playwright does not offer: a third of a JPEG."""
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": PICTURE_QUALITY})
    path.write_bytes(base64.b64decode(taken["data"]))
    session.detach()


def open_look(page: Page, serving: Serving, look: Look) -> None:
    page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})
    put_on(page, "light")
    page.goto(serving.url + look.path)
    if look.go:
        look.go(page)
    assert page.title().startswith(look.title), page.title()
    assert page.title().endswith(look.ends), page.title()
    answered = page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    assert answered == (404 if look.name == "not-found" else 200)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_page_keeps_nobody_out(browsing: Page, serving: Serving, look: Look) -> None:
    open_look(browsing, serving, look)
    assert looked_at(browsing, look.name) == []


@pytest.mark.chaos
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_it_keeps_nobody_out_at_any_width(browsing: Page, serving: Serving, look: Look) -> None:
    open_look(browsing, serving, look)
    assert looked_at(browsing, look.name, thorough=True) == []


def test_the_sign_in_keeps_nobody_out(page: Page, serving: Serving) -> None:
    page.goto(serving.url)
    assert page.title() == "Sign in · GenThrust"
    assert looked_at(page, "sign-in") == []
