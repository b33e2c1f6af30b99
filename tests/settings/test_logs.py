"""Structured logs: one JSON object a line, which says whom and what it is about."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from genthrust.logs import JsonFormatter, about

Lines = io.StringIO


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged, as a deployment writes it."""
    written = Lines()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def read(lines: Lines) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_of_a_run_names_it(lines: Lines) -> None:
    with about(run=17), about(order=38573):
        logging.getLogger("sync").warning("Two lines\nand a %s", "value")
    logging.getLogger("sync").warning("after")
    first, second = read(lines)
    assert {name: first[name] for name in ("level", "logger", "message", "run", "order")} == {
        "level": "WARNING",
        "logger": "sync",
        "message": "Two lines\nand a value",
        "run": 17,
        "order": 38573,
    }
    assert "run" not in second


def test_a_traceback_stays_in_its_line(lines: Lines) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("sync").exception("It failed")
    (line,) = read(lines)
    assert line["error"].endswith("ValueError: odd")


@pytest.mark.django_db
def test_a_line_of_a_request_names_the_person_and_the_order(lines: Lines, client: Client) -> None:
    person = User.objects.create_superuser("olga")
    client.force_login(person)
    assert client.get("/orders/99999/").status_code == 404
    (line,) = [line for line in read(lines) if line["logger"] == "django.request"]
    assert (line["person"], line["order"], line["path"]) == (person.pk, 99999, "/orders/99999/")


@pytest.mark.django_db
def test_a_refused_request_names_them_too(lines: Lines, client: Client) -> None:
    person = User.objects.create_user("ned")  # without a role
    client.force_login(person)
    assert client.post("/orders/99999/status/").status_code == 403
    assert client.post("/orders/99998/documents/", {"file": io.BytesIO(b"x")}).status_code == 403
    refused = [line for line in read(lines) if line["logger"] == "django.request"]
    assert [(line["person"], line["order"]) for line in refused] == [(person.pk, 99999), (person.pk, 99998)]
