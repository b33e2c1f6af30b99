"""A visit to the workbook: one lease, one session, and one way in which every trouble ends.

What a visit does (flush, comparison) raises the Graph gateway's sorted errors as they come; here they become a
new session, a new reading, a wait, or a sentence for a person.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError

from repairs import clock
from sync import quiet
from sync.graph.connection import connection
from sync.graph.errors import (
    GraphError,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    Refused,
    RetryLater,
    SessionBroken,
    SessionLost,
)
from sync.graph.workbook import WorkbookFile
from sync.lease import Lease, LeaseLost, acquire
from sync.models import Workbook
from sync.runs import Cancelled, Claim, ClaimLost, Failed, Postponed
from sync.setback import LONGEST_PAUSE

logger = logging.getLogger(__name__)

# How often one visit begins anew after a lost session or an unclear answer.
MOST_RESTARTS = 4
FIRST_PAUSE = 0.2  # seconds before the first of them; doubled each time
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(seconds=5), LONGEST_PAUSE
TELL_A_PERSON_AFTER = 3  # failures one after another
# Visits that may fail because nobody can say whether the earlier session was closed; the next goes on without it.
MOST_UNCLEAR_CLOSINGS = 1


@dataclass
class Visit:
    """What the work of a visit may use."""

    claim: Claim
    workbook: Workbook
    lease: Lease
    file: WorkbookFile
    session_id: str = ""


def _always_needed(going: Visit) -> bool:
    return False


@dataclass(frozen=True)
class _Work:
    unneeded: Callable[[Visit], bool]
    do: Callable[[Visit], None]


def visit(
    claim: Claim, work: Callable[[Visit], None], *, unneeded: Callable[[Visit], bool] = _always_needed
) -> None:
    """Does the work with the lease and a session. Raises Postponed, Failed or Cancelled.

    `unneeded` is asked before the workbook is opened, which costs Excel more than any other question: where it finds
    that there is nothing to do, the visit is done. It may be asked again, when a session was lost.
    """
    workbook = claim.run.workbook
    if workbook is None:
        raise Failed("This run belongs to no workbook.")
    lease = acquire(workbook)
    if lease is None:
        raise Postponed("Another worker is at the workbook.", due_at=_soon(workbook))
    try:
        with lease.renewed():
            _with_lease(claim, workbook, lease, _Work(unneeded, work))
    except LeaseLost as lost:
        raise Postponed(
            f"The work goes on elsewhere: {lost}", due_at=clock.now() + timedelta(seconds=1)
        ) from lost
    finally:
        lease.release()


def _soon(workbook: Workbook) -> datetime:
    """When to look again for the lease: it is released at the end of the other's visit, or runs out."""
    now = clock.now()
    workbook.refresh_from_db()
    return min(workbook.lease_until or now, now + timedelta(seconds=2))


def _with_lease(claim: Claim, workbook: Workbook, lease: Lease, work: _Work) -> None:
    if until := quiet.ends(workbook.pk):
        raise Postponed("Microsoft 365 asked us to wait.", due_at=until)
    going = Visit(claim, workbook, lease, _file(workbook, lease))
    try:
        _translated(going, work)
    except (Postponed, LeaseLost, ClaimLost, OperationalError):
        raise
    except Exception as error:
        _end_quietly(going)
        if not isinstance(error, Cancelled):
            known = isinstance(error, Failed)
            _note_failure(
                lease, str(error) if known else "An error in the program stopped the work at the workbook."
            )
        raise
    finally:
        claim.result |= {"http_requests": going.file.http_requests, "batch_steps": going.file.batch_steps}
    if going.session_id:  # a visit that opened nothing has not shown that anything works
        _note_success(going)


def _translated(going: Visit, work: _Work) -> None:
    """The work, with the gateway's errors turned into a wait or into a sentence for a person."""
    try:
        _restarting(going, work)
    except RetryLater as error:
        raise _wait(going, error) from error
    except (NotNow, OutcomeUnknown, SessionLost) as error:
        if isinstance(error, SessionBroken):
            _remember_session(going, "")
        raise _back_off(going, error) from error
    except (NeedsPerson, Refused) as error:
        if error.retry_after:
            quiet.keep(going.workbook.pk, error.retry_after)
        raise Failed(error.sentence, detail=repr(error)) from error


def _file(workbook: Workbook, lease: Lease) -> WorkbookFile:
    """The gateway to the file; Failed when the configuration does not lead to one."""
    try:
        there = connection()
        if not workbook.item_id:
            raise NeedsPerson("EXCEL_WORKBOOK_ID must say which file the workbook is.")
    except GraphError as error:
        _note_failure(lease, error.sentence)
        raise Failed(error.sentence, detail=repr(error)) from error
    drive_id = workbook.drive_id or workbook.found_drives.get(settings.SHAREPOINT_SITE_ID, "")
    return WorkbookFile(
        there, drive_id=drive_id, item_id=workbook.item_id, before_send=quiet.guard(workbook.pk, lease.check)
    )


def _restarting(going: Visit, work: _Work) -> None:
    """The work in a session; anew after a lost session or an answer that leaves the outcome open."""
    for restart in range(MOST_RESTARTS + 1):
        try:
            _find_drive(going)
            if work.unneeded(going) and not going.workbook.session_id:  # one that was left is to be closed
                return
            _open_session(going)
            work.do(going)
            _close_session(going)
        except SessionLost as lost:
            going.claim.step(lost.sentence, trouble=True)
            _remember_session(going, "")
            going.session_id = ""
            if restart == MOST_RESTARTS:
                raise
        except OutcomeUnknown as unknown:
            going.claim.step(unknown.sentence, trouble=True)
            if restart == MOST_RESTARTS or unknown.retry_after:
                raise
        else:
            return
        time.sleep(FIRST_PAUSE * 2**restart)


def _find_drive(going: Visit) -> None:
    """Where only the site is configured: asks for its drive, and keeps the answer for the next visits."""
    if going.file.drive_id:
        return
    site_id = settings.SHAREPOINT_SITE_ID
    drive_id = going.file.find_drive(site_id)
    with going.lease.fenced() as workbook:
        workbook.found_drives |= {site_id: drive_id}
        workbook.save(update_fields=["found_drives"])


def _open_session(going: Visit) -> None:
    """Opens a session; first closes one that was left. The old one is forgotten only for the new."""
    if going.session_id:
        return
    if going.workbook.session_id:
        _close_left_session(going)
    going.claim.report("Opening the workbook")
    going.session_id = going.file.open_session()
    going.claim.step("Opened the workbook.")
    _remember_session(going, going.session_id)


def _close_left_session(going: Visit) -> None:
    """Closes a session that was left, so that nothing late can still be written in it.

    When closing is refused, the session is dead, or something is wrong that opening a new one will tell. Where it may
    live on (an unclear answer, a lock) closing is asked for anew, through one visit; a session that can't be closed
    must not stop everything for ever.
    """
    going.claim.report("Closing an earlier session")
    try:
        with suppress(SessionBroken, NeedsPerson, Refused):
            going.file.close_session(going.workbook.session_id)
    except (NotNow, OutcomeUnknown) as error:
        if error.retry_after or going.workbook.unclear_closings < MOST_UNCLEAR_CLOSINGS:
            _note_unclear_closing(going)
            raise
        going.claim.step("Nobody can say whether the earlier session was closed.", trouble=True)


def _note_unclear_closing(going: Visit) -> None:
    """One visit counts once, however often it asks: what it goes by is the number that it found."""
    with going.lease.fenced() as workbook:
        workbook.unclear_closings = going.workbook.unclear_closings + 1
        workbook.save(update_fields=["unclear_closings"])


def _close_session(going: Visit) -> None:
    """Everything was read back already, so a failure to close harms nothing: the next visit closes first."""
    try:
        going.file.close_session(going.session_id)
    except RetryLater as error:
        _wait(going, error)
    except SessionBroken:
        _remember_session(going, "")
    except GraphError as error:
        logger.warning("The session was not closed: %r", error)
    else:
        _remember_session(going, "")


def _end_quietly(going: Visit) -> None:
    if going.session_id:
        with suppress(LeaseLost):
            _close_session(going)


def _remember_session(going: Visit, session_id: str) -> None:
    with going.lease.fenced() as workbook:
        workbook.session_id, workbook.unclear_closings = session_id, 0
        workbook.save(update_fields=["session_id", "unclear_closings"])
    going.workbook.session_id, going.workbook.unclear_closings = session_id, 0


def _wait(going: Visit, error: RetryLater) -> Postponed:
    """Nothing at all is sent to Microsoft before the time that they named, by any process."""
    until = quiet.heed(going.workbook.pk, error)
    seconds = (until - clock.now()).total_seconds()
    return Postponed(f"{error.sentence} It goes on after {seconds:.0f} seconds.", due_at=until)


def _back_off(going: Visit, error: GraphError) -> Postponed:
    until = clock.now() + _note_failure(going.lease, error.sentence, tell_after=TELL_A_PERSON_AFTER)
    if error.retry_after:
        until = max(until, quiet.keep(going.workbook.pk, error.retry_after))
    return Postponed(error.sentence, due_at=until, failed=True)


def _note_failure(lease: Lease, sentence: str, *, tell_after: int = 1) -> timedelta:
    """Counts a failure and gives the pause that follows: 5 s, doubled with each in a row, 15 min at most.

    From `tell_after` failures in a row on it is the workbook's trouble, which asks for a person.
    """
    with lease.fenced() as workbook:
        workbook.failures += 1
        pause: timedelta = min(FIRST_BACKOFF * 2 ** min(workbook.failures - 1, 10), LONGEST_BACKOFF)
        workbook.backoff_until = clock.now() + pause
        again = f" It failed {workbook.failures} times in a row."
        if workbook.failures >= tell_after:
            workbook.trouble = sentence + (again if workbook.failures >= TELL_A_PERSON_AFTER else "")
        workbook.save(update_fields=["failures", "backoff_until", "trouble"])
    return pause


def _note_success(going: Visit) -> None:
    with going.lease.fenced() as workbook:
        workbook.failures = 0
        workbook.backoff_until = None
        workbook.trouble = ""
        if workbook.not_before and workbook.not_before <= clock.now():
            workbook.not_before = workbook.asked_at = None
        workbook.save(update_fields=["failures", "backoff_until", "trouble", "not_before", "asked_at"])
