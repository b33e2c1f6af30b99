"""Every address and socket, every role and none, every method: exactly what the table says."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from genthrust import access
from genthrust.access import (
    ADMIN_PAGES,
    ADMIN_SITE,
    MODEL_PAGES,
    MODELS,
    PAGES,
    SOCKETS,
    UNKNOWN,
    Rule,
)
from genthrust.asgi import application
from genthrust.gate import Gate, SocketGate, sockets
from genthrust.receiving import UPLOADS
from people.roles import Role
from tests.access.addresses import Address, admin_addresses, every_address
from tests.access.arrivals import ARRIVED
from tests.access.conftest import CAST, NO_ROLE, STRANGER, SignedIn, meets, person
from tests.pages.sockets import Socket

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
READING = ("GET", "HEAD", "OPTIONS")
USUAL = ("GET", "POST")
ADDRESSES = every_address()
IN_ADMIN = admin_addresses()
ADMIN_ROWS = {"": ADMIN_SITE, **ADMIN_PAGES, **MODEL_PAGES}


@pytest.fixture(autouse=True)
def _nothing_is_done(settings: LazySettings) -> None:
    after = settings.MIDDLEWARE.index("genthrust.gate.Gate") + 1
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:after],
        "tests.access.arrivals.Arrivals",
        *settings.MIDDLEWARE[after:],
    ]


def expected(who: str, rule: Rule, method: str) -> int:
    if meets(who, rule.read if method in READING else rule.write):
        return ARRIVED
    if who == STRANGER:
        return 302
    if who == NO_ROLE or meets(who, rule.read):
        return 403
    return 404


def walked(client: Client, path: str, methods: Sequence[str] = METHODS) -> dict[str, int]:
    return {method: client.generic(method, path).status_code for method in methods}


def decided(user: User | AnonymousUser, path: str) -> dict[str, int]:
    """What the gate itself says to each method, without all that is around it."""
    return {method: _decided(user, method, path) for method in METHODS}


def _decided(user: User | AnonymousUser, method: str, path: str) -> int:
    request = RequestFactory().generic(method, path, headers={"Accept": "application/json"})
    request.user, request.resolver_match = user, resolve(path)
    try:
        answer = Gate(lambda _: HttpResponse()).process_view(request, None, (), {})
    except Http404:
        return 404
    return ARRIVED if answer is None else answer.status_code


THROUGH = pytest.mark.parametrize(
    "methods",
    [
        pytest.param(USUAL, id="reading and writing"),
        pytest.param(
            tuple(method for method in METHODS if method not in USUAL),
            marks=pytest.mark.chaos,
            id="every other method",
        ),
    ],
)


def assert_as_told(
    signed_in: SignedIn, who: str, addresses: list[Address], rows: dict[str, Rule], methods: Sequence[str]
) -> None:
    """Each method by the gate itself, and some or all through all that is around it.

    Who has no role is asked in the second way only: the answer is a page, which needs all that is around the gate.
    """
    browser = signed_in(who)
    user = AnonymousUser() if who == STRANGER else person(who)
    for address in addresses:
        rule = rows.get(address.name, UNKNOWN)
        wanted = {method: expected(who, rule, method) for method in METHODS}
        if who != NO_ROLE:
            assert decided(user, address.path) == wanted, (who, address)
        if address.name not in MODEL_PAGES or "auth/user" in address.path:
            found = walked(browser, address.path, methods)
            assert found == {method: wanted[method] for method in methods}, (who, address)


@THROUGH
@pytest.mark.parametrize("who", CAST)
def test_an_address_is_reached_by_whom_the_table_names(
    signed_in: SignedIn, who: str, methods: Sequence[str]
) -> None:
    assert_as_told(signed_in, who, ADDRESSES, PAGES, methods)


@THROUGH
@pytest.mark.parametrize("who", CAST)
def test_a_page_of_admin_is_reached_by_whom_its_row_names(
    signed_in: SignedIn, who: str, methods: Sequence[str]
) -> None:
    assert_as_told(signed_in, who, IN_ADMIN, ADMIN_ROWS, methods)


def test_every_page_of_admin_has_a_row() -> None:
    missing = [f"{address.name} ({address.path})" for address in IN_ADMIN if address.name not in ADMIN_ROWS]
    assert missing == [], (
        "These pages of Admin have no row in genthrust/access.py, so only admins can open them. Add the model to "
        "MODELS, or the page to ADMIN_PAGES."
    )
    assert set(ADMIN_PAGES) - {address.name for address in IN_ADMIN} == set(), "rows that are left over"


def test_every_address_has_a_row() -> None:
    missing = [f"{address.name} ({address.path})" for address in ADDRESSES if address.name not in PAGES]
    assert missing == [], (
        "These addresses have no row in PAGES of genthrust/access.py, so only admins can open them. "
        "Add rows that say what reading them and writing to them needs."
    )


def test_more_than_a_form_is_taken_at_addresses_that_there_are() -> None:
    assert set(UPLOADS) <= {address.name for address in ADDRESSES} | {
        f"admin:{page.name}" for page in IN_ADMIN
    }


def test_no_row_is_left_over() -> None:
    assert set(PAGES) - {address.name for address in ADDRESSES} == set()


def test_the_walk_finds_the_addresses() -> None:
    paths = {address.path for address in ADDRESSES}
    assert {"/", "/orders/7/status/", "/runs/attention/x/"} <= paths
    inside = {address.path for address in IN_ADMIN}
    assert {
        "/admin/",
        "/admin/sync/upload/new/",
        "/admin/auth/user/x/y/change/",
        "/admin/nothing/here/",
    } <= inside
    assert len(inside) > 150


def test_what_has_no_row_is_for_admins(monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn) -> None:
    monkeypatch.delitem(PAGES, "inventory")
    answers = {who: signed_in(who).get("/inventory/").status_code for who in CAST}
    assert [who for who, status in answers.items() if status == ARRIVED] == [Role.ADMIN.label]


def test_every_model_has_a_row() -> None:
    shown = {model._meta.label_lower for model in {*admin.site._registry, *_inlines()}}
    assert sorted(shown - set(MODELS)) == [], (
        "These models stand in Admin and have no row in MODELS of genthrust/access.py, so only admins see them. "
        "Add rows that say what looking at them and changing them needs."
    )
    assert all(apps.get_model(name) for name in MODELS)


def _inlines() -> set[Any]:
    return {inline.model for one in admin.site._registry.values() for inline in one.inlines}


@pytest.mark.parametrize("who", CAST[1:])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_granted_by_its_row(db: None, who: str, name: str) -> None:
    app, model = name.split(".")
    user = person(who)
    rule = MODELS[name]
    for act, need in (("view", rule.read), *((act, rule.write) for act in ("add", "change", "delete"))):
        assert user.has_perm(f"{app}.{act}_{model}") == meets(who, need), (who, act, name)


@pytest.mark.parametrize("who", CAST[1:])
def test_a_model_without_a_row_is_for_admins(db: None, who: str) -> None:
    granted = person(who).has_perm("sessions.view_session")
    assert granted == (who == Role.ADMIN.label)


def test_the_office_sees_no_accounts_in_admin(signed_in: SignedIn, settings: LazySettings) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "arrivals" not in name]
    listed = {
        who: signed_in(who).get("/admin/").content.decode().count("/admin/auth/user/")
        for who in ("Office", "Admin")
    }
    assert listed["Office"] == 0
    assert listed["Admin"] > 0
    assert signed_in("Office").get("/admin/auth/user/").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("route", SOCKETS)
def test_a_socket_is_joined_by_whom_the_table_names(route: str, who: str) -> None:
    user = AnonymousUser() if who == STRANGER else person(who)
    assert _joins(route, user) == meets(who, SOCKETS[route])


def _joins(route: str, user: User | AnonymousUser) -> bool:
    async def welcomes(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async def knock() -> bool:
        socket = Socket(sockets({route: welcomes}), f"/{route}", user=user)
        joined = await socket.connect()
        await socket.leave()
        return joined

    return asyncio.run(knock())


@pytest.mark.django_db(transaction=True)
def test_a_socket_without_a_row_is_for_admins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(access.SOCKETS, "ws/runs/")
    joined = [who for who in CAST[1:] if _joins("ws/runs/", person(who))]
    assert joined == [Role.ADMIN.label]


def test_every_socket_of_the_server_stands_behind_its_row() -> None:
    found = _routes(application)
    assert set(found) == set(SOCKETS), (
        "The WebSockets of genthrust/asgi.py and the rows of SOCKETS in genthrust/access.py differ. "
        "Add a row that says what joining the socket needs."
    )
    assert all(isinstance(consumer, SocketGate) for consumer in found.values())


def _routes(_application: Any) -> dict[str, Any]:
    from genthrust import asgi

    inner: Any = asgi._sockets
    while not hasattr(inner, "routes"):
        inner = getattr(inner, "application", None) or inner.inner
    return {str(route.pattern): route.callback for route in inner.routes}


@pytest.mark.django_db(transaction=True)
def test_a_role_that_was_taken_away_closes_the_door_at_the_next_knock(signed_in: SignedIn) -> None:
    browser = signed_in("Viewer")
    assert browser.get("/").status_code == ARRIVED
    User.objects.get(username="viewer").groups.clear()
    assert browser.get("/").status_code == 403
