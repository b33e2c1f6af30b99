"""Forgetting what is too old (genthrust.retention), once a day, as a run that people can see."""

from datetime import timedelta

from genthrust import retention
from repairs import clock
from sync import runs
from sync.models import Run
from sync.runs import Claim

KIND = "purge"
EVERY = timedelta(days=1)


def keep_time() -> None:
    """Starts a run when none was started within a day. Two at once forget nothing twice.

    In a new installation nothing is a day old yet, and there is nothing to forget.
    """
    before = clock.now() - EVERY
    if Run.objects.filter(kind=KIND, created_at__gt=before).exists():
        return
    if Run.objects.filter(created_at__lt=before).exists():
        runs.start(kind=KIND, started_by=runs.BY_THE_CLOCK)


def work(claim: Claim) -> None:
    """The purge as a run; what it took is its result."""
    for label, count in retention.purge(dry_run=False):
        claim.check_ending()
        claim.report(f"Forgetting {label}")
        if count:
            claim.result[label] = count
            claim.step(f"Forgot {count} {label}.")
