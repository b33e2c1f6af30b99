"""Pages, whole and as htmx asks for it, by every role; with parameters that make no sense; and how large it is."""

import gzip
import random
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve
from pytest_django import Settings

from genthrust import access
from genthrust.gate import allows
from people.roles import Role
from repairs.models import RepairOrder
from tests.access.addresses import every_address
from tests.pages.busy import three_of_each
from tests.pages.conftest import person, sent
from tests.pages.every_page import DATA, ELSEWHERE, FRAGMENT, PAGES, WHOLE
from tests.pages.kept import keep_results
from tests.pages.ledger import random_orders

HTMX = {"HX-Request": "true"}
# What each role may ask for is walked in tests/access; here it is a second look at the same pages for the others.
ROLES = [pytest.param(role, marks=[] if role == Role.OFFICE else pytest.mark.chaos) for role in Role]
MOST_BYTES = 100_000
ODD = (
    "page=abc&sort=unknown&level=x&state=x&kind=x&condition=x",
    "page=99999999999999999999&sort=-&shop=x&status=x&sheet=x&show=x",
    "page=-1&made_from=31.02.2026&next_to=2026-02-31&q=%00&order=99999999999999999999",
)


FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
ATTRIBUTE = re.compile(r'\b([\w-]+)="([^"]*)"')
SENDS = re.compile(r'<button(?![^>]* type="button")')
FRAMES = re.compile(r"<(html|body|main)\b")
ONE_FRAME = ["html", "body", "main"]


def frames(answer: Any) -> list[str]:
    """What of the frame around every page stands in an answer."""
    return FRAMES.findall(answer.content.decode())


def test_every_address_that_is_read_is_asked_for_here(client: Client, office: User) -> None:
    client.force_login(office)
    left = {address.name: address.path for address in every_address() if address.name not in PAGES}
    assert set(left) >= ELSEWHERE
    read = {name for name in set(left) - ELSEWHERE if client.get(left[name]).status_code != 405}
    assert read == set(), (
        "These are no forms' addresses. Say in tests/pages/every_page.py how they are asked for."
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_page_has_one_frame_and_its_part_has_none(client: Client, may_write: Path, role: Role) -> None:
    rita = person("rita", role)
    client.force_login(rita)
    busy = three_of_each(rita, may_write)
    keep_results(client, busy)
    for name, (patterns, part) in PAGES.items():
        for url in map(busy.address, patterns):
            _asked_whole_and_in_part(client, url, part, allowed=allows(access.PAGES[name].read, rita))


def _asked_whole_and_in_part(client: Client, url: str, part: str, *, allowed: bool) -> None:
    answers = [client.get(url, headers=headers) for headers in ({}, HTMX)]
    assert [answer.status_code for answer in answers] == [200 if allowed else 404] * 2, url
    if not allowed or part == DATA:
        assert all(map(sent, answers)), url
        return
    whole, asked = map(frames, answers)
    assert whole == ([] if part == FRAGMENT else ONE_FRAME), url
    assert asked == (ONE_FRAME if part == WHOLE else []), url
    assert part in (WHOLE, FRAGMENT) or f'id="{part}"' in answers[1].content.decode(), url


def test_each_form_that_changes_something_can_be_sent_without_javascript(
    site: Client, clerk: User, may_write: Path
) -> None:
    """It has its token, an address that takes it, and a button."""
    busy = three_of_each(clerk, may_write)
    keep_results(site, busy)
    seen = set()
    for pattern in (pattern for patterns, part in PAGES.values() if part != DATA for pattern in patterns):
        url = busy.address(pattern)
        text = site.get(url).content.decode()
        for head, inside in FORM.findall(text):
            given = dict(ATTRIBUTE.findall(head))
            if given.get("method") != "post":
                continue
            action = urlsplit(unescape(given.get("action") or url)).path
            assert 'name="csrfmiddlewaretoken"' in inside, (url, head)
            outside = re.search(rf'<button[^>]* form="{given.get("id")}"', text)
            assert SENDS.search(inside) or outside, (url, head)
            seen.add(resolve(action).view_name)
    assert seen >= {
        "order",
        "order-status",
        "order-note",
        "shop",
        "views",
        "notification-edit",
        "feed-act",
        "bulk",
    }


def test_parameters_that_make_no_sense_get_a_page(site: Client, clerk: User, may_write: Path) -> None:
    busy = three_of_each(clerk, may_write)
    keep_results(site, busy)
    for pattern, part, odd in (
        (pattern, part, odd)
        for patterns, part in PAGES.values()
        if part not in (DATA, FRAGMENT)
        for pattern in patterns
        for odd in ODD
    ):
        url = busy.address(pattern)
        answer = site.get(f"{url}{'&' if '?' in url else '?'}{odd}", headers=HTMX if part else {})
        assert answer.status_code == 200, (url, odd)
        if "made_from" in odd and url.startswith("/?"):
            assert "is not a date" in answer.content.decode()


@pytest.fixture
def with_static_files(settings: Settings) -> None:
    """Served from where they are written, as an embedded program does."""
    settings.WHITENOISE_USE_FINDERS = True


def over_the_wire(site: Client, address: str) -> bytes:
    """What is sent for an address to a browser that takes it compressed."""
    answer = site.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200, address
    assert answer["Content-Encoding"] == "gzip", address
    return sent(answer)


def test_the_first_page_is_small_over_the_wire(site: Client, with_static_files: None) -> None:
    """With all styles, scripts and pictures that it asks for."""
    random_orders(1)
    dice = random.Random(1)
    for order in RepairOrder.objects.all():  # words that repeat less than those of `random_orders`
        order.description = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz ", k=200))
        order.save(update_fields=["description"])
    page = over_the_wire(site, "/?sheet=All")
    text = gzip.decompress(page).decode()
    assert text.count('id="row-') == 50
    asked_for = sorted(set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text)))
    assert {"/static/css/app.css", "/static/js/app.js"} < set(asked_for)
    sizes = {address: len(over_the_wire(site, address)) for address in asked_for}
    assert len(page) + sum(sizes.values()) < MOST_BYTES, (len(page), sizes)
    assert "Content-Encoding" not in site.get("/?sheet=All")
    table = site.get("/orders/export.csv", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in table, "files are not compressed"


def test_what_a_browser_has_already_is_not_sent_again(site: Client, with_static_files: None) -> None:
    address, compressed = "/static/css/app.css", {"Accept-Encoding": "gzip"}
    styles = site.get(address, headers=compressed)
    assert sent(styles)
    again = site.get(address, headers=compressed | {"If-Modified-Since": styles["Last-Modified"]})
    assert (again.status_code, sent(again)) == (304, b"")
    part = site.get(address, headers=compressed | {"Range": "bytes=0-9"})
    assert (part.status_code, len(sent(part))) == (206, 10)
