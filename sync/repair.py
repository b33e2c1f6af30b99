"""Finding and mending what our writes hit when rows had shifted between reading and writing. Pure.

Graph has no compare-and-swap. If a person inserts, sorts or deletes rows in the seconds between our reading and
our writing, a block lands on other rows. The next reading sees it: a row that we wrote has another key. What
stood there is known from the image taken before the write.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sync.columns import BY_FIELD, same
from sync.plan import CellWrite, Plan
from sync.sheets import BLANK, HEADER_ROW, Book, Content, Place, SheetView, cells_equal, moved, typed
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


def plan_repairs(book: Book, orders: Iterable[Wanted], image: Image) -> tuple[Plan, list[str]]:
    """The writes that put back what our open intents hit by mistake, and a sentence for each row.

    Empty when nothing was hit. Repairs go first and alone; then everything is read again.
    """
    repair = _Repair(book, image)
    open_intents = [(w, w.intent) for w in orders if w.intent is not None]
    for wanted, intent in open_intents:
        if intent.deleting:
            continue
        if intent.adds_row:
            repair.overwritten_row(intent)
        else:
            repair.stray_cells(wanted, intent)
    repair.deleted_rows([(w, i) for w, i in open_intents if i.deleting])
    return repair.plan, repair.told


class _Repair:
    def __init__(self, book: Book, image: Image) -> None:
        self.book = book
        self.image = image
        self.plan = Plan()
        self.told: list[str] = []

    def stray_cells(self, wanted: Wanted, intent: Intent) -> None:
        """Cells of an update that landed on a row of another order, or on one without a number."""
        view, image = self.book.sheets.get(intent.sheet), self.image.get(intent.sheet)
        if view is None or image is None or not view.complete or view.key_at(intent.row) == wanted.number:
            return
        hit = [name for name, cell in intent.cells.items() if self._holds(view, intent.row, name, cell.value)]
        original = self._original(view, image, intent.row, hit) if hit else None
        if original is None:
            return
        for name in hit:
            column = view.columns[name]
            before = BLANK if original == NOTHING else image.at(original, column)
            before = moved(before, column=column, from_row=original, to_row=intent.row)
            if not view.at(intent.row, column).same_content(before):
                self._put(intent.sheet, intent.row, column, before)
        if intent.row in self.plan.writes.get(intent.sheet, {}):
            self.told.append(
                f"Rows of {intent.sheet} had shifted while we wrote: row {intent.row} was put back."
            )

    def _holds(self, view: SheetView, row: int, name: str, value: Any) -> bool:
        read = self.book.read_field(Place(view.name, row), BY_FIELD[name])
        return read is not None and same(BY_FIELD[name], read[0], value)

    def _original(self, view: SheetView, image: SheetView, row: int, hit: Iterable[str]) -> int | None:
        """Where the row that was hit stood in the image: NOTHING for a row that was blank, None when unknown."""
        key = view.key_at(row)
        if key is not None:
            return image.row_of(key)
        ours = {view.columns[name] for name in hit}
        rest = _without(view.row(row), ours)
        if all(cell.is_blank for cell in rest):
            return NOTHING
        alike = [
            origin
            for origin in range(HEADER_ROW + 1, image.last_row + 1)
            if image.key_at(origin) is None and cells_equal(_without(image.row(origin), ours), rest)
        ]
        return alike[0] if len(alike) == 1 else None

    def overwritten_row(self, intent: Intent) -> None:
        """A row that a person's insertion pushed to where a new row was then written."""
        view, image = self.book.sheets.get(intent.sheet), self.image.get(intent.sheet)
        if view is None or image is None or not view.complete:
            return
        shift = self._shift_above(view, image, intent.row)
        victim = intent.row - shift
        if shift <= 0 or image.row_is_blank(victim) or self._still_there(image, victim):
            return
        self._put_row(intent.sheet, intent.row, image, victim)
        self.told.append(
            f"Rows of {intent.sheet} had shifted while we wrote: row {intent.row} was put back as it was."
        )

    def _shift_above(self, view: SheetView, image: SheetView, row: int) -> int:
        """By how many rows the nearest known row above stands lower than in the image."""
        for above in range(row - 1, HEADER_ROW, -1):
            key = view.key_at(above)
            origin = image.row_of(key) if key is not None else None
            if origin is not None:
                return above - origin
        return 0

    def _still_there(self, image: SheetView, origin: int) -> bool:
        key = image.key_at(origin)
        if key is not None:
            return key in self.book.places
        return any(
            view.key_at(row) is None and cells_equal(view.row(row), image.row(origin))
            for view in self.book.sheets.values()
            if view.complete
            for row in range(HEADER_ROW + 1, view.last_row + 1)
        )

    def deleted_rows(self, missed: Iterable[tuple[Wanted, Intent]]) -> None:
        """Rows that one of our deletes took instead of the row that it meant, which still stands."""
        for sheet in {
            intent.source_sheet
            for wanted, intent in missed
            if any(place.sheet == intent.source_sheet for place in self.book.places.get(wanted.number, ()))
        }:
            view, image = self.book.sheets.get(sheet), self.image.get(sheet)
            if view is None or image is None or not view.complete:
                continue
            stood = [r for r in range(HEADER_ROW + 1, image.last_row + 1) if not image.row_is_blank(r)]
            lost = [origin for origin in stood if not self._still_there(image, origin)]
            for offset, origin in enumerate(lost):
                row = view.last_row + 1 + offset
                self._put_row(sheet, row, image, origin)
                self.told.append(
                    f"Rows of {sheet} had shifted while a row was removed: row {row} was put back."
                )

    def _put_row(self, sheet: str, row: int, image: SheetView, origin: int) -> None:
        view = self.book.sheets[sheet]
        for column in range(1, max(image.width, view.width) + 1):
            before = moved(image.at(origin, column), column=column, from_row=origin, to_row=row)
            if not view.at(row, column).same_content(before):
                self._put(sheet, row, column, before)

    def _put(self, sheet: str, row: int, column: int, content: Content) -> None:
        cell = CellWrite("" if content.is_blank else typed(content), content.number_format)
        self.plan.write(sheet, row, column, cell)


def _without(cells: list[Content], columns: set[int]) -> list[Content]:
    return [BLANK if column in columns else cell for column, cell in enumerate(cells, start=1)]
