"""Every page, light and dark, on a phone, a tablet and a desk: axe finds nothing, nothing is cut off.

The usual run asks axe about one page of each kind, half of them light on a desk and half dark on a phone, and measures
every width. `make chaos` asks about all of them everywhere, the back office's too (test_every_model.py), and so does
`make pictures`, which puts their pictures into PICTURES, a folder.
"""

from http import HTTPStatus
from itertools import chain
from pathlib import Path

import pytest
from django.contrib import admin
from django.utils.text import slugify

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)
from genthrust.access import ADMIN_PAGES
from tests.e2e.lasting import LastingBrowser
from tests.e2e.looking import (
    EVERYWHERE,
    IN_A_STORY,
    PICTURES,
    Browsing,
    How,
    check_answer,
    everywhere,
    hears,
    usually,
)
from tests.e2e.looks import DOORS, LOOKS, OTHERS, WITH_MICROSOFT, Look, send_what_is_not_offered, sign_out
from tests.e2e.serving import Serving
from tests.e2e.staging import with_a_long_writer, without_a_role, without_a_table
from tests.e2e.test_a_change_reaches_excel import sign_in
from tests.pages.every_page import DATA, FRAGMENT, PAGES

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
ONE_OF_A_KIND = "orders beside order new-order feed shop queue run palette bell not-found"
# Of the back office: what only takes forms, is asked for by scripts, or leads to a page of the tracker.
NO_PAGE_OF_OURS = {
    "search", "autocomplete", "jsi18n", "view_on_site", "login", "logout", "password_change", "password_change_done",
    "sync_differences_settle", "sync_odd_rows_decide", "notifications_mailtemplate_preview",
}  # fmt: skip
NAMED = {look.name: look for look in LOOKS}
USUAL = (
    [look for look in LOOKS if look.pictured] if PICTURES else [NAMED[name] for name in ONE_OF_A_KIND.split()]
)


@pytest.mark.parametrize(
    ("look", "asked"),
    [
        *(pytest.param(look, usually, id=f"{look.name}-usually") for look in USUAL),
        *(
            pytest.param(look, everywhere, id=f"{look.name}-everywhere", marks=pytest.mark.chaos)
            for look in LOOKS
        ),
    ],
)
def test_a_page_keeps_nobody_out(browsing: Browsing, look: Look, asked: How) -> None:
    browsing.looks_at(look, asked)


@IN_A_STORY
def test_the_page_of_our_own_mistake_keeps_nobody_out(browsing: Browsing, asked: How) -> None:
    look = Look("mistake", "/views/", "Something went wrong", status=500)
    with without_a_table(browsing.serving, "repairs_savedview"):
        browsing.looks_at(look, asked)


@IN_A_STORY
def test_the_page_of_a_busy_database_keeps_nobody_out(browsing: Browsing, asked: How) -> None:
    look = Look("busy", "/views/", "Busy", sign_out, status=503)
    with with_a_long_writer(browsing.serving):
        browsing.looks_at(look, asked)


@IN_A_STORY
def test_who_is_not_let_in_is_kept_out_by_nothing_else(
    browser: LastingBrowser, serving: Serving, asked: How
) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        visiting = Browsing(page, serving, hears(page))
        visiting.looks_at(Look("sign-in", "/", "Sign in", at="account_login"), asked)
        sign_in(page, serving, name="viewer")
        not_allowed = Look("not-allowed", "/", "Not allowed", send_what_is_not_offered, status=403)
        visiting.looks_at(not_allowed, asked)
        for look in DOORS:
            visiting.looks_at(look, asked)
        with without_a_role(serving, "viewer"):
            visiting.looks_at(Look("no-role", "/", "No role yet", status=403), asked)
        page.goto(serving.url)
        context.clear_cookies(name="sessionid")
        send_what_is_not_offered(page)
        signed_out = Look("signed-out", "", "Signed out", status=401)
        check_answer(page, signed_out)
        visiting.heard.clear()  # what the page that was left complained of, whose parts may have asked once more
        visiting.finds_nothing(signed_out, asked)


@IN_A_STORY
@pytest.mark.parametrize("name", OTHERS)
def test_a_page_keeps_nobody_out_who_is_no_admin(
    browser: LastingBrowser, busy: Serving, name: str, asked: How
) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        sign_in(page, busy, name=name)
        for look in OTHERS[name]:
            Browsing(page, busy, hears(page)).looks_at(look, asked)


def test_every_page_is_looked_at() -> None:
    """Those of every model in the back office are in test_every_model.py."""
    looked = {look.named() for look in LOOKS if look.status == HTTPStatus.OK}
    pages = {name for name, (_, part) in PAGES.items() if part not in (FRAGMENT, DATA)}
    offices = {f"admin:{name}" for name in ADMIN_PAGES.keys() - NO_PAGE_OF_OURS}
    assert (pages | offices) - looked == set(), "say in looks.py how these are come to"


def test_every_look_has_its_pictures() -> None:
    looks = (*LOOKS, *DOORS, *WITH_MICROSOFT, *chain(*OTHERS.values()))
    lists = {f"admin-{slugify(str(model._meta.verbose_name))}-list" for model in admin.site._registry}
    named = {look.name for look in looks if look.pictured} | lists
    wanted = {f"{name}-{theme}-{width}.webp" for name in named for theme, width in EVERYWHERE}
    assert sorted(wanted - {path.name for path in IMAGES.iterdir()}) == [], "take them with `make pictures`"
