"""Each number that is promised to Prometheus, with a value that something caused."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from prometheus_client import REGISTRY

from notifications.models import Delivery
from sync import runs
from sync.metrics import State
from sync.models import Attention, Replica, Run, Workbook
from tests.delivery.desk import Desk
from tests.flush.test_faults import OPENING, WRITE_STEP

pytestmark = pytest.mark.django_db(transaction=True)


def state() -> dict[str, float]:
    """What a scheduler tells."""
    return {family.name.removeprefix("genthrust_"): family.samples[0].value for family in State().collect()}


def counted(name: str, **labels: str) -> float:
    """What a process tells of itself."""
    return REGISTRY.get_sample_value(f"genthrust_{name}", labels) or 0.0


def at_once(desk: Desk) -> None:
    """What was asked to wait need not wait any more."""
    Workbook.objects.update(not_before=None, backoff_until=None)
    desk.time_passes(2)


def test_changes_runs_graph_and_its_throttling(desk: Desk) -> None:
    assert set(state().values()) == {0.0}
    desk.edit(38001, notes="on its way")
    desk.edit(38002, notes="on its way")
    Replica.objects.filter(pending_since__isnull=False).update(
        pending_since=F("pending_since") - timedelta(seconds=500)
    )
    run = runs.start(kind=Run.Kind.FLUSH, workbook=desk.workbook, started_by="a test")
    Run.objects.filter(pk=run.pk).update(due_at=F("due_at") - timedelta(seconds=300))
    told = state()
    assert (told["changes_pending"], told["runs_due"]) == (2, 1)
    assert 500 <= told["change_oldest_seconds"] < 600
    assert 300 <= told["run_oldest_due_seconds"] < 400

    throttled = {"method": "POST", "status": "429"}
    before, flushes = counted("graph_calls_total", **throttled), counted("run_seconds_count", kind="flush")
    desk.fault("status", match=OPENING, status=429, inner_code="tooManyRequests", retry_after=1)
    runs.sweep()
    assert counted("graph_calls_total", **throttled) == before + 1
    assert counted("run_seconds_count", kind="flush") == flushes + 1
    in_a_batch = {"method": "PATCH", "status": "429"}
    before = counted("graph_calls_total", **in_a_batch)
    desk.fault("status", match=WRITE_STEP, times=1, status=429, inner_code="tooManyRequests", retry_after=1)
    at_once(desk)
    runs.sweep()
    assert counted("graph_calls_total", **in_a_batch) == before + 1, "the batch itself was answered with 200"
    at_once(desk)
    written = counted("graph_calls_total", method="POST", status="200")
    took = counted("run_seconds_sum", kind="flush")
    runs.sweep()
    assert counted("graph_calls_total", method="POST", status="200") > written
    assert counted("run_seconds_sum", kind="flush") > took
    told = state()
    assert (told["changes_pending"], told["change_oldest_seconds"], told["runs_due"]) == (0, 0, 0)
    Replica.objects.filter(order__number=38001).update(attention=Attention.GONE)
    assert state()["orders_needing_attention"] == 1


def test_drafts_unknown_sends_and_pages(desk: Desk, client: Client) -> None:
    desk.draft()
    delivery = desk.approved()
    assert (state()["drafts_waiting"], state()["sends_unknown"]) == (1, 0)
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.UNKNOWN)
    assert state()["sends_unknown"] == 1
    client.force_login(desk.amy)
    page = {"page": "dashboard", "method": "GET", "status": "403"}  # who has no role is told so
    before = counted("web_request_seconds_count", **page)
    client.get("/")
    assert counted("web_request_seconds_count", **page) == before + 1
