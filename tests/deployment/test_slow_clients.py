"""A real web process and bare sockets: who sends slowly, too much, or before signing in, holds nobody else up."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import httpx
import MySQLdb
import psutil
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings

from people.roles import Role, give
from repairs import documents, orders, shops
from repairs.models import Document, RepairOrder
from tests.bench.processes import wait_until
from tests.deployment.composed import STOP_SECONDS
from tests.deployment.running import started
from tests.servers import Servers

HOST = "tracker.example.com"
MB = 1024 * 1024
PATIENCE = 60.0
THREADS = 5  # of a process with ten connections
SILENCE = 3  # CLIENT_SECONDS of the process
PDF = b"%PDF-1.7 a quote "
BOUNDARY = b"a-line-between-parts"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"


@dataclass
class Web:
    """A running process, as a browser on this machine meets it."""

    process: subprocess.Popen[bytes]
    port: int
    metrics: int
    log: Path

    def said(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b"", *, room: int = MB
    ) -> socket.socket:
        """A connection on which a request was sent, whole or as far as it is given; `room` is for what comes back."""
        browser = socket.socket()
        browser.settimeout(PATIENCE)
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        browser.connect(("127.0.0.1", self.port))
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {HOST}",
            "X-Forwarded-Proto: https",
            "X-Forwarded-For: 192.0.2.7",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        browser.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return browser

    def asked(self, path: str, **headers: str) -> int:
        with self.said("GET", path, headers) as browser:
            return heard(browser)[0]


def heard(browser: socket.socket) -> tuple[int, str]:
    """The status and the text of the answer."""
    answer = HTTPResponse(browser)
    answer.begin()
    return answer.status, answer.read().decode()


@pytest.fixture
def web(deployment: dict[str, str], tmp_path: Path, transactional_db: None) -> Iterator[Web]:
    told = {
        **deployment,
        "CLIENT_SECONDS": str(SILENCE),
        "DOCUMENT_MAX_MB": "1",
        "DATABASE_CONNECTIONS": "10",
        "DATA_DIR": str(tmp_path),
    }
    with started("web", told, tmp_path) as (process, port, metrics):
        yield Web(process, port, metrics, tmp_path / "web.log")


def cookies_of(person: User) -> dict[str, str]:
    """What a browser sends of somebody who is signed in and has a page open."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    token = "t" * 32
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={token}", "X-CSRFToken": token,
            "Referer": f"https://{HOST}/", "HX-Request": "true"}  # fmt: skip


def a_file(size: int) -> bytes:
    """A form with one PDF in it."""
    head = (
        b'Content-Disposition: form-data; name="files"; filename="quote.pdf"\r\nContent-Type: application/pdf'
    )
    content = PDF.ljust(size, b"x")
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n--" + BOUNDARY + b"--\r\n"


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_what_is_sent_slowly_or_too_large_or_by_strangers_holds_nobody_up(web: Web) -> None:
    person = User.objects.create_user("tom")
    give(person, Role.TECHNICIAN)
    order = orders.create(by=person, shop=shops.create(by=None, name="Aero", email=""), part_number="1-2")
    place, tom = f"/orders/{order.number}/documents/", cookies_of(person)

    form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "1000"}
    slow = [web.said("POST", "/accounts/login/", form, b"login=tom&") for _ in range(20)]
    assert [web.asked(path) for path in ("/healthz", "/readyz", "/accounts/login/")] == [200, 200, 200]
    # Strangers are told to sign in before any of their files is sent; who may not write there is refused.
    large = {"Content-Type": MULTIPART, "Content-Length": str(3 * MB)}
    with web.said("POST", place, large) as browser:
        status, told = heard(browser)
        assert (status, "Your files were not taken" in told) == (401, True)
    with web.said("POST", place, large | {"HX-Request": "true"}) as browser:
        assert heard(browser) == (401, "You are signed out.")
    assert_too_large(web, place, tom)
    # A file that fits comes in two pieces, without its length being told.
    body = a_file(MB // 2)
    with web.said(
        "POST", place, tom | {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}
    ) as browser:
        browser.sendall(chunk(body[:100_000]))
        browser.sendall(chunk(body[100_000:]) + b"0\r\n\r\n")
        assert heard(browser)[0] == 200
    assert Document.objects.get().size == MB // 2
    # One is refused among three that are taken together, which are more than a form may be.
    body = a_file(3 * MB)
    with web.said(
        "POST", place, tom | {"Content-Type": MULTIPART, "Content-Length": str(len(body))}, body
    ) as browser:
        status, told = heard(browser)
        assert (status, "is larger than 1 MB" in told) == (422, True)

    who_reads_nothing_is_given_up(web, order, cookies_of(person))
    for browser in slow:
        status, told = heard(browser)
        assert (status, "did not arrive in time" in told) == (408, True)
        browser.close()
    shown = httpx.get(f"http://127.0.0.1:{web.metrics}/metrics", trust_env=False).text
    labels = 'method="POST",page="account_login",status="413"'
    assert f"genthrust_web_request_seconds_count{{{labels}}} 2.0" in shown
    lines = [json.loads(line) for line in web.log.read_text().splitlines() if line.startswith("{")]
    assert [line for line in lines if "error" in line] == []


def assert_too_large(web: Web, place: str, tom: dict[str, str]) -> None:
    """By what is announced, or by what really comes; in words, and before it is all there."""
    announced = [
        ("/accounts/login/", {"Content-Length": str(3 * MB)}, "larger than the 2 MB"),
        (place, tom | {"Content-Type": MULTIPART, "Content-Length": str(5 * MB)}, "larger than the 4 MB"),
    ]
    for path, headers, words in announced:
        with web.said("POST", path, headers) as browser:
            status, told = heard(browser)
            assert (status, words in told) == (413, True), told
    in_chunks = {"Transfer-Encoding": "chunked"}
    for path, headers, size in (("/accounts/login/", {}, 3), (place, tom | {"Content-Type": MULTIPART}, 5)):
        with web.said("POST", path, headers | in_chunks, chunk(b"x" * size * MB)) as browser:
            assert heard(browser)[0] == 413


def who_reads_nothing_is_given_up(web: Web, order: RepairOrder, tom: dict[str, str]) -> None:
    """More people than there are threads ask for a large file, and take none of it."""
    with override_settings(DOCUMENTS_DIR=web.log.parent / "documents"):
        file = SimpleUploadedFile("large.pdf", PDF.ljust(12 * MB, b"x"))
        made = documents.add(order, by=None, upload=file, kind="quote")
    stalled = [
        web.said("GET", f"/orders/{order.number}/documents/{made.pk}/", tom, room=4096)
        for _ in range(THREADS + 1)
    ]
    assert web.asked("/readyz") == 200
    for browser in stalled:
        browser.close()


@contextmanager
def locked(servers: Servers, table: str) -> Iterator[MySQLdb.Connection]:
    """Whoever reads this table has to wait."""
    assert servers.mariadb is not None
    database = str(connection.settings_dict["NAME"])
    with MySQLdb.connect(
        host="127.0.0.1", port=servers.mariadb.port, user="root", database=database
    ) as direct:
        direct.query(f"LOCK TABLES {table} WRITE")
        yield direct
        direct.query("UNLOCK TABLES")


def waiting(direct: MySQLdb.Connection) -> int:
    """How many wait for a table."""
    with direct.cursor() as cursor:
        return int(
            cursor.execute(
                "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
            )
        )


def test_health_is_told_while_all_threads_are_at_work_and_their_work_ends_whole(
    web: Web, servers: Servers
) -> None:
    person = User.objects.create_user("tom")
    give(person, Role.VIEWER)
    cookies = {"Cookie": cookies_of(person)["Cookie"]}
    with locked(servers, "django_session") as direct:
        at_work = [web.said("GET", "/", cookies) for _ in range(THREADS + 2)]
        wait_until(lambda: waiting(direct) == THREADS, "every thread is at work")
        assert web.asked("/healthz") == 200
        web.process.send_signal(signal.SIGTERM)
        wait_until(lambda: _takes_nobody(web.port), "nobody new is let in")
    answers = [heard(browser) for browser in at_work]
    for browser in at_work:
        browser.close()
    assert web.process.wait(STOP_SECONDS) in (0, 143)
    assert [(status, "</html>" in page) for status, page in answers] == [(200, True)] * len(at_work)


def _takes_nobody(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return True
    return False


def test_a_body_that_finds_no_room_on_the_disk_is_refused_in_words(web: Web) -> None:
    """Also one whose last piece alone does not fit: it is not kept back until somebody reads it."""
    person = User.objects.create_user("tom")
    give(person, Role.TECHNICIAN)
    order = orders.create(by=person, shop=shops.create(by=None, name="Aero", email=""), part_number="1-2")
    room = 300_000
    psutil.Process(web.process.pid).rlimit(psutil.RLIMIT_FSIZE, (room, room))
    for size in (room, 3 * room):
        body = a_file(size)
        sent = {"Content-Type": MULTIPART, "Content-Length": str(len(body))} | cookies_of(person)
        with web.said("POST", f"/orders/{order.number}/documents/", sent, body) as browser:
            status, told = heard(browser)
            assert (status, "disk is full" in told) == (507, True), told[:300]
    assert not Document.objects.exists()
    assert web.asked("/healthz") == 200
