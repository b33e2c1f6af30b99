"""What to do about an open order: how urgent it is, one plain sentence, the next step, and the act that does it.

Pure: everything follows from an order's Facts on one day. repairs.feed_queries finds the same levels in SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from repairs.models import RepairOrder
from repairs.reading import net_days
from repairs.returns import NOT_EXPECTED
from repairs.statuses import (
    APPROVED,
    BER,
    CANCELLED,
    COMPLETE,
    IN_WORK,
    PAID,
    RAI,
    RECEIVED,
    SCRAP,
    SHIPPED,
    STATUSES,
    TO_SEND,
    WAITING_QUOTE,
    sheet_for,
)
from repairs.wording import counted


class Level(IntEnum):
    """How urgent an order is; the first that fits."""

    LATE = 1
    ACTION = 2
    ARRIVING = 3
    REST = 4

    @property
    def title(self) -> str:
        return {1: "Late", 2: "Action required", 3: "Arriving", 4: "On course"}[self]


STALE_AFTER = {WAITING_QUOTE: 3, APPROVED: 3, SHIPPED: 5}
"""An order that has had one of these statuses for more than so many days needs somebody to act."""
ARRIVING_DAYS = 3


class Kind(StrEnum):
    """What an act does: sets a status, tells that the unit came back, moves to a sheet, takes a tracking number,
    or leads to the mail or the page of the order."""

    STATUS = "status"
    CAME_BACK = "came back"
    SHEET = "sheet"
    TRACKING = "tracking"
    MAIL = "mail"
    OPEN = "open"


@dataclass(frozen=True)
class Act:
    """One click: what it does, what the button says, and the status or sheet that it leads to."""

    kind: Kind
    label: str
    to: str = ""

    @property
    def key(self) -> str:
        """Names the act in a form, so that only what was shown is done."""
        return f"{self.kind} {self.to}".strip().lower().replace(" ", "-")


@dataclass(frozen=True)
class Facts:
    """What the advice follows from. Days are counted from today and None where no date is known.

    `late` and `due_back_in` are days until the next update was or the delivery is expected (below zero: passed).
    `belongs_on` is the sheet on which its status puts the order.
    """

    status: str = ""
    typed: str = ""
    days_in_status: int | None = None
    late: int = 0
    due_back_in: int | None = None
    tracking: str = ""
    has_shop: bool = True
    belongs_on: str = ""


@dataclass(frozen=True)
class Advice:
    """What the feed shows of an order; `late` is by how many days."""

    level: Level
    late: int
    sentence: str
    step: str
    act: Act


def facts_of(order: RepairOrder, today: date) -> Facts:
    """What is known of an order on Active on a day of the company."""
    expected = order.estimated_delivery if order.status not in NOT_EXPECTED else None
    return Facts(
        status=order.status,
        typed=order.status_text,
        days_in_status=None if order.status_date is None else max(0, (today - order.status_date).days),
        late=order.days_overdue(today),
        due_back_in=None if expected is None else (expected - today).days,
        tracking=order.tracking_number,
        has_shop=order.shop_id is not None,
        belongs_on=_belongs_on(order),
    )


def advise(facts: Facts) -> Advice:
    """The level, the sentence, the next step and its act."""
    passed = -min(0, facts.due_back_in or 0)
    step, act = _STEPS.get(facts.status, _look)(facts)
    if act.kind == Kind.MAIL and not facts.has_shop:
        step, act = "Say which shop it is at, then ask there.", Act(Kind.OPEN, "Choose the shop")
    return Advice(_level(facts), max(facts.late, passed), _sentence(facts, passed), step, act)


def _belongs_on(order: RepairOrder) -> str:
    if order.status not in STATUSES:
        return order.sheet
    net = net_days(order.terms) is not None
    return sheet_for(order.status, net_terms=net, unit_returned=None, current=order.sheet)


def _level(facts: Facts) -> Level:
    back = facts.due_back_in
    if facts.late or (back is not None and back < 0):
        return Level.LATE
    if _is_stale(facts):
        return Level.ACTION
    return Level.ARRIVING if back is not None and back <= ARRIVING_DAYS else Level.REST


def _is_stale(facts: Facts) -> bool:
    limit = STALE_AFTER.get(facts.status)
    return limit is not None and facts.days_in_status is not None and facts.days_in_status > limit


def _needs_asking(facts: Facts) -> bool:
    return _level(facts) in (Level.LATE, Level.ACTION)


def _sentence(facts: Facts, passed: int) -> str:
    told = _told(facts)
    if facts.late > passed:
        return f"{told}; the next update was due {_ago(facts.late)}."
    if facts.due_back_in is None or facts.due_back_in > ARRIVING_DAYS:
        return f"{told}."
    if passed:
        return f"{told}; it was due back {_ago(passed)}."
    return f"{told}; it is due back {_ahead(facts.due_back_in)}."


def _told(facts: Facts) -> str:
    """What is so, and for how long."""
    days = facts.days_in_status
    if not facts.status:
        return f"“{facts.typed}” is no known status" if facts.typed else "It has no status"
    if facts.status not in STATUSES:
        return f"Its status is {facts.status}{_for(days)}"
    told = {
        TO_SEND: f"Waiting to be sent{_for(days)}",
        WAITING_QUOTE: f"Waiting for a quote{_for(days)}",
        APPROVED: f"Approved{_since(days)}, and work has not begun",
        IN_WORK: f"In work{_for(days)}",
        SHIPPED: f"On its way{_for(days)}" + ("" if facts.tracking else " without a tracking number"),
        RECEIVED: f"Received{_since(days)}, and not complete",
        BER: f"Beyond economic repair{_for(days)}, and nobody has said that the unit came back",
        RAI: f"To be returned as is{_for(days)}, and nobody has said that the unit came back",
        CANCELLED: f"Cancelled{_since(days)}, and nobody has said that the unit came back",
    }
    return told.get(facts.status) or f"{facts.status.capitalize()}{_for(days)}, and still on the Active sheet"


def _for(days: int | None) -> str:
    if days is None:
        return ""
    return " since today" if days == 0 else f" for {counted(days, 'day')}"


def _since(days: int | None) -> str:
    if days is None:
        return ""
    return " today" if days == 0 else f" {_ago(days)}"


def _ago(days: int) -> str:
    return "yesterday" if days == 1 else f"{days} days ago"


def _ahead(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days) or f"in {counted(days, 'day')}"


Step = tuple[str, Act]
_WRITE = Act(Kind.MAIL, "Write to the shop")


def _send(_: Facts) -> Step:
    return "Send the unit to the shop.", Act(Kind.STATUS, "It is sent", WAITING_QUOTE)


def _approve(facts: Facts) -> Step:
    if _needs_asking(facts):
        return "Ask the shop for its quote.", _WRITE
    return "Approve the quote when it comes.", Act(Kind.STATUS, "Quote approved", APPROVED)


def _begin(facts: Facts) -> Step:
    if _needs_asking(facts):
        return "Ask the shop whether work has begun.", _WRITE
    return "Wait for the shop to begin.", Act(Kind.STATUS, "Work has begun", IN_WORK)


def _ship(facts: Facts) -> Step:
    if _needs_asking(facts):
        return "Ask the shop when it will be ready.", _WRITE
    return "Wait for the shop to ship it.", Act(Kind.STATUS, "It is shipped", SHIPPED)


def _receive(facts: Facts) -> Step:
    if not facts.tracking:
        return "Add the tracking number, or how it is picked up.", Act(Kind.TRACKING, "Add tracking")
    step = "Find out where it is." if _needs_asking(facts) else "Confirm it when it is here."
    return step, Act(Kind.STATUS, "It has arrived", RECEIVED)


def _complete(_: Facts) -> Step:
    return "Check the unit in, then complete the order.", Act(Kind.STATUS, "Complete it", COMPLETE)


def _take_back(_: Facts) -> Step:
    return "Find out whether the unit came back.", Act(Kind.CAME_BACK, "It came back")


def _put_away(facts: Facts) -> Step:
    sheet = facts.belongs_on
    return f"Move it to the {sheet} sheet.", Act(Kind.SHEET, f"Move to {sheet}", sheet)


def _name_it(_: Facts) -> Step:
    return "Choose the status that it is in.", Act(Kind.OPEN, "Open it")


def _look(_: Facts) -> Step:
    """For a status that only a newer version knows, whose processes run beside ours while it is rolled out."""
    return "See on its page what comes next.", Act(Kind.OPEN, "Open it")


_STEPS: dict[str, Callable[[Facts], Step]] = {
    TO_SEND: _send,
    WAITING_QUOTE: _approve,
    APPROVED: _begin,
    IN_WORK: _ship,
    SHIPPED: _receive,
    RECEIVED: _complete,
    COMPLETE: _put_away,
    PAID: _put_away,
    SCRAP: _put_away,
    BER: _take_back,
    RAI: _take_back,
    CANCELLED: _take_back,
    "": _name_it,
}
