"""Every page, light and dark, on a phone, a tablet and a desk: axe finds nothing, nothing is cut off.

The usual run asks axe about the light page of a desk and the dark one of a phone, and measures every width. All of them
are asked about by `make chaos` and by `make pictures`, which takes their pictures into PICTURES, a folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.db.models import Model
from django.utils.text import capfirst
from playwright.sync_api import Browser, Page

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)
from tests.e2e.looking import (
    EVERYWHERE,
    ON_A_DESK,
    ON_A_PHONE,
    USUALLY,
    Asked,
    check_answer,
    complaints_of,
    hears,
    looked_at,
    open_look,
)
from tests.e2e.looks import (
    LOOKS,
    PICTURED_FORMS,
    PICTURED_LISTS,
    Look,
    follow,
    office,
    send_what_is_not_offered,
)
from tests.e2e.serving import Serving
from tests.e2e.staging import people_work_in_excel, without_a_table
from tests.e2e.test_a_change_reaches_excel import sign_in

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
ROW_OF_A_LIST = "#result_list tbody a[href*='/change/']"
THOROUGHLY = pytest.param(EVERYWHERE, marks=pytest.mark.chaos, id="everywhere")
HOW = pytest.mark.parametrize("asked", [pytest.param(USUALLY, id="usually"), THOROUGHLY])


@dataclass(frozen=True)
class Browsing:
    """One window for all pages, in which somebody is signed in, and what it complains of."""

    page: Page
    serving: Serving
    heard: list[str]

    def looks_at(self, look: Look, asked: Asked) -> None:
        self.heard.clear()
        open_look(self.page, self.serving, look)
        self.finds_nothing(look, asked)

    def finds_nothing(self, look: Look, asked: Asked) -> None:
        assert looked_at(self.page, look, asked) == [], look.name
        assert complaints_of(self.heard, look) == [], look.name


@pytest.fixture(scope="module")
def browsing(browser: Browser, serving: Serving) -> Iterator[Browsing]:
    """The parts of a page that move with time are still: nothing moves while axe looks."""
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        sign_in(page, serving)
        people_work_in_excel(page, serving)
        yield Browsing(page, serving, hears(page))


@HOW
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_page_keeps_nobody_out(browsing: Browsing, look: Look, asked: Asked) -> None:
    browsing.looks_at(look, asked)


@HOW
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_the_list_and_the_forms_of_a_model_keep_nobody_out(
    browsing: Browsing, model: type[Model], asked: Asked
) -> None:
    """They are many, and made of few templates: usually the list is asked about on a desk, the forms on a phone."""
    thorough = asked == EVERYWHERE
    meta, page = model._meta, browsing.page
    name, path = meta.label_lower, f"{meta.app_label}/{meta.model_name}/"
    shown, listed = PICTURED_LISTS.get(name, ""), str(capfirst(meta.verbose_name_plural))
    browsing.looks_at(
        office(shown or name, path, listed, pictured=bool(shown)), asked if thorough else ON_A_DESK
    )
    adding = page.locator(f"a[href^='/admin/{path}add/']").count()
    if page.locator(ROW_OF_A_LIST).count():
        shown, title = PICTURED_FORMS.get(name, ""), f".+ · {capfirst(meta.verbose_name)}"
        form = office(shown or name, path, title, follow(ROW_OF_A_LIST), pictured=bool(shown))
        browsing.looks_at(form, asked if thorough else ON_A_PHONE)
    if adding:
        form = office(name, f"{path}add/", f"Add {meta.verbose_name}", pictured=False)
        browsing.looks_at(form, asked if thorough else ON_A_PHONE)


@HOW
def test_the_page_of_our_own_mistake_keeps_nobody_out(browsing: Browsing, asked: Asked) -> None:
    look = Look("mistake", "/views/", "Something went wrong", status=500)
    with without_a_table(browsing.serving, "repairs_savedview"):
        browsing.looks_at(look, asked)


@HOW
def test_who_is_not_let_in_is_kept_out_by_nothing_else(
    browser: Browser, serving: Serving, asked: Asked
) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        visiting = Browsing(page, serving, hears(page))
        visiting.looks_at(Look("sign-in", "/", "Sign in"), asked)
        sign_in(page, serving, name="viewer")
        not_allowed = Look("not-allowed", "/", "Not allowed", send_what_is_not_offered, status=403)
        visiting.looks_at(not_allowed, asked)
        page.goto(serving.url)
        context.clear_cookies(name="sessionid")
        send_what_is_not_offered(page)
        signed_out = Look("signed-out", "", "Signed out", status=401)
        check_answer(page, signed_out)
        visiting.finds_nothing(signed_out, asked)
