"""A second look at what is about to be written, right before it is: whether it still is as the plan found it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sync.layout import WriteBlock
from sync.plan import Plan
from sync.reader import Area, Reader
from sync.sheets import Book

Cells = dict[str, dict[int, set[int]]]
"""Sheet and row to the columns that matter."""


def blocks_stand(reader: Reader, book: Book, blocks: Sequence[WriteBlock]) -> bool:
    """Whether the rows that these blocks write to have the keys, and the cells the values, that the plan found.

    Of a row that was blank every cell counts: somebody may have begun to type into it.
    """
    cells: Cells = {}
    areas: list[Area] = []
    for block in blocks:
        view, matter = book.sheets[block.sheet], cells.setdefault(block.sheet, {})
        whole = set(range(1, view.width + 1))
        matter.update(
            {row: whole | set(c) if view.is_blank(row) else set(c) for row, c in block.cells.items()}
        )
        columns = set().union(*(matter[row] for row in block.cells))
        areas.append(Area(block.sheet, block.first_row, block.last_row, min(columns), max(columns)))
    rows = {sheet: set(found) for sheet, found in cells.items()}
    return _all_as_read(reader, book, [*areas, *_keys(book, rows, cells)], cells)


def rows_stand(reader: Reader, book: Book, plan: Plan) -> bool:
    """Whether the rows that are to be deleted still hold all that the plan found, and their copies stand there."""
    cells: Cells = {}
    areas: list[Area] = []
    for delete in plan.deletes:
        width = book.sheets[delete.sheet].width
        cells.setdefault(delete.sheet, {})[delete.row] = set(range(1, width + 1))
        areas.append(Area(delete.sheet, delete.row, delete.row, 1, width))
    copies: dict[str, set[int]] = {}
    for intent in plan.intents.values():
        copies.setdefault(intent.sheet, set()).add(intent.row)
    return _all_as_read(reader, book, [*areas, *_keys(book, copies, cells)], cells)


def _keys(book: Book, rows: Mapping[str, Collection[int]], cells: Cells) -> Iterator[Area]:
    """The keys of these rows, which from now on matter as well: one area for each sheet."""
    for sheet, numbers in rows.items():
        key = book.sheets[sheet].columns["number"]
        for row in numbers:
            cells.setdefault(sheet, {}).setdefault(row, set()).add(key)
        yield Area(sheet, min(numbers), max(numbers), key, key)


def _all_as_read(
    reader: Reader, book: Book, areas: Iterable[Area], cells: Mapping[str, Mapping[int, set[int]]]
) -> bool:
    """Of a formula its text counts: what it shows may be another thing each time."""
    for area, contents in reader.contents_of(areas):
        view, matter = book.sheets[area.sheet], cells[area.sheet]
        for row, held in enumerate(contents, start=area.first_row):
            for column in matter.get(row, set()).intersection(range(area.first_column, area.last_column + 1)):
                if not held[column - area.first_column].same_content(view.at(row, column)):
                    return False
    return True
