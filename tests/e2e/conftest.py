"""Debian's Chromium for Playwright, which brings none of its own here."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.e2e.lasting import LastingBrowser
from tests.e2e.looking import Browsing, hears
from tests.e2e.serving import Serving, demo_served
from tests.e2e.staging import people_work_in_excel
from tests.e2e.test_a_change_reaches_excel import sign_in
from tests.servers import browser_executable

# What htmx says of a request that was broken off; of one that failed it says another line as well.
BROKEN_OFF = ("htmx:sendAbort", "htmx:afterRequest")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    # The browser is held to loopback like the tests themselves.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    return {**browser_type_launch_args, "executable_path": browser_executable(), "args": [*QUIET, *as_root]}


@pytest.fixture(scope="session")
def browser(launch_browser: Callable[[], Browser]) -> Iterator[LastingBrowser]:
    lasting = LastingBrowser(launch_browser)
    yield lasting
    lasting.close()


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """A busy machine is given time."""
    expect.set_options(timeout=30_000)


@pytest.fixture(scope="session", autouse=True)
def orm_beside_the_browser() -> Iterator[None]:
    """Playwright keeps an event loop in the test's thread; the test's own use of the ORM there is sound."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A demo for the tests of one module."""
    with demo_served(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: errors of scripts, and what the content security policy refuses.

    A request that is broken off because its page is left is none.
    """
    heard: list[str] = []

    def hear(told: ConsoleMessage) -> None:
        if told.type == "error" and not told.text.startswith(BROKEN_OFF):
            heard.append(told.text)

    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", hear)
    return heard


@pytest.fixture(scope="module")
def busy(browser: LastingBrowser, serving: Serving) -> Serving:
    """The demo of the module, in which people worked."""
    with browser.new_context() as context:
        page = context.new_page()
        sign_in(page, serving)
        people_work_in_excel(page, serving)
    return serving


@pytest.fixture(scope="module")
def windows() -> Iterator[list[Browsing]]:
    """The window that the tests of a module look through, and those before it that crashed."""
    opened: list[Browsing] = []
    yield opened
    for browsing in opened:
        browsing.page.context.close()


@pytest.fixture
def browsing(browser: LastingBrowser, busy: Serving, windows: list[Browsing]) -> Browsing:
    """The parts of a page that move with time are still: nothing moves while axe looks."""
    if not windows or windows[-1].page.is_closed():
        page = browser.new_context(reduced_motion="reduce").new_page()
        sign_in(page, busy)
        windows.append(Browsing(page, busy, hears(page)))
    return windows[-1]
