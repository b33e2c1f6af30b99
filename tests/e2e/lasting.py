"""One browser for the tests of a process, and another one after a crash."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext


class LastingBrowser:
    """A crash costs the test in which it happened, and not all that come after it.

    A context is asked of the browser that lives, which is launched anew where the last one is gone.
    """

    def __init__(self, launch: Callable[[], Browser]) -> None:
        self._launch = launch
        self._launched = launch()

    @property
    def version(self) -> str:
        return self._launched.version

    def new_context(self, **options: Any) -> BrowserContext:
        if not self._launched.is_connected():
            self._launched = self._launch()
        return self._launched.new_context(**options)

    def close(self) -> None:
        self._launched.close()
