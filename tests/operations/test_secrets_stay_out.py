"""No secret in a log line, in a traceback, on the page of an error, or on that of a run."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from genthrust.logs import JsonFormatter
from genthrust.redaction import redacted
from notifications import queue
from notifications.models import Notification
from repairs import orders, shops
from repairs.models import RepairOrder
from sync import runs
from sync.models import Run
from tests.flush.workers import ROOT

OWN = {
    "SECRET_KEY": "own-secret-key-0123456789-abcdefghijklmnop",
    "DATABASE_URL": "mysql://genthrust:database%2Dword-77@db.internal:3306/genthrust",
    "REDIS_URL": "redis://:redis-word-4411@redis.internal:6379/0",
    "AZURE_TENANT_ID": "tenant",
    "AZURE_CLIENT_ID": "client",
    "AZURE_CLIENT_SECRET": "azure~word.998877",
    "ANTHROPIC_API_KEY": "model-key-556677",
}
WORDS = (
    *("own-secret-key", "database-word-77", "redis-word-4411", "azure~word.998877", "model-key-556677"),
    "others-word-1234",
)
PROGRAM = """
import logging, os, sys
import django
django.setup()
from django.conf import settings
from django.core.handlers.exception import response_for_exception
from django.test import RequestFactory
log = logging.getLogger("sync.graph")
log.warning("header %s", {"Authorization": "Bearer others-word-1234", "x-api-key": settings.ANTHROPIC_API_KEY})
log.warning("could not reach %s with password=others-word-1234", settings.REDIS_URL)
request = RequestFactory().get("/orders/", {"code_verifier": "others-word-1234"})
try:
    try:
        raise ConnectionError(f"mysql://genthrust:{settings.DATABASES['default']['PASSWORD']}@db.internal is away")
    except ConnectionError as error:
        raise ValueError(f"refresh_token=others-word-1234&client_secret={settings.AZURE_CLIENT_SECRET}") from error
except ValueError as error:
    page = response_for_exception(request, error)
assert page.status_code == 500
print(page.content.decode())
"""


def told(**settings: str) -> subprocess.CompletedProcess[str]:
    """What a process of ours says in which much goes wrong: its page on stdout, its log on stderr."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, **OWN, "DJANGO_SETTINGS_MODULE": "genthrust.settings", **settings},
        check=True,
        capture_output=True,
        text=True,
    )


def secrets_in(text: str) -> list[str]:
    return [word for word in WORDS if word in text]


@pytest.mark.parametrize("form", ["line", "json"])
def test_nothing_secret_is_logged_or_shown(form: str, tmp_path: Path) -> None:
    done = told(LOG_FORMAT=form, DATA_DIR=str(tmp_path))
    assert secrets_in(done.stdout + done.stderr) == []
    assert "Internal Server Error: /orders/" in done.stderr
    assert "ConnectionError" in done.stderr, "the traceback is there, without the secret"
    assert "db.internal is away" in done.stderr
    if form == "json":
        assert [json.loads(line)["level"] for line in done.stderr.splitlines()] == [
            "WARNING",
            "WARNING",
            "ERROR",
        ]


@pytest.mark.django_db
def test_a_run_shows_no_secret_and_its_line_names_the_order_and_the_person(
    settings: Settings, admin_user: User
) -> None:
    settings.AZURE_CLIENT_SECRET, settings.MAIL_FROM = OWN["AZURE_CLIENT_SECRET"], "repairs@genthrust.example"
    run = mail_run(admin_user)

    def act(claim: runs.Claim) -> None:
        claim.step("Asked with refresh_token=others-word-1234.")
        raise ValueError(f"client_secret={settings.AZURE_CLIENT_SECRET} and password=others-word-1234")

    claimed = runs.claim(run)
    assert claimed
    with logged() as lines:
        runs.perform(claimed, act)
    run.refresh_from_db()
    shown = [run.error, run.detail, *run.steps.values_list("text", flat=True)]
    assert secrets_in("".join(shown)) == []
    assert "ValueError" in run.detail
    assert "[hidden]" in run.error
    (line,) = [json.loads(line) for line in lines.getvalue().splitlines()]
    number = RepairOrder.objects.get().number
    assert (line["run"], line["order"], line["person"]) == (run.pk, number, admin_user.pk)


def mail_run(person: User) -> Run:
    """The run of a mail about an order, which a person approved."""
    shop = shops.create(by=person, name="Aero", email="quotes@aero.example")
    order = orders.create(by=person, shop=shop, part_number="3605812-17")
    order = orders.change_status(order, by=person, to="WAITING QUOTE")
    draft = queue.draft_for(order, cause=Notification.Cause.BY_HAND, by=person)
    assert draft
    return Run.objects.get(about=queue.approve(draft, by=person).pk)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What runs write to the log of a deployment meanwhile."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    runs.logger.addHandler(handler)
    try:
        yield written
    finally:
        runs.logger.removeHandler(handler)


def test_the_report_of_development_hides_the_settings(tmp_path: Path) -> None:
    shown = told(DEBUG="true", DATA_DIR=str(tmp_path)).stdout
    settings = shown[shown.index("Using settings module") :]
    assert secrets_in(settings) == []
    assert "REDIS_URL" in settings


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer [hidden]"),
        ("redis://:word@host:6379/0", "redis://:[hidden]@host:6379/0"),
        (
            "amqp://me:word@host and mail@genthrust.example",
            "amqp://me:[hidden]@host and mail@genthrust.example",
        ),
        ("{'password': 'a \"word\"', 'user': 'tom'}", "{'password': [hidden], 'user': 'tom'}"),
        ("?tempauth=v1.eyJh&x=1", "?tempauth=[hidden]&x=1"),
        ("token eyJhbGciOiJI.eyJpc3MiOiJo.c2ln was refused", "token [hidden] was refused"),
        (
            "Order G38573 of Aero: password changed, 3 tokens used",
            "Order G38573 of Aero: password changed, 3 tokens used",
        ),
        (
            "input_tokens=12 at http://127.0.0.1:8000/orders/38573/",
            "input_tokens=12 at http://127.0.0.1:8000/orders/38573/",
        ),
        ("09:15:22 GET /sessions: 200", "09:15:22 GET /sessions: 200"),
    ],
)
def test_only_what_is_secret_is_hidden(line: str, shown: str) -> None:
    assert redacted(line) == shown
