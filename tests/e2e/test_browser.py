"""The browser of the tests shows pages of this machine and reaches no other."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.e2e.lasting import LastingBrowser


class OnePage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write("<title>Prueba ✓</title>".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it overrides)
        """Say nothing on the console."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OnePage) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_on_loopback_is_shown(page: Page, address: str) -> None:
    page.goto(address)
    assert page.title() == "Prueba ✓"


@pytest.mark.parametrize("elsewhere", ["http://example.com/", "http://192.0.2.1/"])
def test_nothing_beyond_loopback_is_reached(page: Page, elsewhere: str) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(elsewhere)


@pytest.mark.chaos
def test_a_crash_costs_only_the_test_in_which_it_happens(
    launch_browser: Callable[[], Browser], address: str
) -> None:
    browser = LastingBrowser(launch_browser)
    crashed = browser.new_context().new_page()
    assert crashed.context.browser
    with pytest.raises(Error, match="has been closed"):
        crashed.context.browser.new_browser_cdp_session().send("Browser.crash")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        assert (page.title(), crashed.is_closed()) == ("Prueba ✓", True)
    crashed.context.close()
    browser.close()
