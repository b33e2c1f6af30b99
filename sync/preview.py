"""What a flush would do now: its reading, its checks and its plan, made read-only over everything that waits."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sync import gone, wanted
from sync.flush import find_repairs, read_for
from sync.models import Attention
from sync.plan import Plan
from sync.planner import make_plan
from sync.reader import Reader
from sync.repair import Repairs
from sync.runs import Claim
from sync.sheets import Book
from sync.visit import Visit, visit
from sync.wanted import Wanted


@dataclass
class Preview:
    """A flush's plan as one, however many rounds it takes, and what it would ask people."""

    plan: Plan = field(default_factory=Plan)
    repairs: list[str] = field(default_factory=list)  # what would be put back first, a sentence for each row
    questions: dict[int | None, dict[str, Any]] = field(
        default_factory=dict
    )  # by RO number; None: the workbook

    def ask(self, number: int | None, code: str, reason: str) -> None:
        self.questions[number] = {"order": number, "code": code, "reason": reason}

    @property
    def counts(self) -> Counter[str]:
        """Rows in the words of the command's report. The row that a move leaves goes once its copy was read back."""
        intents = self.plan.intents.values()
        return Counter(
            rows_written=self.plan.rows_written - self.plan.rows_added,
            rows_added=self.plan.rows_added,
            rows_deleted=sum(intent.kind == "move" for intent in intents),
        )

    def describe(self) -> dict[str, Any]:
        return self.plan.describe() | {"repairs": self.repairs}


def work(claim: Claim, show: Callable[[Preview], None]) -> None:
    """Shows the preview of everything that is pending; writes nothing."""

    def look(going: Visit) -> None:
        orders = wanted.to_settle(going.workbook, limit=None)
        if orders:
            book = read_for(orders, Reader(going.file, going.session_id))
            show(_preview(going, book, orders))

    visit(claim, look)


def _preview(going: Visit, book: Book, orders: list[Wanted]) -> Preview:
    """A flush repairs first, and reads everything again before it plans: beside repairs nothing can be planned yet."""
    repairs = find_repairs(going.workbook, book, orders, None)
    preview = Preview(repairs=list(repairs.told.values()))
    if not _stopped(going, book, repairs, preview) and repairs.plan.is_empty:
        preview.plan = make_plan(book, orders)
        numbers = {order.order_id: order.number for order in orders}
        for order_id, (code, reason) in preview.plan.attention.items():
            preview.ask(numbers[order_id], code, reason)
    return preview


def _stopped(going: Visit, book: Book, repairs: Repairs, preview: Preview) -> bool:
    """Whether rows that are gone would stop the flush before any write; what it would ask about them is noted."""
    found = gone.look(book, going.workbook.pk, repairs)
    stops = found.stops(halted=going.workbook.halted)
    if stops or repairs.plan.is_empty:
        for row in found.new:
            preview.ask(row.number, Attention.GONE, row.question)
    if stops:
        preview.ask(None, "workbook", stops)
    return bool(stops)
