"""The frame around every page: theme, environment, runs in progress, and the pages of what went wrong."""

import re
from http.cookies import Morsel

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from genthrust import urls
from repairs.models import RepairOrder
from sync.marks import the_workbook
from sync.models import Run
from sync.runs import start

HTMX = {"HX-Request": "true"}
THEMES = ["light", "dark", "system"]


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied(request.GET.get("why", ""))


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


# Under names whose doors stand open to the signed-in, and to anyone (genthrust.access).
urlpatterns = [
    path("forbidden/", forbidden, name="theme"),
    path("broken/", broken, name="healthz"),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.mark.parametrize("theme", THEMES)
def test_a_chosen_theme_is_there_from_the_first_byte(site: Client, theme: str) -> None:
    answer = site.post("/theme/", {"theme": theme, "next": "/feed/?level=2"})
    assert (answer.status_code, answer["Location"]) == (302, "/feed/?level=2")
    page = text(site, "/feed/")
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'content="{"light dark" if theme == "system" else theme}"' in page
    pressed = [key for key in THEMES if f'value="{key}" aria-pressed="true"' in page]
    assert pressed == [theme]


def test_the_theme_is_kept_for_long_and_told_to_the_open_page(site: Client) -> None:
    answer = site.post("/theme/", {"theme": "dark"}, headers=HTMX)
    cookie: Morsel[str] = answer.cookies["theme"]
    assert (answer.status_code, answer["HX-Trigger"]) == (204, '{"theme-chosen": {"theme": "dark"}}')
    assert (cookie["max-age"], cookie["samesite"]) == (400 * 24 * 3600, "Lax")


@pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
def test_there_are_no_other_themes(site: Client, theme: str) -> None:
    answer = site.post("/theme/", {"theme": theme})
    assert (answer.status_code, "theme" in answer.cookies) == (400, False)
    site.cookies["theme"] = theme
    assert 'data-theme="system"' in text(site, "/")


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "", "javascript:x"])
def test_the_way_back_is_on_this_site(site: Client, elsewhere: str) -> None:
    assert site.post("/theme/", {"theme": "dark", "next": elsewhere})["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "kind", "color"),
    [
        ("Production", "production", "base"),
        ("STAGING", "staging", "blue"),
        ("Demo", "demo", "orange"),
        ("Training", "other", "orange"),
    ],
)
def test_each_page_says_which_installation_it_is(
    client: Client, office: User, settings: Settings, name: str, kind: str, color: str
) -> None:
    settings.ENVIRONMENT_NAME = name
    client.force_login(office)
    assert f'<span class="env {kind}">{name}</span>' in text(client, "/")
    marked = re.search(rf'<span class="([^"]+)"\s*>\s*{name}\s*</span', text(client, "/admin/"))
    assert marked
    assert f" bg-{color}-" in f" {marked[1]}"


def test_the_header_counts_the_runs_in_progress(site: Client, db: None) -> None:
    mark = re.compile(r'<a id="running" class="running" href="/runs/"[^>]*>')
    assert mark.findall(text(site, "/"))[0].endswith(" hidden>")
    start(kind=Run.Kind.FLUSH, workbook=the_workbook(), started_by="a change")
    page = text(site, "/")
    assert "hidden" not in mark.findall(page)[0]
    assert '<b data-part="count">1</b><span class="hidden" data-part="word"> in progress</span>' in page


def test_a_missing_order_is_named_and_can_be_searched_for(site: Client, order: RepairOrder) -> None:
    answer = site.get("/orders/987654/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert 'There is no order <b class="mono">987654</b>' in page
    assert 'id="missing" name="q" value="987654"' in page


def test_an_address_that_only_takes_a_form_leads_to_its_page(site: Client, order: RepairOrder) -> None:
    of_order = order.get_absolute_url()
    for address, page in ((f"{of_order}status/", of_order), ("/queue/approve/", "/queue/")):
        answer = site.get(address)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert f'href="{page}">To that page' in answer.content.decode()


def test_a_page_that_is_not_there_leads_on(site: Client, client: Client) -> None:
    page = text(site, "/no/such/page/")
    assert "There is nothing at this address" in page
    assert 'id="missing" name="q" value=""' in page
    client.logout()
    assert 'id="missing"' not in text(client, "/no/such/page/")


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("why", "said"), [("", "You may not do this."), ("Office only.", "Office only.")])
def test_who_may_not_is_told_why_and_as_whom(site: Client, why: str, said: str) -> None:
    answer = site.get("/forbidden/", {"why": why})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert f"<p>{said} Nothing was changed.</p>" in page
    assert "You are signed in as <b>tom</b>" in page


@pytest.mark.urls(__name__)
def test_a_mistake_of_the_program_asks_nothing_of_the_database(client: Client) -> None:
    """Without the mark of a database, a query would fail the test."""
    client.raise_request_exception = False
    client.cookies["theme"] = "dark"
    answer = client.get("/broken/?q=1")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert '<html lang="en" data-theme="dark">' in page
    assert '<a class="btn" href="/broken/?q=1">Try again</a>' in page
    assert "when: <b><time" in page
    assert "Try again" not in client.post("/broken/").content.decode()
