"""A worker with all that it can have at once: how many connections it opens, and whether anything of it fails."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from ai import conversations
from repairs import documents
from sync import wanted
from sync.emulator.process import EmulatorProcess
from sync.marks import the_workbook
from sync.models import DocumentCopy, Run
from tests.assistant.standin import KEY, StandIn
from tests.bench.changes import change_in_bulk, pick
from tests.bench.connections import count, of_its_own_account
from tests.bench.processes import running, wait_until
from tests.bench.report import Aim, Section, shown
from tests.bench.world import World

CHANGES, DOCUMENTS, QUESTIONS = 600, 60, 40
LIMIT = 10
ACCOUNT = "worker_process"
WORDS = "Every word of this answer takes its time. " * 8
PAUSE = 0.03  # seconds between two words


def measure(world: World, emulator: EmulatorProcess) -> Section:
    """Beside the 64 clients, on the same workbook."""
    section = Section(
        "A worker at full load",
        f"{CHANGES} changed orders, {DOCUMENTS} documents and {QUESTIONS} questions to the assistant wait for one "
        f"worker that may open {LIMIT} connections, and are all done; its connections are counted as above.",
        ("work", "runs", "failed", "seconds", "most connections"),
    )
    with _model() as model:
        environment = world.environment(emulator) | {"DATABASE_CONNECTIONS": str(LIMIT)}
        environment |= {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": model.url}
        mine = environment | {"DATABASE_URL": of_its_own_account(world, environment["DATABASE_URL"], ACCOUNT)}
        before = Run.objects.count()
        _leave_work()
        connections, seconds = _watched(world, mine, environment)
    done = Run.objects.order_by("pk")[before:]
    failed = sum(run.state == Run.State.FAILED for run in done)
    section.rows.append(("all of it", str(len(done)), str(failed), shown(seconds), str(max(connections))))
    section.aims += [
        Aim("connections of a worker at full load", max(connections), LIMIT, ""),
        Aim("failed runs of a worker at full load", failed, 0, ""),
    ]
    return section


@contextmanager
def _model() -> Iterator[StandIn]:
    model = StandIn()
    try:
        model.begin()
        model.says(WORDS, pause=PAUSE, times=None)
        yield model
    finally:
        model.close()


def _leave_work() -> None:
    """What people do before the worker starts."""
    chosen = pick(CHANGES)
    change_in_bulk(chosen)
    for order in chosen[:DOCUMENTS]:
        file = SimpleUploadedFile("quote.pdf", b"%PDF-1.7".ljust(200_000, b"x"))
        documents.add(order, by=None, upload=file, kind="quote")
    for number in range(QUESTIONS):
        conversations.ask("how does it stand?", by=User.objects.create_superuser(f"asker-{number}"))


def _watched(world: World, mine: dict[str, str], environment: dict[str, str]) -> tuple[list[int], float]:
    """The numbers of connections that were seen until everything was done, and how long that took."""
    seen: list[int] = []
    ended, begun = threading.Event(), time.monotonic()
    watch = threading.Thread(target=count, args=(world, ACCOUNT, seen, ended))
    watch.start()
    log = world.folder / "worker.log"
    try:
        with (
            running("manage.py", "worker", environment=mine, log=log),
            running("manage.py", "scheduler", environment=environment, log=log),
        ):
            wait_until(_all_done, "all work is done", patience=600)
    finally:
        ended.set()
        watch.join()
    return seen, time.monotonic() - begun


def _all_done() -> bool:
    waits = (
        wanted.pending(the_workbook()).exists() or DocumentCopy.objects.filter(due_at__isnull=False).exists()
    )
    return not waits and not Run.objects.filter(state__in=Run.OPEN).exists()
