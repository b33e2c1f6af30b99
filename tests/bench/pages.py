"""Pages asked for in this process: the whole answer of the server, without a network."""

import time
from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from people.roles import Role, give
from tests.bench.report import Aim, Section, milliseconds, ratio

Taken = Mapping[str, float]


def signed_in() -> Client:
    """The browser of somebody of the office."""
    settings.ALLOWED_HOSTS = ["testserver"]
    person = User.objects.create_user("olga")
    give(person, Role.OFFICE)
    browser = Client()
    browser.force_login(person)
    return browser


def compared(section: Section, few: Taken, many: Taken, *, most: float, grown: str) -> None:
    """Adds a row for each page, and the aim that all of them keep."""
    for name in few:
        section.rows.append(
            (name, milliseconds(few[name]), milliseconds(many[name]), ratio(many[name], few[name]))
        )
        section.aims.append(Aim(f"{name}, {grown}", many[name] / few[name], most, "times"))


def seconds(browser: Client, address: str) -> float:
    """What one page takes."""
    begun = time.perf_counter()
    answer = browser.get(address)
    taken = time.perf_counter() - begun
    assert answer.status_code == 200
    return taken
