"""Finding and mending what our writes hit when rows had shifted between reading and writing. Pure.

Graph has no compare-and-swap. If a person inserts, sorts or deletes rows in the seconds between our reading and
our writing, a block lands on other rows. The next reading sees it: a row that we wrote has another key. What
stood there is known from the image taken before the write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.columns import BY_FIELD, same
from sync.plan import CellWrite, Plan
from sync.sheets import BLANK, HEADER_ROW, Book, Content, Place, SheetView, cells_equal, moved, typed
from sync.wanted import Intent, Wanted


@dataclass
class SheetImage:
    """A sheet as it stood before a write: the contents of each row that held anything, and its key."""

    rows: dict[int, list[Content]] = field(default_factory=dict)
    keys: dict[int, int] = field(default_factory=dict)

    def row_of(self, key: int) -> int | None:
        found = [row for row, number in self.keys.items() if number == key]
        return found[0] if len(found) == 1 else None


Image = Mapping[str, SheetImage]


def take_image(book: Book, sheets: Iterable[str]) -> dict[str, SheetImage]:
    """The named sheets as this reading found them."""
    images: dict[str, SheetImage] = {}
    for name in sheets:
        view = book.sheets[name]
        rows = {r: _trimmed(view.row(r)) for r in range(HEADER_ROW + 1, view.last_row + 1)}
        images[name] = SheetImage({r: cells for r, cells in rows.items() if cells}, dict(view.keyed_rows()))
    return images


def image_as_json(images: Image) -> dict[str, Any]:
    return {
        name: {
            "rows": {
                r: [[c.value, c.number_format, c.formula] for c in cells] for r, cells in image.rows.items()
            },
            "keys": image.keys,
        }
        for name, image in images.items()
    }


def image_from_json(kept: Mapping[str, Any]) -> dict[str, SheetImage]:
    return {
        name: SheetImage(
            {int(r): [Content(*cell) for cell in cells] for r, cells in image["rows"].items()},
            {int(r): key for r, key in image["keys"].items()},
        )
        for name, image in kept.items()
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
        origin, cells = original
        for name in hit:
            column = view.columns[name]
            before = cells[column - 1] if column <= len(cells) else BLANK
            before = moved(before, column=column, from_row=origin, to_row=intent.row)
            if not view.at(intent.row, column).same_content(before):
                self._put(intent.sheet, intent.row, column, before)
        if intent.row in self.plan.writes.get(intent.sheet, {}):
            self.told.append(
                f"Rows of {intent.sheet} had shifted while we wrote: row {intent.row} was put back."
            )

    def _holds(self, view: SheetView, row: int, name: str, value: Any) -> bool:
        read = self.book.read_field(Place(view.name, row), BY_FIELD[name])
        return read is not None and same(BY_FIELD[name], read[0], value)

    def _original(
        self, view: SheetView, image: SheetImage, row: int, hit: Iterable[str]
    ) -> tuple[int, list[Content]] | None:
        """What stood in the row that was hit: its row in the image and its cells there; None when unknown."""
        key = view.key_at(row)
        if key is not None:
            origin = image.row_of(key)
            return None if origin is None else (origin, image.rows[origin])
        ours = {view.columns[name] for name in hit}
        rest = [BLANK if column in ours else cell for column, cell in enumerate(view.row(row), start=1)]
        if all(cell.is_blank for cell in rest):
            return row, []
        candidates = [
            (origin, cells)
            for origin, cells in image.rows.items()
            if origin not in image.keys and cells_equal(_without(cells, ours), rest)
        ]
        return candidates[0] if len(candidates) == 1 else None

    def overwritten_row(self, intent: Intent) -> None:
        """A row that a person's insertion pushed to where a new row was then written."""
        view, image = self.book.sheets.get(intent.sheet), self.image.get(intent.sheet)
        if view is None or image is None or not view.complete:
            return
        shift = self._shift_above(view, image, intent.row)
        victim = image.rows.get(intent.row - shift) if shift > 0 else None
        if victim is None or self._still_there(image, intent.row - shift):
            return
        self._put_row(intent.sheet, intent.row, intent.row - shift, victim)
        self.told.append(
            f"Rows of {intent.sheet} had shifted while we wrote: row {intent.row} was put back as it was."
        )

    def _shift_above(self, view: SheetView, image: SheetImage, row: int) -> int:
        """By how many rows the nearest known row above stands lower than in the image."""
        for above in range(row - 1, HEADER_ROW, -1):
            key = view.key_at(above)
            origin = image.row_of(key) if key is not None else None
            if origin is not None:
                return above - origin
        return 0

    def _still_there(self, image: SheetImage, origin: int) -> bool:
        key = image.keys.get(origin)
        if key is not None:
            return key in self.book.places
        return any(
            view.key_at(row) is None and cells_equal(view.row(row), image.rows[origin])
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
            lost = [origin for origin in sorted(image.rows) if not self._still_there(image, origin)]
            for offset, origin in enumerate(lost):
                row = view.last_row + 1 + offset
                self._put_row(sheet, row, origin, image.rows[origin])
                self.told.append(
                    f"Rows of {sheet} had shifted while a row was removed: row {row} was put back."
                )

    def _put_row(self, sheet: str, row: int, origin: int, cells: list[Content]) -> None:
        view = self.book.sheets[sheet]
        for column in range(1, max(len(cells), view.width) + 1):
            before = cells[column - 1] if column <= len(cells) else BLANK
            before = moved(before, column=column, from_row=origin, to_row=row)
            if not view.at(row, column).same_content(before):
                self._put(sheet, row, column, before)

    def _put(self, sheet: str, row: int, column: int, content: Content) -> None:
        cell = CellWrite("" if content.is_blank else typed(content), content.number_format)
        self.plan.write(sheet, row, column, cell)


def _trimmed(cells: list[Content]) -> list[Content]:
    while cells and cells[-1].is_blank:
        cells.pop()
    return cells


def _without(cells: list[Content], columns: set[int]) -> list[Content]:
    return [BLANK if column in columns else cell for column, cell in enumerate(cells, start=1)]
