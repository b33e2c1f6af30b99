"""Background work done in the foreground, by a person's hand: without a broker, and without our own back-off."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from repairs import clock
from sync import flush, marks, preview, runs, setback, wanted
from sync import work as kinds
from sync.models import Replica, Run, Workbook
from sync.preview import Preview
from sync.runs import Claim, Failed

POLL = 0.2  # seconds between looks while another worker is at it
SLOW_POLL = 2.0  # and while Microsoft asks us to wait
MOST_IN_VAIN = 5  # attempts in a row that carried nothing over; waiting is no attempt
COUNTED = ("rows_written", "rows_added", "rows_deleted", "http_requests", "batch_steps")
Tell = Callable[[str], None]  # hears a sentence for the person who waits


def _nobody(sentence: str) -> None:
    """Nobody waits at a console."""


def drain(*, started_by: str, tell: Tell = _nobody) -> dict[str, Any]:
    """Carries everything that is pending to the configured workbook and reports it.

    Waits for another worker's lease and for every Retry-After of Microsoft's, however many there are. Ends early,
    and tells why, when a person must look, or when several attempts in a row carried nothing over.
    """
    workbook = marks.the_workbook()
    begun = time.monotonic()
    counts: Counter[str] = Counter()
    in_vain = 0
    run: Run | None = None
    while wanted.pending(workbook).exists():
        before, synced = wanted.pending(workbook).count(), counts["orders_synced"]
        run = perform_now(
            workbook, Run.Kind.FLUSH, flush.work, started_by=started_by, counts=counts, tell=tell, before=run
        )
        carried = wanted.pending(workbook).count() < before or counts["orders_synced"] > synced
        in_vain = 0 if carried else in_vain + 1
        if run.state in (Run.State.FAILED, Run.State.CANCELLED) or in_vain == MOST_IN_VAIN:
            tell(f"It ended early: {_why(run)}")
            break
        if in_vain:
            time.sleep(POLL * 2**in_vain)
    return _report(workbook, counts, seconds=time.monotonic() - begun)


class NotDone(Exception):
    """What was asked for did not come to its end; the text is a sentence for people."""


def orphaned(claim: Claim) -> None:
    """A reading that a command began is of no use to anybody else."""
    raise Failed("The command that started it has ended.")


def finish_now(
    kind: Run.Kind, work: Callable[[Claim], None], *, started_by: str, tell: Tell = _nobody
) -> None:
    """Performs a run of the configured workbook to its end. Raises NotDone when it can't be done now."""
    workbook = marks.the_workbook()
    run = perform_now(workbook, kind, work, started_by=started_by, tell=tell)
    for attempt in range(1, MOST_IN_VAIN):
        if run.state != Run.State.QUEUED:
            break
        time.sleep(POLL * 2**attempt)
        run = perform_now(workbook, kind, work, started_by=started_by, tell=tell, before=run)
    if run.state != Run.State.SUCCEEDED:
        raise NotDone(_why(run))


def _why(run: Run) -> str:
    """Why a run did not do what was asked for, as a sentence."""
    if run.state == Run.State.CANCELLED:
        return "It was cancelled."
    return run.error or "Several attempts in a row changed nothing."


def perform_now(
    workbook: Workbook,
    kind: Run.Kind,
    work: Callable[[Claim], None],
    *,
    started_by: str,
    counts: Counter[str] | None = None,
    tell: Tell = _nobody,
    before: Run | None = None,
) -> Run:
    """Performs one attempt of the open run of a kind, once nobody else is at the workbook; the run after it.

    An attempt that has to wait, for Microsoft or for another worker, is none: it begins again after the wait. A person
    who cancels the run that waits ends that. `before` is the run of this command's attempt before this one.
    """
    turn, run = _Turn(workbook, tell), before
    while True:
        turn.wait(run)
        if run is not None and run.state == Run.State.CANCELLED:
            return run
        run = runs.start(kind=kind, workbook=workbook, started_by=started_by)
        claimed = runs.claim(run, by_hand=before is None)
        if claimed is None:
            time.sleep(POLL)
            continue
        runs.perform(claimed, work)
        run.refresh_from_db()
        if counts is not None:
            counts.update({name: claimed.result.get(name, 0) for name in (*COUNTED, "orders_synced")})
        if run.state != Run.State.QUEUED or run.attempts >= claimed.attempt:
            return run
        turn.tell_of(run)
        time.sleep(_pause(run.due_at, leased=False))


def dry_run(*, tell: Tell = _nobody) -> dict[str, Any]:
    """What a flush would do now, and ask; nothing is written."""
    workbook = marks.the_workbook()
    begun = time.monotonic()
    shown = [Preview()]
    finish_now(
        Run.Kind.READ,
        lambda claim: preview.work(claim, shown.append),
        started_by="sync_workbook --dry-run",
        tell=tell,
    )
    found = shown[-1]
    report = _report(workbook, found.counts, seconds=time.monotonic() - begun)
    known = [entry for entry in report["needs_attention"] if entry["order"] not in found.questions]
    return report | {"needs_attention": [*known, *found.questions.values()], "plan": found.describe()}


class _Turn:
    """The waiting of one command until it may be at the workbook. Each wait is told once."""

    def __init__(self, workbook: Workbook, tell: Tell) -> None:
        self._workbook = workbook
        self._tell = tell
        self._told: set[str | datetime | None] = set()  # holders of the lease, ends of Microsoft's waits

    def wait(self, run: Run | None) -> None:
        """Until neither Microsoft nor another worker has anything against it, or a person cancelled the run."""
        while not _is_cancelled(run):
            setback.mend()
            self._workbook.refresh_from_db()
            until = max(filter(None, (self._workbook.lease_until, self._workbook.not_before)), default=None)
            if until is None or until <= clock.now():
                return
            leased = until == self._workbook.lease_until
            self._tell_once(until, leased=leased)
            time.sleep(_pause(until, leased=leased))

    def tell_of(self, run: Run) -> None:
        """Tells why an attempt has to wait; what holds it up is told by that."""
        self._tell(run.error)
        self._workbook.refresh_from_db()
        self._told |= {self._workbook.lease_holder, self._workbook.not_before}

    def _tell_once(self, until: datetime, *, leased: bool) -> None:
        cause = self._workbook.lease_holder if leased else until
        if cause in self._told:
            return
        self._told.add(cause)
        left = (until - clock.now()).total_seconds()
        asked = f"Microsoft 365 asked us to wait. It goes on after {left:.0f} seconds."
        self._tell("Another worker is at the workbook." if leased else asked)


def _is_cancelled(run: Run | None) -> bool:
    """Whether a person ended a run that waits. If not, the time for which it is left to its command begins anew."""
    if run is None:
        return False
    run.refresh_from_db()
    now, left = clock.now(), kinds.kind(run.kind).left
    Run.objects.filter(pk=run.pk, state=Run.State.QUEUED, due_at__lt=now - left / 2).update(due_at=now)
    return run.state == Run.State.CANCELLED


def _pause(until: datetime, *, leased: bool) -> float:
    """A lease may be given back early, so it is looked at often; a Retry-After only for the clock's sake."""
    left = (until - clock.now()).total_seconds()
    return max(0.01, min(left, POLL if leased else SLOW_POLL))


def _report(workbook: Workbook, counts: Counter[str], *, seconds: float) -> dict[str, Any]:
    workbook.refresh_from_db()
    return {
        "orders_synced": counts["orders_synced"],
        **{name: counts[name] for name in COUNTED},
        "seconds": round(seconds, 3),
        "pending": wanted.pending(workbook).count(),
        "needs_attention": needs_attention(workbook),
    }


def needs_attention(workbook: Workbook) -> list[dict[str, Any]]:
    """The orders that wait for a person, and what stops the workbook as a whole (without an order)."""
    rows = Replica.objects.filter(workbook=workbook, left_out=False).exclude(attention="")
    values = rows.order_by("order__number").values_list("order__number", "attention", "attention_text")
    found: list[dict[str, Any]] = [{"order": n, "code": code, "reason": text} for n, code, text in values]
    if workbook.trouble:
        found.append({"order": None, "code": "workbook", "reason": workbook.trouble})
    return found
