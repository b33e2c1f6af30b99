"""Rows that stood in the workbook and are gone. That is a question to a person, never an act."""

from collections import Counter
from dataclasses import dataclass

from repairs import clock
from repairs.wording import counted
from sync.lease import Lease
from sync.models import Attention, Replica, Workbook
from sync.repair import Repairs
from sync.runs import Failed
from sync.sheets import Book

# More at once, or a sheet that lost over half its rows, looks like an accident: nothing is written at all.
MOST_GONE_AT_ONCE = 5
FEWEST_FOR_HALF = 3


@dataclass(frozen=True)
class _Known:
    replica_id: int
    number: int
    sheet: str
    told: bool  # a person was asked about it already

    @property
    def question(self) -> str:
        return f"The row of G{self.number} is gone from the workbook; it stood on {self.sheet}."


@dataclass(frozen=True)
class Gone:
    """The agreed rows that a reading did not find, those that it found again, and whether that is an accident."""

    gone: list[_Known]
    back: list[_Known]
    accident: str  # as a sentence; "" when it looks like none

    @property
    def new(self) -> list[_Known]:
        """Those that nobody was asked about."""
        return [row for row in self.gone if not row.told]

    def stops(self, *, halted: bool) -> str:
        """Why nothing may be written, as a sentence; "" when it may. A halt lasts while any row is gone."""
        if self.accident or not (halted and self.gone):
            return self.accident
        return f"Gone from the workbook: {counted(len(self.gone), 'row')}. Please decide about that first."


def look(book: Book, workbook_id: int, repairs: Repairs) -> Gone:
    """Compares the keys that were read with the rows that were agreed on. Rows that repairs bring back are not gone.

    While a ledger sheet can't be used, only those count that were asked about: a person may have moved any other there.
    """
    known = _agreed_rows(workbook_id)
    missing = [row for row in known if row.number not in book.places and row.number not in repairs.numbers]
    gone = [row for row in missing if row.told or not book.refused]
    back = [row for row in known if row.told and row.number in book.places]
    return Gone(gone, back, _accident(known, gone))


def check_gone(book: Book, lease: Lease, repairs: Repairs) -> set[int]:
    """Acts on what `look` finds; the ids of the replicas whose rows are gone.

    Asks a person about single rows that are gone; withdraws the question when a row is back. Raises Failed, and
    halts the workbook, when too many are gone at once, until a person has decided about them. While repairs are
    due it only looks for that: rows that they bring back are not gone, and the others are asked about afterwards.
    """
    found = look(book, lease.workbook_id, repairs)
    with lease.fenced() as workbook:
        stops = found.stops(halted=workbook.halted)
        if stops or repairs.plan.is_empty:
            _welcome_back(found.back)
            _ask(found.new, still_intended=not repairs.plan.is_empty)
            _halt(workbook, halted=bool(stops))
    if stops:
        raise Failed(stops)
    return {row.replica_id for row in found.gone}


def _agreed_rows(workbook_id: int) -> list[_Known]:
    rows = Replica.objects.filter(workbook=workbook_id, agreed__isnull=False, left_out=False)
    values = rows.values_list("pk", "order__number", "sheet", "attention")
    return [_Known(pk, number, sheet, code == Attention.GONE) for pk, number, sheet, code in values]


def _accident(known: list[_Known], gone: list[_Known]) -> str:
    """Why the missing rows look like an accident, as a sentence; "" when they don't.

    What a sheet lost in parts, with flushes in between, is counted together: nobody has decided about it yet.
    """
    new = [row for row in gone if not row.told]
    if len(new) > MOST_GONE_AT_ONCE:
        return f"{len(new)} rows are gone from the workbook at once. Nothing was written; please look at it."
    stood, missing = Counter(r.sheet for r in known), Counter(r.sheet for r in gone)
    for sheet in dict.fromkeys(row.sheet for row in new):
        count = missing[sheet]
        if count >= FEWEST_FOR_HALF and 2 * count > stood[sheet]:
            return f"{sheet} has lost {count} of its {stood[sheet]} rows. Nothing was written; please look at it."
    return ""


def _ask(rows: list[_Known], *, still_intended: bool) -> None:
    """A question for each row. What was intended stays where a repair needs it, should the row come back."""
    for row in rows:
        replica = Replica.objects.filter(pk=row.replica_id)
        replica.update(attention=Attention.GONE, attention_text=row.question, attention_since=clock.now())
        if not still_intended:
            replica.update(intent=None)


def _welcome_back(rows: list[_Known]) -> None:
    Replica.objects.filter(pk__in=[row.replica_id for row in rows]).update(
        attention="", attention_text="", pending_since=clock.now()
    )


def _halt(workbook: Workbook, *, halted: bool) -> None:
    if workbook.halted != halted:
        workbook.halted = halted
        workbook.save(update_fields=["halted"])
