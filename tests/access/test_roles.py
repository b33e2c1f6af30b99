"""Roles: what the pages offer, what they refuse in words, and the table in the docs."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client

from genthrust.accounts import DEMO, DEMO_ROLES, create_demo_account
from people.abilities import Ability, may, table
from people.roles import LABELS, Role, give, role_of
from repairs import orders, shops
from repairs.models import RepairOrder
from tests.access.conftest import NO_ROLE, SignedIn, person

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def order(db: None) -> RepairOrder:
    return orders.create(by=None, shop=shops.create(by=None, name="Palmetto"), part_number="A-1")


def test_the_docs_show_the_table() -> None:
    text = (ROOT / "docs" / "roles.md").read_text()
    wanted = "\n".join(table())
    assert wanted in text, f"docs/roles.md must hold the table of people/abilities.py:\n\n{wanted}"


def test_what_templates_ask_for_is_an_ability() -> None:
    asked = {
        (path.name, name)
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"\bmay\.(\w+)", path.read_text())
    }
    assert asked
    assert {name for _, name in asked} <= set(Ability)


def test_the_groups_come_with_the_migration(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(LABELS)


def test_who_was_there_before_keeps_what_they_could_do(db: None) -> None:
    old, boss = User.objects.create_user("old"), User.objects.create_superuser("boss")
    settled = person("Viewer")
    import_module("people.migrations.0001_roles").make(apps, None)
    again = [User.objects.get(pk=user.pk) for user in (old, boss, settled)]
    assert [role_of(user) for user in again] == [Role.OFFICE, Role.ADMIN, Role.VIEWER]


def test_a_person_has_one_role_and_keeps_other_groups(db: None) -> None:
    user = User.objects.create_user("tom")
    user.groups.add(Group.objects.create(name="Night shift"))
    give(user, Role.ADMIN)
    give(user, Role.VIEWER)
    assert set(user.groups.values_list("name", flat=True)) == {"Viewer", "Night shift"}
    give(user, None)
    assert role_of(user) is None


def test_an_account_that_is_switched_off_has_no_role(db: None) -> None:
    user = person("Admin")
    user.is_active = False
    assert not may(user, Ability.SEE)
    assert not may(User(is_superuser=True, is_active=False), Ability.SEE)


def test_who_has_no_role_yet_is_told_so(signed_in: SignedIn) -> None:
    answer = signed_in(NO_ROLE).get("/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You have no role yet" in page
    assert "no-store" in answer["Cache-Control"]
    assert "data-socket" not in page
    assert "/accounts/logout/" in page


@pytest.mark.parametrize("number", [1, 999_999])
def test_a_refusal_does_not_tell_whether_an_order_is_there(
    signed_in: SignedIn, order: RepairOrder, number: int
) -> None:
    number = order.number if number == 1 else number
    viewer = signed_in("Viewer")
    answer = viewer.post(f"/orders/{number}/note/", {"text": "x"})
    assert answer.status_code == 403
    assert "please ask the office" in answer.content.decode()
    hidden, nothing = viewer.get("/admin/repairs/repairorder/1/change/"), viewer.get("/nothing/here/")
    assert (hidden.status_code, nothing.status_code) == (404, 404)
    assert _shell(hidden) == _shell(nothing)


def _shell(answer: Any) -> str:
    """A page without what differs by itself: the token of its forms, and its own address."""
    page = answer.content.decode().replace(answer.request["PATH_INFO"], "")
    return re.sub(r"csrf[^>]*|X-CSRF[^>]*", "", page)


def test_a_refusal_comes_in_the_form_that_was_asked_for(signed_in: SignedIn, order: RepairOrder) -> None:
    viewer, url = signed_in("Viewer"), f"/orders/{order.number}/note/"
    by_htmx = viewer.post(url, {"text": "x"}, headers={"HX-Request": "true"})
    assert (by_htmx.status_code, by_htmx["Content-Type"]) == (403, "text/plain")
    as_json = viewer.post(url, {"text": "x"}, headers={"Accept": "application/json"})
    assert (as_json.status_code, as_json.json()["success"]) == (403, False)
    assert not order.added_notes.exists()


def forms(client: Client, path: str) -> set[str]:
    """Where the forms of a page would send something, and the links that begin something new."""
    page = client.get(path).content.decode()
    posts = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"?]+)', page))
    posts |= set(re.findall(r'<form[^>]*action="([^"?]+)"[^>]*method="post"', page))
    return posts | set(re.findall(r'href="(/orders/new/|/shops/new/|/admin/)', page))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/orders/{number}/",
        "/orders/{number}/documents/",
        "/shops/",
        "/shops/{shop}/",
        "/feed/",
        "/runs/",
        "/queue/",
        "/inventory/",
    ],
)
def test_a_page_offers_only_what_its_reader_may_do(
    signed_in: SignedIn, order: RepairOrder, role: Role, path: str
) -> None:
    browser = signed_in(role.label)
    offered = forms(browser, path.format(number=order.number, shop=order.shop_id))
    refused = {url for url in offered - {"/accounts/logout/"} if not reached(browser, url)}
    assert refused - {f"/orders/{order.number}/"} == set()


def reached(browser: Client, url: str) -> bool:
    answer = browser.get(url) if url in ("/orders/new/", "/shops/new/", "/admin/") else browser.post(url)
    return answer.status_code not in (403, 404)


def test_a_technician_sees_the_fields_and_cannot_change_them(signed_in: SignedIn, order: RepairOrder) -> None:
    page = signed_in("Technician").get(f"/orders/{order.number}/").content.decode()
    assert '<fieldset class="group" disabled>' in page
    assert 'id="fields-save"' not in page
    assert 'id="status-save"' in page
    assert 'id="fields-save"' in signed_in("Office").get(f"/orders/{order.number}/").content.decode()


def test_a_demo_shows_every_role(client: Client, db: None) -> None:
    assert create_demo_account()
    page = client.get("/accounts/login/").content.decode()
    for name, role in DEMO_ROLES.items():
        assert f">{name}</b>" in page
        assert client.login(username=name, password=DEMO.password)
        assert role_of(User.objects.get(username=name)) == role
    assert role_of(User.objects.get(username=DEMO.username)) == Role.ADMIN
