"""Runs: durable background work. The row is the job; claims are compare-and-set with a lease and an attempt number.

Whoever performs a run holds a `Claim`; everything it writes is refused (ClaimLost) as soon as somebody else has
claimed the run, its lease ran out and was taken over, or a person cancelled it.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import (
    IntegrityError,
    OperationalError,
    close_old_connections,
    transaction,
)
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from prometheus_client import Histogram

from genthrust.logs import about
from genthrust.redaction import redacted
from repairs import clock
from repairs.activity import name_of
from repairs.errors import Refusal
from sync import doorbell, marks, progress, work
from sync.heartbeat import beating
from sync.models import Replica, Run, RunStep, Workbook
from sync.setback import LONGEST_PAUSE, TOLERANCE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# A run that was claimed so often without an end is given up: it may be what kills its workers.
MAX_ATTEMPTS = 10
PUSH_SECONDS = 0.25
DB_PAUSE = timedelta(seconds=2)
BY_THE_CLOCK = "the clock"
# How long the sweep leaves a workbook alone after a person cancelled a flush.
PAUSE_AFTER_CANCEL = timedelta(minutes=5)
PAUSE_AFTER_GIVING_UP = LONGEST_PAUSE
CHECK_EVERY = timedelta(minutes=10)


RUN_SECONDS = Histogram(
    "genthrust_run_seconds",
    "How long an attempt of a run took, in seconds.",
    ("kind",),
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600),
)
# Set when this process is about to end: it takes no more runs, and those it has stop at their next step.
stopping = threading.Event()


class ClaimLost(Exception):
    """Somebody else has taken the run over; nothing more may be written for it."""


class Cancelled(Exception):
    """A person asked for the run to end."""


class Postponed(Exception):
    """The run goes on at `due_at`; `sentence` says why it waits, `failed` whether it was tried in vain."""

    def __init__(self, sentence: str, *, due_at: datetime, failed: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.due_at = due_at
        self.failed = failed


class Failed(Exception):
    """The run ends here, with a sentence for people and a detail for engineers."""

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


def start(
    *,
    kind: str,
    workbook: Workbook | None = None,
    about: int | None = None,
    started_by: str,
    by: "User | None" = None,
    due_at: datetime | None = None,
) -> Run:
    """The open run of a kind for a workbook, or about a row: the one that is there, or a new one.

    A new one is not claimed before `due_at`, an aware instant; None is at once.
    """
    key = f"{kind}:{workbook.pk if workbook else about}"
    existing = Run.objects.filter(open_key=key).first()
    if existing:
        return existing
    try:
        with transaction.atomic():
            run = Run.objects.create(
                kind=kind,
                open_key=key,
                workbook=workbook,
                about=about,
                started_by=started_by,
                by=by,
                due_at=due_at or clock.now(),
            )
    except IntegrityError:  # somebody else was faster; theirs is as good
        return Run.objects.filter(open_key=key).first() or start(
            kind=kind, workbook=workbook, about=about, started_by=started_by, by=by, due_at=due_at
        )
    transaction.on_commit(lambda: progress.push(run))
    return run


def claim(run: Run, *, by_hand: bool = False) -> "Claim | None":
    """Takes a run that is queued, or whose worker is gone; None when somebody else was faster.

    `by_hand`: what was tried in vain before a person took it up does not count towards giving up.
    """
    now = clock.now()
    free = Q(state=Run.State.QUEUED) | Q(state=Run.State.RUNNING, lease_until__lt=now)
    taken = Run.objects.filter(free, pk=run.pk, attempts=run.attempts).update(
        state=Run.State.RUNNING,
        attempts=F("attempts") + 1,
        lease_until=now + timedelta(seconds=settings.SYNC_LEASE_SECONDS),
        started_at=Coalesce("started_at", now),
        phase="Starting",
        error="",
        forgiven=run.attempts if by_hand else F("forgiven"),
    )
    if not taken:
        return None
    run.refresh_from_db()
    return Claim(run)


class Claim:
    """The right to perform one attempt of a run, and the way to say how far it is."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.attempt = run.attempts
        self.result: dict[str, Any] = {}  # what was done so far; kept with the run however it ends
        self._pushed = 0.0

    def _update(self, **fields: Any) -> None:
        mine = Run.objects.filter(pk=self.run.pk, attempts=self.attempt, state=Run.State.RUNNING)
        if not mine.update(**fields):
            raise ClaimLost(f"{self.run} was taken over")
        for name, value in fields.items():
            setattr(self.run, name, value)

    def renew(self) -> None:
        """Prolongs the lease."""
        self._update(lease_until=clock.now() + timedelta(seconds=settings.SYNC_LEASE_SECONDS))

    def check_cancelled(self) -> None:
        if Run.objects.filter(pk=self.run.pk, cancel_asked=True).exists():
            raise Cancelled

    def check_ending(self) -> None:
        """Between two steps. Raises Cancelled when a person asked for the end, Postponed when this process ends."""
        self.check_cancelled()
        if stopping.is_set():
            raise Postponed("The program is being restarted.", due_at=clock.now())

    def report(self, phase: str, *, done: int | None = None, total: int | None = None) -> None:
        """Says what is being done now; the browser hears of it a few times a second at most."""
        fields: dict[str, Any] = {"phase": phase}
        if done is not None:
            fields["done"] = done
        if total is not None:
            fields["total"] = total
        self._update(**fields)
        if time.monotonic() - self._pushed >= PUSH_SECONDS:
            self._pushed = time.monotonic()
            progress.push(self.run)

    def step(self, text: str, *, trouble: bool = False) -> None:
        """Records something finished, or something that went wrong on the way."""
        RunStep.objects.create(run=self.run, attempt=self.attempt, text=redacted(text), trouble=trouble)

    def _finish(self, state: Run.State, **fields: Any) -> None:
        self._update(
            state=state,
            open_key=None,
            finished_at=clock.now(),
            lease_until=None,
            result=self.result,
            **fields,
        )

    def _finish_in_vain(self, state: Run.State, sentence: str, **fields: Any) -> None:
        """The row that it was about comes first: in that order its rows are locked by whoever starts a run."""
        with transaction.atomic():
            work.came_to_nothing(self.run.kind, self.run.about, sentence)
            self._finish(state, **fields)
        progress.push(self.run)

    def succeed(self) -> None:
        done = {"done": self.run.total} if self.run.total else {}
        self._finish(Run.State.SUCCEEDED, phase="Done", **done)
        progress.push(self.run)

    def fail(self, sentence: str, *, detail: str = "") -> None:
        """Everybody may see both on the run's page, so secrets are hidden in them as in the log."""
        told = {"error": redacted(sentence)[:500], "detail": redacted(detail)}
        self._finish_in_vain(Run.State.FAILED, told["error"], phase="Failed", **told)

    def end_cancelled(self) -> None:
        self._finish_in_vain(Run.State.CANCELLED, "It was cancelled.", phase="Cancelled")

    def postpone(self, wait: Postponed) -> None:
        """Puts the run back. Waiting for others is no attempt: only failures and deaths count."""
        self._update(
            state=Run.State.QUEUED,
            due_at=wait.due_at,
            lease_until=None,
            phase="Waiting",
            error=redacted(wait.sentence)[:500],
            attempts=self.attempt if wait.failed else self.attempt - 1,
            result=self.result,
        )
        progress.push(self.run)

    def heartbeat(self) -> AbstractContextManager[None]:
        """Renews the lease in the background while the work goes on."""
        return beating(self.renew, lost=ClaimLost, name=f"lease of run {self.run.pk}")


def perform(claimed: Claim, act: Callable[[Claim], None]) -> None:
    """Does the work of a claimed run and records how it ended, whatever happened."""
    run = claimed.run
    with about(run=run.pk, person=run.by_id), RUN_SECONDS.labels(run.kind).time(), ExitStack() as known:
        try:
            if claimed.attempt - run.forgiven > MAX_ATTEMPTS:
                _give_up(claimed)
            else:
                _performed(claimed, act, known)
        except ClaimLost:  # noticed at any step, and by the last one, which says how it ended
            logger.warning("%s was taken over by another worker", run)


def _give_up(claimed: Claim) -> None:
    _pause(claimed.run, PAUSE_AFTER_GIVING_UP)
    claimed.fail(f"Given up: it was begun {MAX_ATTEMPTS} times and never came to an end.")


def _performed(claimed: Claim, act: Callable[[Claim], None], known: ExitStack) -> None:
    """`known` keeps what the log is told about the run until its end was logged as well."""
    try:
        claimed.check_ending()
        with claimed.heartbeat():
            known.enter_context(about(order=work.order_of(claimed.run.kind, claimed.run.about)))
            act(claimed)
        claimed.succeed()
    except ClaimLost:
        raise
    except Cancelled:
        claimed.end_cancelled()
    except Postponed as wait:
        _put_back(claimed, wait)
    except OperationalError as error:
        logger.warning("%s was interrupted by the database: %s", claimed.run, error)
        close_old_connections()
        soon = clock.now() + DB_PAUSE
        _put_back(claimed, Postponed("The database was away for a moment.", due_at=soon, failed=True))
    except Failed as failure:
        _end_failed(claimed, failure)
    except Exception as error:  # a person sees it on the run; the marks stay for a later one
        logger.exception("%s failed", claimed.run)
        _end_failed(
            claimed, Failed(f"An error in the program stopped it: {error}", detail=traceback.format_exc())
        )


def _put_back(claimed: Claim, wait: Postponed) -> None:
    """The run has to wait, unless a person asked for its end meanwhile."""
    if wait.failed:
        claimed.step(wait.sentence, trouble=True)
    try:
        claimed.check_cancelled()
    except Cancelled:
        claimed.end_cancelled()
    else:
        claimed.postpone(wait)


def _end_failed(claimed: Claim, failure: Failed) -> None:
    claimed.step(failure.sentence, trouble=True)
    claimed.fail(failure.sentence, detail=failure.detail)


def sweep() -> None:
    """Does everything that is due now: starts runs for rows that wait, claims and performs due runs.

    Many sweeps at once, lost ones and doubled ones are all harmless.
    """
    work.start_due()
    while sum(_perform_if_mine(run) for run in due(clock.now())):
        work.start_due()


def sweep_lane(lane: str) -> None:
    """Claims and performs the due runs of a lane that has workers of its own, one by one: a person may come first."""
    while any(_perform_if_mine(run) for run in due(clock.now(), lane=lane)):
        pass


def _perform_if_mine(run: Run) -> bool:
    claimed = None if stopping.is_set() else claim(run)
    if claimed:
        perform(claimed, work.worker(run.kind))
    return claimed is not None


def start_flushes() -> None:
    """One flush run for each workbook with marks that wait, unless Microsoft or our own back-off says not yet."""
    now = clock.now()
    may_begin = (Q(not_before__isnull=True) | Q(not_before__lte=now)) & (
        Q(backoff_until__isnull=True) | Q(backoff_until__lte=now)
    )
    waiting = Replica.objects.filter(
        workbook=OuterRef("pk"), pending_since__isnull=False, attention="", left_out=False
    )
    for workbook in Workbook.objects.filter(may_begin, Exists(waiting)):
        start(kind=Run.Kind.FLUSH, workbook=workbook, started_by="a change")


def schedule() -> None:
    """Starts what is due by the clock: a comparison with each workbook every ten minutes."""
    before = clock.now() - CHECK_EVERY
    in_use = Workbook.objects.filter(replicas__isnull=False, halted=False).distinct()
    for workbook in in_use.filter(Q(checked_at__isnull=True) | Q(checked_at__lt=before)):
        recent = Run.objects.filter(
            kind=Run.Kind.CHECK, workbook=workbook, created_at__range=(before, clock.now() + TOLERANCE)
        )
        if not recent.exists():
            start(kind=Run.Kind.CHECK, workbook=workbook, started_by=BY_THE_CLOCK)


def start_check(*, by: "User | None") -> Run:
    """Compares the configured workbook with the database now."""
    run = start(kind=Run.Kind.CHECK, workbook=marks.the_workbook(), started_by=name_of(by), by=by)
    transaction.on_commit(doorbell.ring)
    return run


def due(now: datetime, *, lane: str = "") -> list[Run]:
    """A lane's queued runs whose time has come, and running ones whose worker is gone; oldest first.

    In a lane with workers of its own, those that a person waits for come before those that nobody asked for.
    """
    may_begin = Q(state=Run.State.QUEUED, due_at__lte=now) | Q(state=Run.State.RUNNING, lease_until__lt=now)
    found = Run.objects.filter(may_begin, kind__in=work.kinds_in(lane)).order_by("id")
    for kind, left in work.kinds_left_to_commands().items():
        found = found.exclude(kind=kind, state=Run.State.QUEUED, due_at__gt=now - left)
    return list(found.annotate(unasked=Q(by__isnull=True)).order_by("unasked", "id") if lane else found)


def cancel(run: Run, *, by: "User | None") -> None:
    """Ends a waiting run at once; asks a running one to end after the step that it is doing."""
    if elsewhere := work.kind(run.kind).stop:
        raise Refusal(elsewhere)
    stop(run, by=by)
    _pause(run, PAUSE_AFTER_CANCEL)


def stop(run: Run, *, by: "User | None") -> None:
    """Cancels a run for the place that its kind names."""
    now = clock.now()
    ended = Run.objects.filter(pk=run.pk, state=Run.State.QUEUED).update(
        state=Run.State.CANCELLED, open_key=None, finished_at=now, phase=f"Cancelled by {name_of(by)}"
    )
    if not ended and not Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(cancel_asked=True):
        raise Refusal("This run has ended already.")
    run.refresh_from_db()
    progress.push(run)


def retry(run: Run, *, by: "User | None") -> Run:
    """Starts the same work again: at once, for a run that waits; as a new run, for one that ended."""
    if elsewhere := work.kind(run.kind).again:
        raise Refusal(elsewhere)
    if run.state == Run.State.RUNNING:
        raise Refusal("This run is being worked on.")
    if run.state == Run.State.QUEUED:
        waits = Run.objects.filter(pk=run.pk, state=Run.State.QUEUED)
        waits.update(due_at=clock.now(), forgiven=F("attempts"))
        again = run
        _end_backoff(run.workbook)
    else:
        _end_backoff(run.workbook)
        again = start(kind=run.kind, workbook=run.workbook, about=run.about, started_by=name_of(by), by=by)
    transaction.on_commit(doorbell.ring)
    return again


def _pause(run: Run, length: timedelta) -> None:
    """Begins no flush after this one for a while; a person's hand ends that. No other work holds up what is saved."""
    if run.kind == Run.Kind.FLUSH:
        Workbook.objects.filter(runs=run).update(backoff_until=clock.now() + length)


def _end_backoff(workbook: Workbook | None) -> None:
    """A person's hand ends our own back-off. A Retry-After of Microsoft's stays."""
    if workbook is not None:
        Workbook.objects.filter(pk=workbook.pk).update(backoff_until=None)
