"""Looking at the page that is shown: axe's findings, what is cut off, what the browser complains of; its picture."""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from django.urls import resolve
from playwright.sync_api import Page

from tests.e2e.looks import BACK_OFFICE, Look
from tests.e2e.serving import Serving

NARROWEST = 320  # where a page flows anew as WCAG asks: as wide as a desk at four times its size
SMALLEST_DESK = (
    1024  # where the lists of the back office have the theme's own tables, and the least room for them
)
WIDTHS = {NARROWEST: 844, 390: 844, 834: 1112, SMALLEST_DESK: 768, 1440: 900}
THEMES = ("light", "dark")
Asked = frozenset[tuple[str, int]]
How = Callable[[Look], Asked]
ASKED_AT = WIDTHS.keys() - {NARROWEST, SMALLEST_DESK}  # at those two a page is only measured
EVERYWHERE: Asked = frozenset((theme, width) for theme in THEMES for width in ASKED_AT)
IN_TURN: tuple[Asked, Asked] = (frozenset({("light", 1440)}), frozenset({("dark", 390)}))
PICTURES = os.environ.get("PICTURES", "")
PICTURE_QUALITY = 40
MOST_WINDOWS = 7  # as many windows' heights one picture shows at most
RUN_AXE = "([where, options]) => axe.run(where, options).then((found) => found.violations)"
# What the templates of the back office's theme can't be held to, none of it asked for by WCAG itself: its header stands
# in no landmark, and all its scrolling areas have one name.
NOT_OURS = ("region", "landmark-unique")
OFF = {"enabled": False}
OF_OURS = {
    "target-size": {"enabled": True}
}  # 24 px or room around it, as WCAG 2.2 asks; axe does not by itself
# And of Django's own script for choosing several: the sign beside its search field is named though it is only a mark.
NOT_OURS_EITHER = ".help-tooltip"
# The header is at its fullest while there is work in progress.
WIDTH_AT_WORK = """() => {
    const mark = document.getElementById("running");
    const rests = mark?.hidden;
    if (rests) mark.hidden = false;
    const width = document.documentElement.scrollWidth;
    if (rests) mark.hidden = true;
    return width;
}"""
STICKS_OUT = """() => [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
    .map((part) => `${part.tagName} ${part.id} ${part.className}: ${Math.round(part.getBoundingClientRect().right)}`)"""
# A table in a box of its own, and a cell that hides what it has no room for, make no page wider.
CUT_OFF = """() => {
    const held = (part) => {
        while (part !== document.documentElement && getComputedStyle(part).overflowX === "visible")
            part = part.parentElement;
        return part;
    };
    const boxes = new Set([...document.querySelectorAll("tbody :is(th, td)")].map(held));
    return [...boxes]
        .filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => `${box.tagName} ${box.className}: ${box.scrollWidth} in ${box.clientWidth}`);
}"""
IS_ANSWER = "Failed to load resource: the server responded with a status of {}"


def hears(page: Page) -> list[str]:
    """What the browser complains of from now on: errors of scripts, and what the content security policy refuses."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda told: heard.append(told.text) if told.type == "error" else None)
    return heard


def open_look(page: Page, serving: Serving, look: Look) -> None:
    page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})
    put_on(page, "light")
    page.goto(serving.url + look.path)
    if look.go:
        look.go(page)
    check_answer(page, look)


def usually(look: Look) -> Asked:
    """The light page of a desk or the dark one of a phone: each look has one of them, always the same."""
    return IN_TURN[crc32(look.name.encode()) % 2]


def everywhere(_: Look) -> Asked:
    return EVERYWHERE


# Pages that only a story leads to are looked at where all of them are, and where their pictures are taken.
IN_A_STORY = pytest.mark.parametrize(
    "asked",
    [
        *([pytest.param(usually, id="usually")] if PICTURES else []),
        pytest.param(everywhere, id="everywhere", marks=pytest.mark.chaos),
    ],
)


def check_answer(page: Page, look: Look) -> None:
    look.check_title(page)
    if look.status == HTTPStatus.OK:
        assert resolve(urlsplit(page.url).path).view_name == look.named(), (look.name, page.url)
    answered = page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    assert answered == look.status, look.name


def complaints_of(heard: list[str], look: Look) -> list[str]:
    """Without those about a page that is meant to be an error's."""
    meant = (IS_ANSWER.format(look.status), *look.meant)
    told = [text for text in heard if not text.startswith(meant)]
    heard.clear()
    return told


def looked_at(page: Page, look: Look, asked: Asked) -> list[str]:
    """What is wrong with the page that is shown, in the themes and widths that are asked for."""
    wrong = []
    page.evaluate(Axe().axe_script)
    pictures = bool(PICTURES) and look.pictured
    asked = EVERYWHERE if pictures else asked
    for width, height in WIDTHS.items():
        if width == NARROWEST and look.ends == BACK_OFFICE:
            continue  # that is the work of a desk, and flows anew as far as to a phone
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate(WIDTH_AT_WORK)
        wrong += [f"{width}: {wide} wide, by {page.evaluate(STICKS_OUT)}"] if wide > width else []
        wrong += [f"{width}: cut off in {box}" for box in page.evaluate(CUT_OFF)]
        for theme in (theme for theme in THEMES if (theme, width) in asked):
            put_on(page, theme)
            wrong += [f"{theme} {width}: {fault}" for fault in asked_of_axe(page)]
            if pictures:
                take_picture(page, Path(PICTURES) / f"{look.name}-{theme}-{width}.webp", whole=look.whole)
    return wrong


def put_on(page: Page, theme: str) -> None:
    """The back office asks for the system's theme only as it loads; then it is a class of the page."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two that are listed above
    if page.title().endswith(BACK_OFFICE):
        page.evaluate("(dark) => document.documentElement.classList.toggle('dark', dark)", theme == "dark")


def asked_of_axe(page: Page) -> list[str]:
    of_the_theme = page.title().endswith(BACK_OFFICE)
    rules = dict.fromkeys(NOT_OURS, OFF) if of_the_theme else OF_OURS
    options = {**DEFAULT_OPTIONS, "rules": rules}
    found = page.evaluate(RUN_AXE, [{"exclude": [[NOT_OURS_EITHER]]}, options])
    nodes = [(fault["id"], node) for fault in found for node in fault["nodes"]]
    return [f"{rule} at {node['target']}: {node['failureSummary']}" for rule, node in nodes]


def take_picture(page: Page, path: Path, *, whole: bool) -> None:
    """WebP, which the browser itself can write and Playwright does not offer: a third of a JPEG.

    For all of a page the window is made as tall as it is, so that what stands at the window's foot stands at its own.
    """
    window = page.viewport_size
    assert window
    if whole:
        page.set_viewport_size({**window, "height": height_of(page, window["height"])})
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": PICTURE_QUALITY})
    path.write_bytes(base64.b64decode(taken["data"]))
    session.detach()
    page.set_viewport_size(window)


def height_of(page: Page, window: int) -> int:
    """How tall the page is, or how much of it a picture shows at most."""
    return min(int(page.evaluate("document.documentElement.scrollHeight")), MOST_WINDOWS * window)


@dataclass(frozen=True)
class Browsing:
    """One window for all pages, in which somebody is signed in, and what it complains of."""

    page: Page
    serving: Serving
    heard: list[str]

    def looks_at(self, look: Look, asked: How) -> None:
        self.heard.clear()
        open_look(self.page, self.serving, look)
        self.finds_nothing(look, asked)

    def finds_nothing(self, look: Look, asked: How) -> None:
        wrong = looked_at(self.page, look, asked(look))
        assert wrong == [], (look.name, wrong)
        told = complaints_of(self.heard, look)
        assert told == [], (look.name, told)
