"""Finding and mending what our writes hit when rows had shifted between reading and writing. Pure.

Graph has no compare-and-swap. If a person inserts, sorts or deletes rows in the seconds between our reading and
our writing, a block lands on other rows. The next reading sees it: a row that we wrote has another key. What
stood there is known from the image taken before the write.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.columns import BY_FIELD, same
from sync.plan import CellWrite, Plan
from sync.sheets import BLANK, HEADER_ROW, Book, Content, Place, SheetView, moved
from sync.shifts import Shift, alike
from sync.styling import restored
from sync.wanted import Intent, Wanted

Image = Mapping[str, SheetView]
NOTHING = 0  # no row


def take_image(book: Book, sheets: Iterable[str]) -> dict[str, SheetView]:
    """The named sheets as this reading found them."""
    return {name: book.sheets[name] for name in sheets}


def image_as_json(image: Image) -> dict[str, Any]:
    return {
        name: {
            "columns": dict(view.columns),
            "width": view.width,
            "values": view.values,
            "formats": view.formats,
            "formulas": [[row, column, text] for (row, column), text in view.formulas.items()],
        }
        for name, view in image.items()
    }


def image_from_json(kept: Mapping[str, Any]) -> dict[str, SheetView]:
    return {
        name: SheetView(
            name,
            sheet_id="",
            columns=sheet["columns"],
            width=sheet["width"],
            values=sheet["values"],
            formats=sheet["formats"],
            formulas={(row, column): text for row, column, text in sheet["formulas"]},
        )
        for name, sheet in kept.items()
    }


@dataclass
class Repairs:
    """The writes of a repair, a sentence for each row, and what comes back: rows of the image, RO numbers."""

    plan: Plan = field(default_factory=Plan)
    told: list[str] = field(default_factory=list)
    put_back: set[tuple[str, int]] = field(default_factory=set)  # sheet and row
    numbers: set[int | None] = field(default_factory=set)


def plan_repairs(
    book: Book, orders: Iterable[Wanted], image: Image, *, earlier: Collection[tuple[str, int]] = ()
) -> Repairs:
    """The writes that put back what our open intents hit by mistake.

    Empty when nothing was hit. Repairs go first and alone; then everything is read again. `earlier` are rows of
    this image that came back before: nobody need wonder any more what the deletes took that missed their rows.
    """
    open_intents = [(w, w.intent) for w in orders if w.intent is not None]
    repair = _Repair(book, image, [(w.number, i) for w, i in open_intents])
    written = [(w, i) for w, i in open_intents if i.sheet in repair.shifts and not i.deleting]
    for wanted, intent in written:
        if not intent.adds_row:
            repair.stray_cells(wanted, intent)
    # First the rows of which something is left to see.
    for remains in (True, False):
        for wanted, intent in written:
            if intent.adds_row:
                repair.overwritten_row(wanted, intent, remains=remains)
    for sheet in repair.shifts:
        deletes = [(w, i) for w, i in open_intents if i.deleting and i.source_sheet == sheet]
        repair.deleted_rows(sheet, deletes, earlier={row for name, row in earlier if name == sheet})
    return repair.repairs


class _Repair:
    def __init__(self, book: Book, image: Image, intents: Sequence[tuple[int, Intent]]) -> None:
        self.book = book
        self.repairs = Repairs()
        self.plan = self.repairs.plan
        self.found: set[tuple[str, int]] = (
            set()
        )  # rows of the image that stand there, with cells of ours in them
        self.shifts = {
            name: Shift(earlier, book.sheets[name], self._elsewhere(name, intents))
            for name, earlier in image.items()
            if name in book.sheets and book.sheets[name].complete
        }

    def _elsewhere(self, sheet: str, intents: Iterable[tuple[int, Intent]]) -> set[int]:
        """Numbers that stand on other sheets; the old row of a copy must be here until it is deleted."""
        needed = {
            number for number, intent in intents if intent.source_sheet == sheet and not intent.deleting
        }
        return {n for n, places in self.book.places.items() if any(p.sheet != sheet for p in places)} - needed

    def stray_cells(self, wanted: Wanted, intent: Intent) -> None:
        """Cells of an update that landed on a row of another order, or on one without a number."""
        shift = self.shifts[intent.sheet]
        if shift.now.key_at(intent.row) == wanted.number:
            return
        hit = [
            name
            for name, cell in intent.cells.items()
            if self._holds(shift.now, intent.row, name, cell.value)
        ]
        original = _original(shift, intent.row, {shift.now.columns[name] for name in hit}) if hit else None
        if original is None:
            return
        self.found.add((intent.sheet, original))
        for name in hit:
            column = shift.now.columns[name]
            before = BLANK if original == NOTHING else shift.earlier.at(original, column)
            before = moved(before, column=column, from_row=original, to_row=intent.row)
            self._put(shift.now, intent.row, column, before)
        if intent.row in self.plan.writes.get(intent.sheet, {}):
            self._tell(intent.sheet, intent.row, "while we wrote")

    def _holds(self, view: SheetView, row: int, name: str, value: Any) -> bool:
        read = self.book.read_field(Place(view.name, row), BY_FIELD[name])
        return read is not None and same(BY_FIELD[name], read[0], value)

    def overwritten_row(self, wanted: Wanted, intent: Intent, *, remains: bool) -> None:
        """A row that a person's insertion pushed to where a new row was then written.

        A last row that a person removed may look the same; then it comes back, since the other way it were lost.
        """
        shift = self.shifts[intent.sheet]
        rows = [p.row for p in self.book.places.get(wanted.number, ()) if p.sheet == intent.sheet]
        row = intent.row if intent.row in rows else rows[0] if len(rows) == 1 else None
        if row is None or row in shift.origins:
            return
        ours = self._written_columns(intent, shift.now)
        rest = _without(shift.now.row(row), ours)
        if remains is all(cell.is_blank for cell in rest):
            return
        for origin in shift.lost:
            pushed = shift.may_have_come(origin, row) and alike(
                _without(shift.earlier.row(origin), ours), rest
            )
            if pushed and (intent.sheet, origin) not in self.found | self.repairs.put_back:
                self._put_row(shift, row, origin, "while we wrote")
                return

    def _written_columns(self, intent: Intent, view: SheetView) -> set[int]:
        """The columns that hold something of ours in a row that we added."""
        columns = {view.columns[name] for name in intent.cells if name in view.columns}
        source = self.book.sheets.get(intent.source_sheet)
        fields = {column: name for name, column in source.columns.items()} if source else {}
        copied = [column for column, cell in enumerate(intent.stood, start=1) if not cell.is_blank]
        return columns | {view.columns.get(fields.get(column, ""), column) for column in copied}

    def deleted_rows(
        self, sheet: str, deletes: Sequence[tuple[Wanted, Intent]], *, earlier: Collection[int]
    ) -> None:
        """Rows that one of our deletes took instead of the row that it meant."""
        shift = self.shifts[sheet]
        numbers = shift.now.key_counts()
        missed = sum(numbers[w.number] > intent.surplus_there for w, intent in deletes)
        missed -= len(set(earlier).difference(shift.lost))
        if not shift.in_order and missed <= 0:
            return
        for origin in shift.taken([intent.source_row for _, intent in deletes], missed=missed):
            row = max(shift.now.last_row, *self.plan.writes.get(sheet, {}), HEADER_ROW) + 1
            self._put_row(shift, row, origin, "while a row was removed")

    def _put_row(self, shift: Shift, row: int, origin: int, when: str) -> None:
        self.repairs.put_back.add((shift.now.name, origin))
        self.repairs.numbers.add(shift.earlier.key_at(origin))
        for column in range(1, max(shift.earlier.width, shift.now.width) + 1):
            before = moved(shift.earlier.at(origin, column), column=column, from_row=origin, to_row=row)
            self._put(shift.now, row, column, before)
        self._tell(shift.now.name, row, when)

    def _put(self, view: SheetView, row: int, column: int, content: Content) -> None:
        current = view.at(row, column)
        if not current.same_content(content):
            self.plan.write(view.name, row, column, restored(content, current))
        elif current.number_format != content.number_format:
            self.plan.write(view.name, row, column, CellWrite(None, content.number_format))

    def _tell(self, sheet: str, row: int, when: str) -> None:
        self.repairs.told.append(f"Rows of {sheet} had shifted {when}: row {row} was put back.")


def _original(shift: Shift, row: int, ours: set[int]) -> int | None:
    """Where the row that was hit stood earlier: NOTHING for a row that was blank, None when unknown."""
    if row in shift.origins:
        return shift.origins[row]
    rest = _without(shift.now.row(row), ours)
    lost = [origin for origin in shift.lost if alike(_without(shift.earlier.row(origin), ours), rest)]
    if lost:
        return lost[0]
    return NOTHING if all(cell.is_blank for cell in rest) else None


def _without(cells: list[Content], columns: set[int]) -> list[Content]:
    return [BLANK if column in columns else cell for column, cell in enumerate(cells, start=1)]
