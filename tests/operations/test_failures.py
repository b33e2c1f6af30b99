"""What the docs promise when something outside breaks, or a worker is told to stop: docs/operations.md."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import MySQLdb
import pytest
from django.conf import settings
from django.test import Client

from notifications.models import Delivery
from repairs.models import Activity, Document
from sync.emulator.process import EmulatorProcess
from sync.models import Run, RunStep
from tests.bench.processes import running, wait_until
from tests.bench.processes import web as web_process
from tests.delivery.desk import SEND, SETTINGS, Desk
from tests.flush.house import eventually
from tests.flush.workers import ROOT, environment
from tests.operations.dumps import dump, load
from tests.servers import Servers
from tests.support.server_processes import DIE_WITH_PARENT, MariaDB, Redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
STOP_SECONDS = 30  # as the docs say
WRITING = {"method": "PATCH", "in_batch": True}
HELD = 3.0  # seconds in which a request is on its way
RESTARTED = "The program is being restarted."


@contextmanager
def worker(surroundings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py worker`, killed at the end if it has not ended before."""
    with log.open("wb") as words:
        process = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            env=surroundings,
            stdout=words,
            stderr=words,
        )
        try:
            eventually(lambda: b"The worker runs" in log.read_bytes(), f"the worker runs: {log.read_text()}")
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def surroundings(emulator: EmulatorProcess, database_url: str, own_redis: Redis) -> dict[str, str]:
    """Of workers whose leases outlive this test: who waits for one to run out, waits too long."""
    mail = {"MS_GRAPH_SHARED_MAILBOX": SETTINGS["MAIL_FROM"], "GENTHRUST_CC_EMAIL": SETTINGS["MAIL_CC"][0]}
    there = {**environment(emulator, database_url), "REDIS_URL": own_redis.url, "SYNC_LEASE_SECONDS": "3000"}
    return {**there, **mail, "DATABASE_CONNECTIONS": "10"}


def told_to_stop_when(
    met: Callable[[], bool], surroundings: dict[str, str], folder: Path, ring: Callable[[], None]
) -> None:
    """A worker is rung, and told to stop in the middle of a request; it ends within its time."""
    with worker(surroundings, folder / "first.log") as first:
        ring()
        eventually(met, f"the request: {(folder / 'first.log').read_text()}")
        first.send_signal(signal.SIGTERM)
        assert first.wait(STOP_SECONDS) in (0, 143)


def bell(surroundings: dict[str, str]) -> Callable[[], None]:
    """Rings as a scheduler does, from a process of its own: this one's broker may point elsewhere."""
    code = "import django; django.setup(); from sync import doorbell; doorbell.ring_all()"
    env = {**surroundings, "DJANGO_SETTINGS_MODULE": "genthrust.settings"}

    def ring() -> None:
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True)

    return ring


def test_a_worker_that_is_told_to_stop_in_a_flush_hands_it_over_at_once(
    desk: Desk, surroundings: dict[str, str], tmp_path: Path
) -> None:
    ring = bell(surroundings)
    for number in (38001, 38002, 38003):
        desk.edit(number, notes="on its way")
    fault = desk.fault("delay", match=WRITING, seconds=HELD)
    told_to_stop_when(lambda: desk.fired(fault), surroundings, tmp_path, ring)
    run = Run.objects.filter(kind=Run.Kind.FLUSH).latest("pk")
    assert run.state in (Run.State.QUEUED, Run.State.SUCCEEDED), "it is put back, or was at its last step"
    assert run.lease_until is None
    assert desk.workbook.lease_until is None
    assert not RunStep.objects.filter(run=run, trouble=True).exists()
    desk.all_well()
    desk.edit(38004, notes="after the stop")
    with worker(surroundings, tmp_path / "second.log"):
        ring()
        eventually(
            lambda: not desk.workbook.replicas.filter(pending_since__isnull=False).exists(), "all arrives"
        )
        eventually(
            lambda: not Run.objects.filter(kind=Run.Kind.FLUSH, state__in=Run.OPEN).exists(), "the end"
        )
    desk.assert_at_rest()
    desk.assert_well_behaved()


def test_a_worker_that_is_told_to_stop_in_a_send_lets_the_mail_leave_once(
    desk: Desk, surroundings: dict[str, str], tmp_path: Path
) -> None:
    ring = bell(surroundings)
    delivery = desk.approved()
    desk.drain()
    fault = desk.fault("delay", match=SEND, seconds=HELD)
    told_to_stop_when(lambda: desk.fired(fault), surroundings, tmp_path, ring)
    desk.all_well()
    assert not Run.objects.filter(kind="mail", lease_until__isnull=False).exists()
    with worker(surroundings, tmp_path / "second.log"):
        ring()
        eventually(lambda: Delivery.objects.filter(pk=delivery.pk, state="SENT").exists(), "the mail is sent")
        eventually(
            lambda: not Run.objects.filter(kind="mail", state__in=Run.OPEN).exists(), "the end of the run"
        )
    desk.assert_sent_once(delivery)


UPLOAD = """
import json, os, resource, signal
import django
django.setup()
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
client = Client(raise_request_exception=False)
client.force_login(User.objects.get(username="amy"))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))  # as a disk on which no more is free
answers = []
for size in (400_000, 3_000_000, 100_000):
    file = SimpleUploadedFile(f"quote-{size}.pdf", b"%PDF-1.7" + b"x" * size)
    found = client.post(os.environ["PLACE"], {"kind": "quote", "files": [file]}, headers={"HX-Request": "true"})
    answers.append([found.status_code, found.content.decode()])
print(json.dumps(answers))
"""


def test_a_full_disk_keeps_nothing_by_half(
    desk: Desk, child_environment: dict[str, str], tmp_path: Path
) -> None:
    desk.amy.is_superuser = True
    desk.amy.save()
    env = {**child_environment, "DJANGO_SETTINGS_MODULE": "genthrust.settings", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", UPLOAD],
        cwd=ROOT,
        env={**env, "PLACE": "/orders/38001/documents/", "ALLOWED_HOSTS": "testserver"},
        check=True,
        capture_output=True,
        text=True,
    )
    small, large, fits = json.loads(done.stdout)
    for status, text in (small, large):
        assert status == 422, text
        assert "disk is full or can" in text
        assert "Nothing was saved" in text
    assert fits[0] == 200
    assert [document.name for document in Document.objects.all()] == ["quote-100000.pdf"]
    files = [path for folder in ("documents", "incoming") for path in (tmp_path / folder).rglob("*")]
    assert [path.stat().st_size for path in files if path.is_file()] == [100_008]
    assert Activity.objects.filter(order__number=38001, verb="document").count() == 1


def signed_in(desk: Desk) -> dict[str, str]:
    """The headers of a browser in which somebody who may write notes is signed in."""
    desk.amy.is_superuser = True
    desk.amy.save()
    client = Client()
    client.force_login(desk.amy)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    token = "t" * 32
    return {"Cookie": f"{cookie}; csrftoken={token}", "X-CSRFToken": token, "HX-Request": "true"}


class Writer:
    """Somebody who writes one note after the other, whatever happens. `kept` are those that were said to be saved."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self.kept: list[str] = []
        self.refused = 0
        self._ended = threading.Event()
        self._url, self._headers = f"{address}/orders/38001/note/", headers
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        number = 0
        with httpx.Client(trust_env=False, headers=self._headers, timeout=60) as http:
            while not self._ended.is_set():
                number += 1
                text = f"note number {number}"
                if http.post(self._url, data={"text": text}).status_code == 200:
                    self.kept.append(text)
                else:
                    self.refused += 1

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


class Database:
    """What stands in the one that is restarted."""

    def __init__(self, server: MariaDB) -> None:
        self._server = server

    def url(self) -> str:
        return self._server.url("genthrust")

    def ask(self, question: str) -> list[Any]:
        with (
            MySQLdb.connect(host="127.0.0.1", port=self._server.port, user="root", db="genthrust") as direct,
            direct.cursor() as cursor,
        ):
            cursor.execute(question)
            return [first for (first,) in cursor.fetchall()]

    def beat(self) -> str:
        """When the worker was heard of last."""
        return str(self.ask("SELECT MAX(at) FROM sync_beat WHERE name = 'worker'")[0])

    def notes(self) -> list[str]:
        return self.ask("SELECT text FROM repairs_ordernote WHERE text LIKE 'note number %'")

    def notes_of(self, number: int) -> str:
        """What the workbook must say of an order in the end."""
        return str(self.ask(f"SELECT notes FROM repairs_repairorder WHERE number = {number}")[0])  # noqa: S608

    def waits_for_excel(self) -> int:
        """How many orders have changes that are not in the workbook, or are on their way there."""
        waiting = "pending_since IS NOT NULL OR intent IS NOT NULL OR attention <> ''"
        return int(self.ask(f"SELECT COUNT(*) FROM sync_replica WHERE {waiting}")[0])  # noqa: S608


def restored_to(own_mariadb: MariaDB, servers: Servers, folder: Path) -> Database:
    """All that this test's database holds, in one that may be stopped."""
    assert servers.mariadb
    dump(servers.mariadb, folder / "genthrust.sql")
    with MySQLdb.connect(host="127.0.0.1", port=own_mariadb.port, user="root") as direct:
        direct.query("CREATE DATABASE genthrust CHARACTER SET utf8mb4")
    load(own_mariadb, folder / "genthrust.sql", "genthrust")
    return Database(own_mariadb)


def save(database: Database, address: str, browser: dict[str, str], number: int, notes: str) -> None:
    """Somebody changes the notes of an order on its page."""
    (version,) = database.ask(f"SELECT version FROM repairs_repairorder WHERE number = {number}")  # noqa: S608
    typed = {"field": "notes", "value": notes, "expected_version": str(version)}
    url = f"{address}/orders/{number}/field/"
    answer = httpx.post(url, data=typed, headers=browser, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text


@pytest.mark.timeout(300)
def test_the_database_is_restarted_under_web_and_worker(
    desk: Desk, servers: Servers, surroundings: dict[str, str], own_mariadb: MariaDB, tmp_path: Path
) -> None:
    browser = signed_in(desk)
    database = restored_to(own_mariadb, servers, tmp_path)
    there = {**surroundings, "DATABASE_URL": database.url(), "SYNC_LEASE_SECONDS": "3"}

    def ready(address: str) -> int:
        return httpx.get(f"{address}/readyz", trust_env=False, timeout=30).status_code

    with (
        web_process(there, tmp_path) as address,
        worker(there, tmp_path / "worker.log") as process,
        running("manage.py", "scheduler", environment=there, log=tmp_path / "scheduler.log"),
    ):
        wait_until(lambda: database.beat() != "None", "the worker is heard of")
        fault = desk.fault("delay", match=WRITING, seconds=HELD)
        save(database, address, browser, 38002, "on its way to Excel when the database goes")
        writer = Writer(address, browser)
        wait_until(lambda: len(writer.kept) > 20, "notes are written")
        wait_until(lambda: desk.fired(fault), "a flush is in the middle of writing")
        own_mariadb.stop()
        wait_until(lambda: writer.refused > 0, "who writes is told that it can't be done")
        assert ready(address) == 503, "it says that the database is away"
        assert httpx.get(f"{address}/healthz", trust_env=False, timeout=30).status_code == 200
        own_mariadb.start()
        wait_until(lambda: ready(address) == 200, "the site is back without a restart")
        kept = len(writer.kept)
        wait_until(lambda: len(writer.kept) > kept + 20, "notes are written again")
        writer.end()
        found = database.notes()
        assert set(writer.kept) - set(found) == set(), "what was said to be saved is saved"
        assert len(found) == len(set(found)), "and nothing twice"
        save(database, address, browser, 38003, "saved after the restart")
        wait_until(lambda: database.waits_for_excel() == 0, "everything is in Excel, without a restart")
        for number in (38001, 38002, 38003):
            assert desk.cell(number, "notes") == database.notes_of(number), number
        assert desk.cell(38002, "notes").startswith("on its way"), "what was on its way has arrived"
        assert desk.cell(38003, "notes") == "saved after the restart"
        assert process.poll() is None, "the worker is the one from before"
    desk.assert_well_behaved()
