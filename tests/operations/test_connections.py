"""A worker's threads share the bound on connections: one that only renews a lease keeps none between two renewals."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from repairs import clock
from sync import lease, marks, runs
from sync.models import Run, Workbook
from tests.bench.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def open_connections() -> int:
    """How many there are to this test's database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()")
        return int(cursor.fetchone()[0])


def test_who_renews_a_lease_gives_the_connection_back(settings: Settings) -> None:
    settings.SYNC_LEASE_SECONDS = 3
    workbook = marks.the_workbook()
    claim = runs.claim(runs.start(kind="check", workbook=workbook, started_by="a test"))
    held = lease.acquire(workbook)
    assert claim
    assert held
    before, begun = open_connections(), clock.now() + timedelta(seconds=settings.SYNC_LEASE_SECONDS)
    with claim.heartbeat(), held.renewed():
        wait_until(
            lambda: Run.objects.filter(pk=claim.run.pk, lease_until__gt=begun).exists(),
            "the run's is renewed",
        )
        wait_until(
            lambda: Workbook.objects.filter(lease_until__gt=begun).exists(), "the workbook's is renewed"
        )
        wait_until(lambda: open_connections() == before, "both gave their connections back")
        assert [thread.name for thread in threading.enumerate() if "lease" in thread.name] != []
