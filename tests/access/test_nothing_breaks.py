"""A fuzz of every address, page of Admin and socket, by everybody: bad input gets an answer, and never a 500."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import randrange
from typing import Any
from zlib import crc32

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import resolve, reverse
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from pytest_django import Settings

from genthrust.access import ADMIN_PAGES, SOCKETS, rule_of
from genthrust.asgi import application
from notifications import queue
from notifications.models import Notification
from repairs import clock, documents, orders, shops
from repairs.feed import advise, facts_of
from repairs.models import RepairOrder
from sync import marks, runs
from tests.access.addresses import admin_addresses, every_address
from tests.access.conftest import CAST, NO_ROLE, STRANGER, SignedIn, meets, person
from tests.access.fields import every_field, fields_of
from tests.pages.sockets import Socket

pytestmark = [pytest.mark.django_db, pytest.mark.hypothesis]
ROOT = Path(__file__).resolve().parents[2]
# At every run each address is asked by a stranger once and, in two ways, by those who may: first the plainest (POST by
# an Admin with every field and values that it knows), then one that chance finds for this address, which stays the same
# from run to run. `make chaos` asks in other ways each time, in ten, and everybody; and in three ways each model's
# pages in Admin as well, which are mostly Django's.
LONG = bool(settings.default and settings.default.max_examples > 50)
WAYS = 10 if LONG else 2
OF_A_MODEL = 3
METHODS = ("POST", "POST", "GET", "DELETE")
# What looks like a number: `int` refuses the first, `str.isdigit` takes the second.
DIGITS = ("9" * 5000, "²")
ODD = (
    *DIGITS,
    *("", " ", "0", "-1", "7", "1e309", "NaN", "99999999999999999999", "true", "null", "[]", "{}", "'\"<>&"),
    *("2026-02-30", "11/24/2025", "2026-11-24", "\x00", "é💥\u202e", "x" * 6000, "../../etc/passwd", "=1+1"),
    *(
        "RECEIVED",
        "NOT A STATUS",
        "Active",
        "notes",
        "status",
        "final_cost",
        "1,500.50",
        "NET 30",
        "%00",
        "a@b.c",
    ),
)
PLACE = re.compile(r"(?<=/)(?:7|x|x/y|0c2d1f7e-0000-4000-8000-000000000000)(?=/|$)")


@dataclass(frozen=True)
class Ask:
    """One request."""

    who: str
    method: str
    path: str
    query: dict[str, str]
    content: tuple[Any, str]  # a body, and "form" or its content type
    htmx: bool
    upload: tuple[str, bytes] | None = field(default=None)


def with_arguments(path: str, arguments: list[str]) -> str:
    left = iter(arguments)
    return PLACE.sub(lambda _: next(left), path)


def asks(path: str, ids: list[str]) -> st.SearchStrategy[Ask]:
    """Requests to an address, with arguments that exist, and others."""
    value = st.sampled_from([*ODD, *ids]) | st.text(max_size=12)
    own, names = fields_of(path), sorted(every_field() | fields_of(path))
    whole = {name: st.sampled_from(known) | value if known else value for name, known in own.items()}
    given_fields = st.one_of(  # what stands first is the plainest, which is always tried
        st.fixed_dictionaries(whole),
        st.fixed_dictionaries({}, optional=whole),
        st.dictionaries(st.sampled_from(names), value, max_size=6),
    )
    json_value = st.recursive(
        st.none() | st.booleans() | st.integers() | value, lambda inner: st.lists(inner, max_size=3)
    )
    as_json = st.dictionaries(st.sampled_from([*own] or names), json_value, max_size=4).map(json.dumps)
    body = st.one_of(
        st.tuples(given_fields, st.just("form")),
        st.tuples(as_json | st.sampled_from(["{", "[]", "nul"]), st.just("application/json")),
    )
    count = len(PLACE.findall(path))
    arguments = st.lists(st.sampled_from(ids), min_size=count, max_size=count)
    return st.builds(
        asked,
        st.sampled_from([(who, method) for method in METHODS for who in who_asks(path, method)]),
        arguments.map(lambda chosen: with_arguments(path, chosen)),
        given_fields,
        body,
        st.booleans(),
        st.none()
        | st.tuples(
            st.sampled_from(["a.pdf", "b.csv", "c.xlsx", ".hidden", "é\u202e.txt"]), st.binary(max_size=40)
        ),
    )


def asked(met: tuple[str, str], *more: Any) -> Ask:
    return Ask(*met, *more)


def who_asks(path: str, method: str) -> list[str]:
    """Those who may, whoever may most first; in a long run everybody else, too, less often."""
    rule = rule_of(resolve(path))
    may = [who for who in reversed(CAST) if meets(who, rule.need(method))]
    return [*may, *may, *CAST] if LONG else may


@pytest.fixture
def ids(db: None, settings: Settings, tmp_path: Path) -> list[str]:
    """One of everything, and the words by which addresses name it."""
    settings.DOCUMENTS_DIR = tmp_path
    settings.MAIL_FROM = "repairs@genthrust.example"
    shop = shops.create(by=None, name="Aero Avionics", email="quotes@aero.example")
    admin_person = person("Admin")
    made = [orders.create(by=admin_person, shop=shop, part_number=f"3605812-{n}") for n in range(3)]
    order = orders.change_status(made[0], by=admin_person, to="WAITING QUOTE")
    draft = queue.draft_for(order, cause=Notification.Cause.BY_HAND, by=admin_person)
    pdf = SimpleUploadedFile("quote.pdf", b"%PDF-1.7 a quote")
    document = documents.add(order, by=admin_person, upload=pdf, kind="quote")
    run = runs.start(kind="check", workbook=marks.the_workbook(), started_by="a test")
    assert draft
    known = {str(row.pk) for row in (shop, order, draft, document, run, admin_person)}
    return [
        str(order.number),
        *sorted(known | {str(RepairOrder.objects.earliest("pk").number)}),
        order.label,
        "999999999",
        "x",
        *DIGITS,
    ]


def every_path() -> Iterator[tuple[str, int]]:
    """All addresses, those of Admin that are our own, and in a long run each model's pages there; in how many ways."""
    for address in every_address():
        yield address.path, WAYS
    for address in admin_addresses():
        if address.name in ADMIN_PAGES:
            yield address.path, WAYS
        elif LONG:
            yield address.path, OF_A_MODEL


def cookie_of(browser: Client) -> str:
    found = browser.cookies.get(django_settings.SESSION_COOKIE_NAME)
    return found.value if found else ""


def closed(answer: HttpResponseBase) -> None:
    """Closes the file that it holds, and not the connection with it, as a server would."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


def answered(ask: Ask, cookie: str) -> int:
    """The status of the answer, which carries its policy; what the request changed is taken back."""
    client = Client(raise_request_exception=False)
    if cookie:
        client.cookies[django_settings.SESSION_COOKIE_NAME] = cookie
    headers = {"HX-Request": "true"} if ask.htmx else {}
    (body, content_type), more = ask.content, {}
    if content_type == "form":
        if ask.upload and ask.method == "POST":
            file = SimpleUploadedFile(*ask.upload)
            body = {**body, "file": file, "files": file}
        body = body if ask.method in ("GET", "POST") else ""
    else:
        more = {"content_type": content_type}
    act: Callable[..., Any] = getattr(client, ask.method.lower())
    with transaction.atomic():
        if ask.method == "GET":
            answer = act(ask.path, ask.query, headers=headers)
        else:
            answer = act(ask.path, body, headers=headers, query_params=ask.query, **more)
        closed(answer)
        transaction.set_rollback(True)
    assert_strict(answer, ask.path)
    return int(answer.status_code)


def assert_strict(answer: HttpResponseBase, path: str) -> None:
    """Nothing inline anywhere but under Admin, whose theme needs it (genthrust.policy)."""
    policy = answer.headers.get("Content-Security-Policy", "")
    assert "default-src" in policy, path
    assert path.startswith("/admin/") or "unsafe" not in policy, path


@pytest.mark.timeout(900)
def test_every_address_answers(ids: list[str], signed_in: SignedIn) -> None:
    cookies = {who: "" if who == STRANGER else cookie_of(signed_in(who)) for who in (*CAST, NO_ROLE)}
    seen: set[int] = set()

    def walk(path: str, ways: int) -> None:
        @seed(randrange(2**32) if LONG else crc32(path.encode()))
        @settings(max_examples=ways, suppress_health_check=list(HealthCheck), deadline=None, database=None)
        @given(asks(path, ids))
        def nothing_breaks(ask: Ask) -> None:
            status = answered(ask, cookies[ask.who])
            seen.add(status)
            assert status < 500, ask

        nothing_breaks()
        unasked = Ask(STRANGER, "POST", path, {}, ({}, "form"), htmx=False)
        assert answered(unasked, "") < 500, unasked

    for path, ways in every_path():
        walk(path, ways)
    assert {200, 302, 404, 405} - seen == set(), "the fuzz reaches the pages, and their refusals"


@pytest.mark.parametrize("digits", DIGITS, ids=["five thousand digits", "a digit that is none"])
def test_digits_that_name_nothing(ids: list[str], signed_in: SignedIn, digits: str) -> None:
    """In each place where a page of ours sends a key or a version back."""
    number, client = ids[0], signed_in("Admin")
    client.raise_request_exception = False
    draft = Notification.objects.get()
    advised = advise(facts_of(RepairOrder.objects.get(number=number), clock.today())).act
    version = {"expected_version": digits}
    posts: dict[str, dict[str, str]] = {
        "/assistant/ask/": {"conversation": digits, "question": "Which orders are overdue?"},
        f"/orders/{number}/tracking/": version | {"tracking_number": "1Z"},
        f"/feed/{number}/": version | {"act": advised.key, "tracking_number": "1Z"},
        "/runs/attention/try_again/": {"replica": digits},
        "/orders/bulk/": {"order": f"{digits}-{digits}", "act": "note", "text": "call"},
        "/queue/approve/": {"seen": f"{draft.pk}:{digits}", "shop": digits},
        "/queue/combine/": {"draft": digits, "shop": digits},
        f"{draft.get_absolute_url()}approve/": version,
        f"{draft.get_absolute_url()}words/": version | {"tone": "shorter"},
        reverse("admin:sync_odd_rows_decide"): {"act": f"ignore:{digits}"},
        **{
            reverse(f"admin:{name}_changelist"): {"action": act, "_selected_action": digits}
            for name, act in (("repairs_repairorder", "export_csv"), ("people_invitation", "delete_selected"))
        },
        **{place: {"act": digits} for place in places_in_admin(digits)},
    }
    gets = [
        f"/queue/?shop={digits}",
        f"/?shop={digits}",
        f"/?order={digits}",
        f"/orders/{number}/?older={digits}",
    ]
    found = {
        **{path: client.post(path, fields).status_code for path, fields in posts.items()},
        **{path: client.get(path).status_code for path in (*gets, *places_in_admin(digits))},
    }
    assert {path: status for path, status in found.items() if status >= 500} == {}


def places_in_admin(key: str) -> list[str]:
    pages = ("repairs/shop/{}/merge", "repairs/repairorder/{}/undo", "sync/run/{}/undo")
    return [f"/admin/{page.format(key)}/" for page in pages]


def test_the_fuzz_knows_what_is_sent() -> None:
    """Fields that only a form class names, with values that it knows, and what a view reads by itself."""
    assert {"status", "kind", "file", "q"} <= every_field().keys()
    assert "status" in fields_of("/orders/7/status/")
    assert {"subject", "reason"} <= fields_of("/queue/7/edit/").keys()
    assert {"kind", "file"} <= fields_of("/admin/sync/upload/new/").keys()
    assert "inventory" in fields_of("/admin/sync/upload/new/")["kind"]
    assert {"part_number", "action", "_selected_action"} <= fields_of("/admin/repairs/repairorder/").keys()


FRAMES = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40),
    st.sampled_from(
        [
            "",
            "{",
            "null",
            "[" * 3000,
            '{"type": "access.ended", "code": 1}',
            "\x00",
            "9" * 5000,
            b"",
            b"\xff\x00",
        ]
    ),
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5).map(json.dumps),
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", SOCKETS)
def test_a_socket_bears_whatever_it_is_told(
    route: str, signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = f"{django_settings.SESSION_COOKIE_NAME}={cookie_of(signed_in('Viewer'))}".encode()
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie)]

    async def talk(frames: list[str | bytes]) -> None:
        socket = Socket(application, f"/{route}", headers=headers)
        assert await socket.connect()
        for frame in frames:
            await socket.throw(frame)
        await socket.leave()

    @settings(
        max_examples=80 if LONG else 25, suppress_health_check=list(HealthCheck), deadline=None, database=None
    )
    @given(st.lists(FRAMES, min_size=1, max_size=8))
    def nothing_breaks(frames: list[str | bytes]) -> None:
        asyncio.run(talk(frames))

    nothing_breaks()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
