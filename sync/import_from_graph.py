"""Reading the ledger sheets of the living workbook through Microsoft Graph."""

from __future__ import annotations

from sync.columns import SHEETS
from sync.foreground import Tell, finish_now
from sync.models import Run
from sync.reader import Reader
from sync.visit import Visit, visit
from sync.xlsx import Sheets, UnreadableWorkbook, plain_rows


def read_living_workbook(*, tell: Tell) -> Sheets:
    """The ledger sheets of the configured workbook, in the form in which sync.xlsx gives those of a file.

    They are read in a visit of its own; `tell` hears what it waits for. Raises sync.foreground.NotDone and
    UnreadableWorkbook.
    """
    found: Sheets = {}
    foreign: list[str] = []

    def read(going: Visit) -> None:
        going.claim.report("Reading the workbook")
        reader = Reader(going.file, going.session_id)
        book = reader.read(whole=SHEETS, spare={})
        found.update({name: plain_rows(view.values) for name, view in book.sheets.items()})
        foreign.extend(book.refused[name] for name in reader.ledgers() if name in book.refused)

    finish_now(Run.Kind.READ, lambda claim: visit(claim, read), started_by="import_workbook", tell=tell)
    if foreign:
        raise UnreadableWorkbook(foreign[0])
    return found
