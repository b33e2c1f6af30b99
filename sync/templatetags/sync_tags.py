"""What pages of any app show about Excel and about background work."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from django import template
from django.template import Context
from django.utils.timezone import is_aware

from repairs.models import Document, RepairOrder
from repairs.templatetags.orders import stored
from sync import queries, silence, work
from sync.columns import BY_FIELD, shown
from sync.models import Attention, DocumentCopy, OddRow, Replica, Run
from sync.progress import describe
from sync.queries import Standing

register = template.Library()

FAILURES_SEEN = "failures_seen"
"""The cookie in which a browser keeps which failures its person has looked at."""
# What a person can decide for each reason: the verb of sync.attention and what its button says.
DECISIONS: dict[Attention, tuple[tuple[str, str], ...]] = {
    Attention.GONE: (("write_again", "Write it again"), ("leave_out", "Leave it out")),
    Attention.TAKEN: (("adopt", "Take that row as this order’s"), ("leave_out", "Leave it out")),
    Attention.REFUSED: (("try_again", "Try again"),),
    Attention.NOT_KEPT: (("try_again", "Try again"),),
    Attention.SHEET: (("try_again", "Try again"),),
    Attention.NONE: (),
}


IGNORE = ("ignore", "Ignore from now on")


@register.filter
def choices(row: OddRow) -> tuple[tuple[str, str], ...]:
    """What can be decided about a row without an order: the act of sync.admin.odd_rows and what its button says."""
    if row.decision == OddRow.Decision.NUMBERED:
        return (("look_again", "Decide again"),)
    if row.why == OddRow.Why.UNKNOWN:
        return ("take", f"Make it G{row.number}"), IGNORE
    if row.why == OddRow.Why.NO_NUMBER:
        return ("take", "Make an order on a new row"), ("number", "Give it a number"), IGNORE
    return (IGNORE,)


@register.filter
def filled(row: OddRow) -> list[tuple[str, str]]:
    """The header and the content of every cell that holds something, days and amounts as people read them."""
    held = [
        (name, value) for name, value in row.cells.items() if name in BY_FIELD and value not in ("", None)
    ]
    return [(BY_FIELD[name].header, stored(seen_as(value, name), name)) for name, value in held]


@register.filter
def seen_as(cell: Any, field: str) -> str:
    """What was seen in a cell of the workbook, as repairs.activity.as_text would write it."""
    return shown(BY_FIELD[field], cell) if field in BY_FIELD else str(cell)


@register.simple_tag
def document_copies(documents: Iterable[Document]) -> dict[int, DocumentCopy]:
    """What SharePoint has of each of a list of documents, in one query."""
    copies = DocumentCopy.objects.filter(document__in=[document.pk for document in documents])
    return {copy.document_id: copy for copy in copies}


@register.inclusion_tag("sync/_document_place.html", takes_context=True)
def document_place(context: Context, document: Document, copies: dict[int, DocumentCopy]) -> dict[str, Any]:
    """Where a document is: here only, on its way, or in SharePoint; and what is in the way, with another try."""
    kept = {name: context.get(name) for name in ("csrf_token", "may")}
    return kept | {"document": document, "order": context["order"], "copy": copies.get(document.pk)}


@register.inclusion_tag("sync/_agreement.html")
def agreement() -> dict[str, Any]:
    return {"agreement": queries.agreement()}


@register.simple_tag
def sync_states(orders: Iterable[RepairOrder]) -> dict[int, Standing]:
    """How each of a list of orders stands with Excel, in one query."""
    return queries.standings(orders)


@register.filter
def of(standings: dict[int, Standing], order: RepairOrder) -> Standing:
    return standings.get(order.pk, queries.NOWHERE)


@register.inclusion_tag("sync/_order_sync.html", takes_context=True)
def order_sync(context: Context, order: RepairOrder, oob: bool = False) -> dict[str, Any]:
    """How an order stands with Excel; `oob` when htmx shall put it in its place by itself."""
    standing = queries.order_standing(order)
    return {"order": order, "standing": standing, "oob": oob, "may": context["may"]}


@register.filter
def decisions(replica: Replica) -> tuple[tuple[str, str], ...]:
    """What a person can decide about this order's row."""
    if replica.left_out:
        return (("put_back", "Write it to Excel after all"),)
    return DECISIONS[Attention(replica.attention)]


@register.simple_tag
def reasons(replicas: Iterable[Replica]) -> list[dict[str, Any]]:
    """The reasons among orders that need a person, each with what can be decided for all of them at once."""
    found = [Attention(value) for value in dict.fromkeys(replica.attention for replica in replicas)]
    return [
        {"value": reason.value, "label": reason.label, "decisions": DECISIONS[reason]}
        for reason in found
        if reason in DECISIONS
    ]


@register.simple_tag(takes_context=True)
def work_at_hand(context: Context) -> dict[str, Any]:
    """What the header's mark says, and the runs behind it as the browser shows them: open ones, and failures that this
    person has not seen."""
    found = queries.runs_at_hand(failures_seen=_seen(context["request"].COOKIES.get(FAILURES_SEEN, "")))
    failed = [run for run in found if run.state == Run.State.FAILED]
    shown = {"cards": [describe(run) for run in found], "count": len(failed or found)}
    return shown | {"state": "failed" if failed else "open", "percent": found[-1].percent if found else 0}


def _seen(cookie: str) -> datetime | None:
    """The end of the newest failure that was looked at, as the page notes it; None for what is no instant."""
    try:
        seen = datetime.fromisoformat(unquote(cookie))
        return seen.astimezone(UTC) if is_aware(seen) else None
    except (ValueError, OverflowError):  # also one that is before or after all years in UTC
        return None


@register.simple_tag
def attention_count() -> int:
    return queries.needing_attention().count()


@register.filter
def can_retry(run: Run) -> bool:
    """Not where another place is meant for that, and a success needs no second time."""
    return not work.kind(run.kind).again and run.state not in (Run.State.RUNNING, Run.State.SUCCEEDED)


@register.filter
def doing(run: Run) -> str:
    """What it does now, or that its worker is not heard of any more."""
    return silence.doing(run)


@register.filter
def can_cancel(run: Run) -> bool:
    return run.state in Run.OPEN and not run.cancel_asked and not work.kind(run.kind).stop
