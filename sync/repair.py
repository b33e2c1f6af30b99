"""Finding and mending what our writes hit when rows had shifted between reading and writing. Pure.

Graph has no compare-and-swap. If a person inserts, sorts or deletes rows in the seconds between our reading and
our writing, a block lands on other rows. The next reading sees it: what was sent to a row is not in that row, but in
another. What stood there is known from the image taken before the write. A repair is a write like any other, so what
it sends is added to the image: it may miss its rows as well.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from repairs.reading import read_number
from sync.columns import BY_FIELD
from sync.image import NOTHING, Image, Sent, holds, take_image
from sync.plan import CellWrite, Plan
from sync.sheets import BLANK, HEADER_ROW, Book, Content, SheetView, moved
from sync.shifts import Shift, alike
from sync.styling import restored
from sync.wanted import Intent, Wanted


@dataclass
class Repairs:
    """The writes of a repair, a sentence for each row, and what comes back: rows of the image, RO numbers.

    Places are sheet and row.
    """

    plan: Plan = field(default_factory=Plan)
    told: dict[tuple[str, int], str] = field(default_factory=dict)
    put_back: set[tuple[str, int]] = field(default_factory=set)
    numbers: set[int | None] = field(default_factory=set)
    origins: dict[tuple[str, int], int] = field(default_factory=dict)  # place to the row of the image
    image: Image = field(default_factory=lambda: Image({}))  # what was planned by

    def leave(self, places: Iterable[tuple[str, int]]) -> None:
        """Puts these rows back no more."""
        for sheet, row in places:
            self.told.pop((sheet, row), None)
            self.plan.writes.get(sheet, {}).pop(row, None)
        self.plan.writes = {sheet: rows for sheet, rows in self.plan.writes.items() if rows}

    def number_at(self, sheet: str, row: int) -> int | None:
        """The RO number of what is put back into a row."""
        return self.image.sheets[sheet].key_at(self.origins[sheet, row])

    def taking_image(self, book: Book) -> Image:
        """The sheets as this repair finds them; under it what it was planned by, once it has been sent as well.

        A row without a number is known by its contents alone, so it stands there as the repair leaves it.
        """
        under = self.image.with_repairs(self.plan, self.origins, self.put_back)
        after = {name: book.sheets[name].with_cells(self._nameless(name)) for name in self.plan.writes}
        return replace(take_image(replace(book, sheets={**book.sheets, **after}), self.plan), under=under)

    def _nameless(self, sheet: str) -> dict[tuple[int, int], Content]:
        """What this repair puts into rows that have no number then, or share theirs."""
        earlier, written = self.image.sheets[sheet], self.plan.writes[sheet]
        named = {number for number, count in earlier.key_counts().items() if count == 1}
        origins = {row: self.origins[sheet, row] for row in written}
        nameless = [row for row, origin in origins.items() if earlier.key_at(origin) not in named]
        return {
            (row, column): _brought(earlier, origins[row], column, to_row=row)
            for row in nameless
            for column in written[row]
        }


def plan_repairs(
    book: Book, orders: Iterable[Wanted], image: Image, *, leaving: Collection[tuple[str, int]] = ()
) -> Repairs:
    """The writes that put back what was hit by mistake since the image was taken.

    Empty when nothing was hit. Repairs go first and alone; then everything is read again. What a repair hit by
    mistake itself is put back before all else, as it stood before that repair, and then the repair is planned anew.
    Rows that are to be left, by sheet and number, are put back no more.
    """
    intents = [(w, w.intent) for w in orders if w.intent is not None]
    due = Repairs()
    for level in image.levels:
        due = _Repair(book, level, intents, repaired=level is not image).planned()
        due.leave(leaving)
        if not due.plan.is_empty:
            due.numbers |= {number for level in image.levels for number in level.numbers_put_back}
            break
    return due


class _Repair:
    """What is due for one image. `repaired`: rows have moved since, wherever they stand now."""

    def __init__(
        self, book: Book, image: Image, intents: Sequence[tuple[Wanted, Intent]], *, repaired: bool
    ) -> None:
        self.book = book
        self.image = image
        self.intents = intents
        self.repairs = Repairs(image=image)
        self.plan = self.repairs.plan
        self.found: set[tuple[str, int]] = (
            set()
        )  # rows of the image that stand there, with cells of ours in them
        self.shifts = {
            name: Shift(earlier, book.sheets[name], self._elsewhere(name), has_moved=repaired)
            for name, earlier in image.sheets.items()
            if name in book.sheets and _is_comparable(earlier, book.sheets[name])
        }
        self.sent = [sent for sent in image.sent if sent.sheet in self.shifts]
        self.arrived: dict[
            tuple[str, int], set[int]
        ] = {}  # columns in which a row holds what was meant for it
        for sent in self.sent:
            self._note_arrived(sent)
        self.changed: dict[str, list[int]] = {}

    def planned(self) -> Repairs:
        # First what says most, so that nothing that says less takes its row for its own.
        for sent in sorted(self.sent, key=lambda s: -len(s.values)):
            if not self.names_its_row(sent):
                self.stray_cells(sent)
        # First the rows of which something is left to see.
        for remains in (True, False):
            for sent in self.sent:
                if self.names_its_row(sent):
                    self.overwritten_row(sent, remains=remains)
        for sheet in self.shifts:
            self.deleted_rows(sheet)
        return self.repairs

    def _elsewhere(self, sheet: str) -> set[int]:
        """Numbers that have gone to another sheet; the old row of a copy must be here until it is deleted.

        One that stood in two rows before has gone nowhere only because the other row is there.
        """
        leaving = {
            w.number: (i.source_sheet, i.source_row) for w, i in self.intents if i.source_sheet == sheet
        }
        deleted = {number for number, place in leaving.items() if place in self.image.deletes}
        others = {n for n, places in self.book.places.items() if any(p.sheet != sheet for p in places)}
        return others - (self.image.twice | leaving.keys()) | (others & deleted)

    def names_its_row(self, sent: Sent) -> bool:
        """Whether an RO number was sent: then the row that it landed on is known by that, whatever it was before."""
        return self._number(sent) is not None

    def _number(self, sent: Sent) -> int | None:
        cell = sent.values.get(self.shifts[sent.sheet].earlier.columns["number"])
        value = cell.value if cell else None
        return read_number(value.removeprefix("'") if isinstance(value, str) else value)

    def stray_cells(self, sent: Sent) -> None:
        """Cells that landed on another row than the one that they were meant for."""
        shift = self.shifts[sent.sheet]
        if not sent.values or not (sent.done or shift.has_moved):
            return
        if self._has_arrived(shift, sent):
            self._left_alone(shift, sent)
            return
        for row, columns in self._hit_rows(shift, sent):
            original = _original(shift, row, columns)
            if original is not None and original != (sent.origin or None):
                self._put_cells(shift, row, original, columns, sent=sent)
                return
        if self._hit_a_new_row(shift, sent):
            self._put_cells(shift, sent.row, NOTHING, sent.values, sent=sent, sure=False)

    def _hit_a_new_row(self, shift: Shift, sent: Sent) -> bool:
        """Whether the cells landed in a row that a person inserted, and filled, since the image was taken.

        What stood under them nobody knows; most likely nothing. After a death it may be all a person's. A row whose
        number a person corrected meanwhile is known no more either, and ours is what belongs there.
        """
        columns = _held(shift.now, sent.row, sent) - self.arrived.get((sent.sheet, sent.row), set())
        taken = self.plan.writes.get(sent.sheet, {})
        is_new = sent.row not in shift.origins and sent.row not in taken
        whole = columns == set(sent.values)
        return sent.done and is_new and whole and not _has_another_number(shift, sent)

    def _note_arrived(self, sent: Sent) -> None:
        shift = self.shifts[sent.sheet]
        row = self._landed(shift, sent) if self.names_its_row(sent) else shift.now_at.get(sent.origin)
        if row is None:
            return
        held = _held(shift.now, row, sent)
        # What a repair brings back must stand there as it did; the same in another spelling is what hit the cell.
        unlike = _held(shift.earlier, sent.origin, sent) & shift.changed_columns(row, held)
        if len(held - unlike) == len(sent.values):
            self.arrived.setdefault((sent.sheet, row), set()).update(sent.values)

    def _has_arrived(self, shift: Shift, sent: Sent) -> bool:
        row = shift.now_at.get(sent.origin, NOTHING)
        return set(sent.values) <= self.arrived.get((sent.sheet, row), set())

    def _left_alone(self, shift: Shift, sent: Sent) -> None:
        """Cells that hit another row, where the row that they were meant for says the same by a writing that missed."""
        row = sent.row
        if row in self.plan.writes.get(sent.sheet, {}):
            return
        columns = _held(shift.now, row, sent) - self.arrived.get((sent.sheet, row), set())
        original = _original(shift, row, columns)
        if not columns or original in (None, sent.origin):
            return
        if original == NOTHING or shift.changed_columns(row, sent.values) == columns == set(sent.values):
            self._put_cells(shift, row, original, columns, sent=sent)

    def _hit_rows(self, shift: Shift, sent: Sent) -> Iterator[tuple[int, set[int]]]:
        """Rows that may have been hit, the likeliest first, with the columns that hold what was sent.

        After the write the rows may have moved again. A row that holds all of it is looked for everywhere then; one
        that holds a part, only where it was sent.
        """
        taken, own = self.plan.writes.get(sent.sheet, {}), shift.now_at.get(sent.origin)
        part: set[int] = set()
        # Where no row has moved, and for a blank row that is cleared, only that place counts: else it was a person.
        elsewhere = self._changed(shift) if shift.has_moved and sent.origin != NOTHING else []
        for row in dict.fromkeys((sent.row, *elsewhere)):
            reached = row == sent.row or sent.done or shift.may_have_passed(row, sent.row)
            if row in taken or row == own or not reached:
                continue
            columns = _held(shift.now, row, sent) - self.arrived.get((sent.sheet, row), set())
            if not (columns and shift.changed(row, columns)):
                continue
            if len(columns) == len(sent.values):
                yield row, columns
            elif row == sent.row:
                part = columns
        if part:
            yield sent.row, part

    def _changed(self, shift: Shift) -> list[int]:
        """The rows that hold something else than they did, in a column that was sent."""
        name = shift.now.name
        if name not in self.changed:
            columns = {column for sent in self.sent if sent.sheet == name for column in sent.values}
            rows = range(HEADER_ROW + 1, shift.now.last_row + 1)
            self.changed[name] = [row for row in rows if shift.changed(row, columns)]
        return self.changed[name]

    def _put_cells(
        self, shift: Shift, row: int, original: int, columns: Iterable[int], *, sent: Sent, sure: bool = True
    ) -> None:
        self.found.add((shift.now.name, original))
        for column in sorted(columns):
            self._put(shift.now, row, column, _brought(shift.earlier, original, column, to_row=row))
        if row in self.plan.writes.get(shift.now.name, {}):
            unsure = "" if sure and sent.done else _unsure(shift.now, row, sent)
            self._note(shift, row, original, "while we wrote", unsure)

    def overwritten_row(self, sent: Sent, *, remains: bool) -> None:
        """A row that a person's insertion pushed to where a new row was then written.

        A last row that a person removed may look the same; then it comes back, since the other way it were lost.
        """
        shift = self.shifts[sent.sheet]
        row = self._landed(shift, sent)
        if row is None:
            return
        ours = set(sent.values)
        rest = _without(shift.now.row(row), ours)
        if remains is all(cell.is_blank for cell in rest) or self._stands_whole(shift, sent, rest):
            return
        if sent.origin != NOTHING and not remains:  # a row that came back, on a blank row, and not all of it
            self._put_cells(shift, row, NOTHING, ours, sent=sent)
            return
        known = self.found | self.repairs.put_back
        for origin in sorted(shift.lost, key=lambda origin: not shift.may_have_come(origin, row)):
            pushed = (
                remains or shift.may_have_come(origin, row) or (sent.sheet, origin) in self.image.put_back
            )
            alike_row = alike(_without(shift.earlier.row(origin), ours), rest)
            if pushed and alike_row and (sent.sheet, origin) not in known:
                self._put_row(shift, row, origin, "while we wrote")
                return

    @staticmethod
    def _stands_whole(shift: Shift, sent: Sent, rest: list[Content]) -> bool:
        """Whether the rest of a row that came back is its own."""
        whole = shift.earlier.row(sent.origin) if sent.origin != NOTHING else None
        return whole is not None and alike(_without(whole, set(sent.values)), rest)

    def _landed(self, shift: Shift, sent: Sent) -> int | None:
        """The row on which a new row landed, unless that is one that stood there before."""
        number = self._number(sent) or 0
        rows = [p.row for p in self.book.places.get(number, ()) if p.sheet == sent.sheet]
        row = sent.row if sent.row in rows else rows[0] if len(rows) == 1 else None
        if row is None or shift.origins.get(row, sent.origin) != sent.origin:
            return None
        return row

    def deleted_rows(self, sheet: str) -> None:
        """Rows that one of our deletes took instead of the row that it meant."""
        shift = self.shifts[sheet]
        deletes = [(w, i) for w, i in self.intents if (i.source_sheet, i.source_row) in self.image.deletes]
        deletes = [(w, i) for w, i in deletes if i.source_sheet == sheet]
        if not deletes:
            return
        numbers = shift.now.key_counts()
        missed = sum(numbers[w.number] > intent.surplus_there for w, intent in deletes)
        came_back = {row for name, row in self.image.put_back if name == sheet}
        missed -= len(came_back.difference(shift.lost))
        if not shift.in_order and missed <= 0:
            return
        for origin in shift.taken([intent.source_row for _, intent in deletes], missed=missed):
            row = max(shift.now.last_row, *self.plan.writes.get(sheet, {}), HEADER_ROW) + 1
            self._put_row(shift, row, origin, "while a row was removed")

    def _put_row(self, shift: Shift, row: int, origin: int, when: str) -> None:
        self.repairs.put_back.add((shift.now.name, origin))
        self.repairs.numbers.add(shift.earlier.key_at(origin))
        for column in range(1, max(shift.earlier.width, shift.now.width) + 1):
            self._put(shift.now, row, column, _brought(shift.earlier, origin, column, to_row=row))
        self._note(shift, row, origin, when)

    def _put(self, view: SheetView, row: int, column: int, content: Content) -> None:
        current = view.at(row, column)
        if not current.same_content(content):
            self.plan.write(view.name, row, column, restored(content, current))
        elif current.number_format != content.number_format:
            self.plan.write(view.name, row, column, CellWrite(None, content.number_format))

    def _note(self, shift: Shift, row: int, origin: int, when: str, unsure: str = "") -> None:
        sheet = shift.now.name
        self.repairs.origins[sheet, row] = origin
        self.repairs.told[sheet, row] = f"Rows of {sheet} had shifted {when}: row {row} was put back.{unsure}"


def _has_another_number(shift: Shift, sent: Sent) -> bool:
    """Whether the row that cells were sent to is the one that was meant, with its RO number changed by a person.

    Then most of what it held beside our cells still stands there, and it is nowhere else.
    """
    if sent.origin == NOTHING or sent.origin in shift.now_at:
        return False
    ours = {*sent.values, shift.earlier.columns["number"]}
    rows = (
        _without(view.row(row), ours) for view, row in ((shift.earlier, sent.origin), (shift.now, sent.row))
    )
    pairs = [(then, now) for then, now in zip_longest(*rows, fillvalue=BLANK) if not then.is_blank]
    return 2 * sum(alike([then], [now]) for then, now in pairs) >= len(pairs)


def _is_comparable(earlier: SheetView, now: SheetView) -> bool:
    """Whether our columns stand where they stood: people may have inserted one before them, or removed one."""
    return now.complete and earlier.columns == now.columns


def _unsure(view: SheetView, row: int, sent: Sent) -> str:
    """What stood in a row that is put back, where nobody knows whether we had sent it; as a sentence."""
    texts = [view.at(row, column).text for column in sorted(sent.values)]
    quoted = ", ".join(f"“{text}”" for text in texts if text)
    return f" {quoted} stood there; if a person typed that, please type it again." if quoted else ""


def _brought(earlier: SheetView, origin: int, column: int, *, to_row: int) -> Content:
    """A cell of a row of the image, as it is in the row where it is put back; of no row, a blank one."""
    if origin == NOTHING:
        return BLANK
    return moved(earlier.at(origin, column), from_row=origin, to_row=to_row, sheet=earlier.name)


def _held(view: SheetView, row: int, sent: Sent) -> set[int]:
    """The columns in which a row holds what was sent."""
    fields = {column: BY_FIELD[name] for name, column in view.columns.items()}
    return {c for c, cell in sent.values.items() if holds(view.at(row, c), cell, fields.get(c))}


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
