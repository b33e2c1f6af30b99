"""The sheets as they stood before our last writing, and what was sent since: all that a repair goes by. Pure data."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.columns import Column, meaning, same
from sync.plan import CellWrite, Plan
from sync.sheets import TEXT_FORMAT, Book, Content, SheetView

NOTHING = 0  # no row


@dataclass(frozen=True)
class Sent:
    """The cells that were sent to one row.

    `origin` is the row of the image that they were meant for; NOTHING for a new row, or a blank one. `done`: Excel
    said that it was done. After a death nobody knows that any more.
    """

    sheet: str
    row: int
    origin: int
    cells: Mapping[int, CellWrite]
    done: bool = False

    @property
    def values(self) -> dict[int, CellWrite]:
        """The cells whose value was sent, and not only a format."""
        return {column: cell for column, cell in self.cells.items() if cell.value is not None}


@dataclass(frozen=True)
class Image:
    """The sheets before a writing, the cells sent since (repairs too), and the rows that were to be deleted.

    `put_back` are rows of the image that a repair brought back. Places are sheet and row. `twice` are the numbers that
    stood in more than one row of the workbook. A repair has an image of its own; `under` it is that of the writing
    which it repairs.
    """

    sheets: Mapping[str, SheetView]
    sent: tuple[Sent, ...] = ()
    deletes: frozenset[tuple[str, int]] = frozenset()
    put_back: frozenset[tuple[str, int]] = frozenset()
    twice: frozenset[int] = frozenset()
    under: "Image | None" = None

    @property
    def levels(self) -> "list[Image]":
        """This image and those under it, the first writing's last."""
        return [self, *self.under.levels] if self.under else [self]

    @property
    def numbers_put_back(self) -> set[int | None]:
        return {self.sheets[sheet].key_at(row) for sheet, row in self.put_back}

    def with_repairs(
        self, plan: Plan, origins: Mapping[tuple[str, int], int], put_back: Iterable[tuple[str, int]]
    ) -> "Image":
        """The same, once a repair has been sent as well."""
        sent = tuple(Sent(s, r, origins[s, r], cells) for s, r, cells in _rows(plan))
        return replace(self, sent=self.sent + sent, put_back=self.put_back.union(put_back))

    def after_sending(
        self, plan: Plan, done: Collection[tuple[str, int]], unclear: Collection[tuple[str, int]] = ()
    ) -> "Image":
        """The same, once it is known which rows of a plan Excel has taken: what was not sent can have hit nothing.

        Of `unclear` rows nobody knows. Of what was sent earlier nothing more is known, be it to the same row.
        """
        under = self.under.after_sending(plan, done, unclear) if self.under else None

        def is_own(sent: Sent) -> bool:
            return sent.cells is plan.writes.get(sent.sheet, {}).get(sent.row)

        kept = [s for s in self.sent if not is_own(s) or (s.sheet, s.row) in {*done, *unclear}]
        told = (replace(s, done=True) if is_own(s) and (s.sheet, s.row) in done else s for s in kept)
        return replace(self, sent=tuple(told), under=under)

    def without_deletes(self, deletes: Iterable[tuple[str, int]]) -> "Image":
        """The same, where these rows were not deleted after all."""
        return replace(self, deletes=self.deletes.difference(deletes))


def take_image(book: Book, plan: Plan) -> Image:
    """The sheets of a plan as its reading found them, and what is about to be sent."""
    sheets = {*plan.writes, *(delete.sheet for delete in plan.deletes)}
    sent = [
        Sent(sheet, row, NOTHING if book.sheets[sheet].is_blank(row) else row, cells)
        for sheet, row, cells in _rows(plan)
    ]
    deletes = frozenset((delete.sheet, delete.row) for delete in plan.deletes)
    twice = frozenset(number for number, places in book.places.items() if len(places) > 1)
    return Image({name: book.sheets[name] for name in sheets}, tuple(sent), deletes, twice=twice)


def _rows(plan: Plan) -> Iterable[tuple[str, int, Mapping[int, CellWrite]]]:
    return [(sheet, row, cells) for sheet, rows in plan.writes.items() for row, cells in rows.items()]


def holds(content: Content, sent: CellWrite, column: Column | None) -> bool:
    """Whether a cell holds the value that was sent; in a column of ours, whether it means the same."""
    value = sent.value
    if not isinstance(value, str):
        held = content.value == value and not isinstance(content.value, str)
    elif not value:
        return content.is_blank
    elif value.startswith("=") and sent.number_format != TEXT_FORMAT:
        return bool(content.formula)  # its references have moved with its row
    else:
        held = content.value in (value, value.removeprefix("'"))
    if held or column is None:
        return held
    plain = value.removeprefix("'") if isinstance(value, str) else value
    return same(column, meaning(column, content.value).value, meaning(column, plain).value)


def sheets_as_json(image: Image) -> dict[str, Any]:
    """The sheets before the first writing alone, in the form that every version of the program reads."""
    return {name: _view_as_json(view) for name, view in image.levels[-1].sheets.items()}


def sent_as_json(image: Image) -> dict[str, Any]:
    """All else of an image: what earlier versions read, and the images `above` the first writing's, lowest first."""
    *above, first = image.levels
    return _sent_as_json(first) | {
        "above": [
            {"sheets": {name: _view_as_json(view) for name, view in i.sheets.items()}} | _sent_as_json(i)
            for i in reversed(above)
        ]
    }


def image_from_json(sheets: Mapping[str, Any], kept: Mapping[str, Any]) -> Image:
    image = _image_from_json(sheets, kept)
    for above in kept.get("above", ()):  # earlier versions of the program did not keep it
        image = replace(_image_from_json(above["sheets"], above), under=image)
    return image


def _sent_as_json(image: Image) -> dict[str, Any]:
    return {
        "sent": [
            [s.sheet, s.row, s.origin, [[c, w.value, w.number_format] for c, w in s.cells.items()]]
            for s in image.sent
        ],
        "deletes": sorted(image.deletes),
        "put_back": sorted(image.put_back),
        "twice": sorted(image.twice),
    }


def _image_from_json(sheets: Mapping[str, Any], kept: Mapping[str, Any]) -> Image:
    return Image(
        {name: _view_from_json(name, sheet) for name, sheet in sheets.items()},
        tuple(
            Sent(sheet, row, origin, {column: CellWrite(*cell) for column, *cell in cells})
            for sheet, row, origin, cells in kept["sent"]
        ),
        frozenset((sheet, row) for sheet, row in kept["deletes"]),
        frozenset((sheet, row) for sheet, row in kept["put_back"]),
        frozenset(kept.get("twice", ())),  # earlier versions of the program did not keep it
    )


def _view_as_json(view: SheetView) -> dict[str, Any]:
    return {
        "columns": dict(view.columns),
        "width": view.width,
        "values": view.values,
        "formats": view.formats,
        "formulas": [[row, column, text] for (row, column), text in view.formulas.items()],
    }


def _view_from_json(name: str, kept: Mapping[str, Any]) -> SheetView:
    return SheetView(
        name,
        sheet_id="",
        columns=kept["columns"],
        width=kept["width"],
        values=kept["values"],
        formats=kept["formats"],
        formulas={(row, column): text for row, column, text in kept["formulas"]},
    )
