"""Prometheus metrics of a process, on a port of their own (METRICS_PORT) that no proxy shows to the world."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import Min
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from repairs import clock
from sync import queries, work
from sync.models import Run
from sync.work import Gauge


def serve(*, with_state: bool = False) -> None:
    """Begins to answer, if a port is set. `with_state` adds what the database says of the whole program.

    OSError when the port is in use.
    """
    if not settings.METRICS_PORT:
        return
    if with_state:
        REGISTRY.register(State())
    start_http_server(settings.METRICS_PORT)


class State(Collector):
    """How the work stands, read from the database at each scrape. Shown by the scheduler only."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not need the database."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        close_old_connections()
        try:
            for name, meaning, value in work.gauges():
                yield GaugeMetricFamily(f"genthrust_{name}", meaning, value=value)
        finally:
            connection.close()  # each scrape has a thread of its own


def read() -> Iterator[Gauge]:
    """This app's own: the queue, and how far Excel is behind."""
    due = Run.objects.filter(state=Run.State.QUEUED, due_at__lte=clock.now())
    marks = queries.waiting()
    yield "runs_due", "Runs that wait for a worker.", due.count()
    oldest_run = due.aggregate(at=Min("due_at"))["at"]
    yield "run_oldest_due_seconds", "How long the oldest of them has waited.", _age(oldest_run)
    yield "changes_pending", "Orders that Excel does not have yet.", marks.count()
    oldest_mark = marks.aggregate(at=Min("pending_since"))["at"]
    yield "change_oldest_seconds", "How long the oldest of them has waited.", _age(oldest_mark)
    yield "orders_needing_attention", "Orders that need a person.", queries.to_decide().count()


def _age(since: datetime | None) -> float:
    return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
