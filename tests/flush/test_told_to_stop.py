"""A worker is told to stop in the middle of a flush: it ends soon and in order, and the next one goes on at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync.models import Run
from tests.flush.house import House, eventually
from tests.flush.workers import ROOT, environment
from tests.support.server_processes import DIE_WITH_PARENT

pytestmark = pytest.mark.django_db(transaction=True)
STOP_SECONDS = 30  # the stop_grace_period of compose.yaml


def test_the_flush_is_put_back_and_carried_on(
    house: House, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    house.edit(38002, notes="on its way when the worker is told to stop")
    house.status(38004, "SCRAP")
    reading = house.fault("delay", match={"path_regex": r"\$batch", "in_batch": False, "nth": 1}, seconds=1.0)
    settings = {**environment(house.emulator, database_url), "REDIS_URL": redis_url}
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [*DIE_WITH_PARENT, sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            env=settings,
            stdout=log,
            stderr=log,
        )
    scheduler = subprocess.Popen(
        [*DIE_WITH_PARENT, sys.executable, "manage.py", "scheduler"], cwd=ROOT, env=settings
    )
    try:
        eventually(lambda: house.fired(reading), "the worker reads the workbook")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_SECONDS) == 143, (tmp_path / "log").read_text()
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()
    run = Run.objects.get(kind=Run.Kind.FLUSH, state__in=Run.OPEN)
    assert (run.state, run.error, run.attempts) == (Run.State.QUEUED, "The program is being restarted.", 0)
    report = house.drain()  # without waiting for any lease
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()
