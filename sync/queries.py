"""What the pages read about the workbook: how far it agrees, how each order stands, which runs there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from repairs import clock
from repairs.models import RepairOrder
from repairs.reading import read_number
from sync import work
from sync.models import Attention, OddRow, Replica, Run, Workbook

# A page that was away for a moment still learns how a run ended within this time.
SHOWN_AFTER_END = timedelta(seconds=30)
MOST_RUNS_SHOWN = 5
FAILED_SHOWN_FOR = timedelta(days=30)
MOST_DIFFERENCES_SHOWN = 100


@dataclass(frozen=True)
class Standing:
    """How one order stands with Excel: `key` for the style, `word` for the list, `text` for its page."""

    key: str
    word: str
    text: str
    at: datetime | None = None
    replica: Replica | None = None


NOWHERE = Standing("none", "Not in Excel", "Not in Excel yet")


@dataclass(frozen=True)
class Agreement:
    """How far the workbook agrees. `key` is ok, waiting, trouble or unknown."""

    key: str
    workbook: Workbook | None
    pending: int
    attention: int

    @property
    def differing(self) -> int:
        return self.workbook.compared - self.workbook.agreeing if self.workbook else 0


def workbook() -> Workbook | None:
    """The configured workbook's row, if there is one already."""
    return Workbook.objects.filter(
        drive_id=settings.GRAPH_DRIVE_ID, item_id=settings.EXCEL_WORKBOOK_ID
    ).first()


def _replicas() -> QuerySet[Replica]:
    return Replica.objects.filter(
        workbook__drive_id=settings.GRAPH_DRIVE_ID, workbook__item_id=settings.EXCEL_WORKBOOK_ID
    )


def to_decide() -> QuerySet[Replica]:
    """The orders about whose row a person may decide something: also those that were left out."""
    return _replicas().exclude(attention=Attention.NONE, left_out=False).select_related("order")


def needing_attention() -> QuerySet[Replica]:
    """The orders whose row a person must decide about, oldest need first."""
    return (
        _replicas()
        .exclude(attention=Attention.NONE)
        .filter(left_out=False)
        .select_related("order", "order__shop")
        .order_by("attention_since", "order__number")
    )


def differing(search: str = "") -> QuerySet[Replica]:
    """The orders in whose row a person changed something that was left alone; by number, or the one searched for."""
    found = _replicas().filter(left_out=False).exclude(seen={}).select_related("order__shop", "workbook")
    number = read_number(search) if search else None
    found = found.filter(order__number=number or 0) if search.strip() else found
    return found.order_by("-order__number")


def odd_rows() -> QuerySet[OddRow]:
    """The rows of the workbook without an order about which nobody has decided yet."""
    return OddRow.objects.filter(workbook=workbook(), decision=OddRow.Decision.NONE)


def odd_rows_to_show() -> QuerySet[OddRow]:
    """Those, and the rows whose number is still to be typed into the workbook."""
    open_ones = (OddRow.Decision.NONE, OddRow.Decision.NUMBERED)
    return OddRow.objects.filter(workbook=workbook(), decision__in=open_ones)


def waiting() -> QuerySet[Replica]:
    """The orders that a next flush would write."""
    return _replicas().filter(pending_since__isnull=False, attention=Attention.NONE, left_out=False)


def agreement() -> Agreement:
    book = workbook()
    pending, attention = (waiting().count(), needing_attention().count()) if book else (0, 0)
    return Agreement(_agreement_key(book, pending), book, pending, attention)


def _agreement_key(book: Workbook | None, pending: int) -> str:
    if book is None or (book.checked_at is None and not book.trouble):
        return "waiting" if pending else "unknown"
    if book.halted or book.trouble:
        return "trouble"
    if pending:
        return "waiting"
    return "ok" if book.agreeing == book.compared else "trouble"


def standings(orders: Iterable[RepairOrder]) -> dict[int, Standing]:
    """How each of these orders stands, by its id, in one query."""
    keys = [order.pk for order in orders]
    found = {replica.order_id: standing(replica) for replica in _replicas().filter(order__in=keys)}
    return {key: found.get(key, NOWHERE) for key in keys}


def order_standing(order: RepairOrder) -> Standing:
    return standings([order])[order.pk]


def standing(replica: Replica) -> Standing:
    """What the replica says, in words."""
    if replica.left_out:
        return Standing("none", "Left out", "Left out of Excel, as a person decided", replica=replica)
    if replica.attention:
        reason = replica.attention_text or replica.get_attention_display()
        return Standing("trouble", "Needs attention", reason, replica.attention_since, replica)
    if replica.pending_since:
        return Standing("waiting", "Waiting", "Waiting to be written", replica.pending_since, replica)
    if replica.agreed is None:
        return Standing(NOWHERE.key, NOWHERE.word, NOWHERE.text, replica=replica)
    return Standing("ok", "In Excel", "In Excel", replica.arrived_at, replica)


def standing_groups() -> list[Q]:
    """The orders by how they stand with Excel, from what needs a person to what nobody waits for.

    `standing` says the same of one order.
    """
    written = _replicas().filter(left_out=False)
    troubled = written.exclude(attention=Attention.NONE)
    calm = written.filter(attention=Attention.NONE)
    waiting = calm.filter(pending_since__isnull=False)
    there = calm.filter(pending_since=None, agreed__isnull=False)
    left_out = _replicas().filter(left_out=True)
    placed = troubled, waiting, there, left_out
    nowhere = reduce(and_, (~_held(group) for group in placed))
    return [_held(troubled), _held(waiting), _held(there), nowhere, _held(left_out)]


def _held(replicas: QuerySet[Replica]) -> Q:
    """The orders of some replicas."""
    return Q(Exists(replicas.filter(order=OuterRef("pk"))))


def runs_at_hand(*, failures_seen: datetime | None) -> list[Run]:
    """The newest runs that a person may be waiting for, or that failed, are not settled and ended after
    `failures_seen`; oldest first."""
    failed = _unsettled()
    if failures_seen:
        failed &= Q(finished_at__gt=failures_seen)
    shown = Run.objects.filter(kind__in=work.kinds_told_to_all(), state__in=(*Run.OPEN, Run.State.FAILED))
    found = shown.filter(Q(state__in=Run.OPEN) | failed).order_by("-id")[:MOST_RUNS_SHOWN]
    return list(reversed(found))


def live_runs() -> list[Run]:
    """Every open run, and those that ended a moment ago; oldest first."""
    just_ended = Q(finished_at__gte=clock.now() - SHOWN_AFTER_END)
    shown = Run.objects.filter(kind__in=work.kinds_told_to_all())
    found = shown.filter(Q(state__in=Run.OPEN) | just_ended).order_by("-id")[:MOST_RUNS_SHOWN]
    return list(reversed(found))


def runs(*, state: str, kind: str) -> QuerySet[Run]:
    """Runs, newest first; a filter that is no state or kind is left out."""
    found = Run.objects.order_by("-id")
    if state in Run.State.values:
        found = found.filter(state=state)
    return found.filter(kind=kind) if kind in dict(work.choices()) else found


def failed_runs() -> QuerySet[Run]:
    """Runs that failed and whose work was not done since: what a person has to look at, newest first."""
    return Run.objects.filter(_unsettled()).order_by("-id")


def _unsettled() -> Q:
    done_since = Run.objects.filter(
        kind=OuterRef("kind"), state=Run.State.SUCCEEDED, pk__gt=OuterRef("pk")
    ).filter(
        Q(workbook=OuterRef("workbook")) | Q(workbook__isnull=True),
        Q(about=OuterRef("about")) | Q(about__isnull=True),
    )
    lately = Q(state=Run.State.FAILED, finished_at__gte=clock.now() - FAILED_SHOWN_FOR)
    return lately & ~Q(Exists(done_since))


RESULT_LABELS = {
    "imported": "New",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "orders_synced": "Orders in Excel",
    "rows_written": "Rows changed",
    "rows_added": "Rows added",
    "rows_deleted": "Rows removed",
    "http_requests": "Requests to Microsoft",
    "batch_steps": "Writing steps",
    "longest_gap": "Seconds from reading to writing",
    "agreeing": "Orders that agree",
    "compared": "Orders compared",
    "differences": "Differences",
}


def result_rows(run: Run) -> list[tuple[str, Any]]:
    """A run's results, as label and value."""
    return [(label, run.result[name]) for name, label in RESULT_LABELS.items() if name in run.result]
