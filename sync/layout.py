"""Laying a plan's cells out in few block writes. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.graph.workbook import MAX_STEPS, Step, write_range
from sync.plan import CellWrite, Plan
from sync.sheets import address

MOST_CELLS = 6_000  # in one writing step; Excel's own limit is the time that one takes
# Graph takes 5 MB, and answers with what was written as values, as formulas and as text, in as much again for each.
MOST_CELLS_IN_A_POST = 60_000
MOST_BYTES_IN_A_POST = 1_500_000
BYTES_OF_A_NULL = len("null,")
BYTES_OF_A_NUMBER = 25


@dataclass(frozen=True)
class WriteBlock:
    """A rectangle that is written in one step, and the orders whose cells are in it."""

    sheet: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int
    cells: Mapping[int, Mapping[int, CellWrite]]
    orders: frozenset[int]
    written_bytes: int  # of the cells that are written, as JSON

    @property
    def places(self) -> set[tuple[str, int]]:
        """The rows that are written to, as sheet and number."""
        return {(self.sheet, row) for row in self.cells}

    @property
    def area(self) -> int:
        return len(self._rows()) * len(self._columns())

    @property
    def size(self) -> int:
        """About so many bytes of JSON, and not more."""
        return self.written_bytes + 2 * BYTES_OF_A_NULL * self.area

    def step(self, sheet_id: str) -> Step:
        """The block as one PATCH. Whatever in it is not written is sent as null, which leaves it alone."""
        rows = [self.cells.get(row, {}) for row in self._rows()]
        grid = [[row.get(column, _UNTOUCHED) for column in self._columns()] for row in rows]
        values = [[cell.value for cell in row] for row in grid]
        formats = [[cell.number_format for cell in row] for row in grid]
        where = address(self.first_row, self.first_column, self.last_row, self.last_column)
        has_formats = any(f is not None for row in formats for f in row)
        return write_range(sheet_id, where, values, formats if has_formats else None)

    def _rows(self) -> range:
        return range(self.first_row, self.last_row + 1)

    def _columns(self) -> range:
        return range(self.first_column, self.last_column + 1)


_UNTOUCHED = CellWrite(None)


def blocks(plan: Plan, *, apart: Mapping[int, int]) -> list[WriteBlock]:
    """The fewest blocks that a walk from top to bottom finds.

    `apart` gives orders a group; orders of different groups never share a block. That is how a refused block is
    halved until the order that Excel refuses stands alone.
    """
    found: list[WriteBlock] = []
    for sheet, rows in plan.writes.items():
        groups: dict[int, dict[int, dict[int, CellWrite]]] = {}
        for row in sorted(rows):
            owner = plan.owners.get((sheet, row), 0)
            groups.setdefault(apart.get(owner, 0), {})[row] = rows[row]
        for members in groups.values():
            found += _grown(plan, sheet, members)
    return found


def posts(laid: Sequence[WriteBlock]) -> list[list[WriteBlock]]:
    """The blocks in their order, as many in one `$batch` post as Graph takes."""
    groups: list[list[WriteBlock]] = []
    cells = size = 0
    for block in laid:
        cells, size = cells + block.area, size + block.size
        too_large = cells > MOST_CELLS_IN_A_POST or size > MOST_BYTES_IN_A_POST
        if not groups or len(groups[-1]) == MAX_STEPS or too_large:
            groups.append([])
            cells, size = block.area, block.size
        groups[-1].append(block)
    return groups


def _grown(plan: Plan, sheet: str, rows: Mapping[int, dict[int, CellWrite]]) -> Iterator[WriteBlock]:
    part: dict[int, dict[int, CellWrite]] = {}
    top = left = right = size = 0
    for row, cells in rows.items():
        wider = (min(left, *cells), max(right, *cells)) if part else (min(cells), max(cells))
        more = sum(map(_bytes, cells.values()))
        area = (row - top + 1) * (wider[1] - wider[0] + 1)
        if part and (area > MOST_CELLS or size + more > MOST_BYTES_IN_A_POST):
            yield _block(plan, sheet, part, size)
            part, wider, size = {}, (min(cells), max(cells)), 0
        if not part:
            top = row
        left, right = wider
        part[row] = cells
        size += more
    if part:
        yield _block(plan, sheet, part, size)


def _bytes(cell: CellWrite) -> int:
    """The most that a cell takes as JSON, value and format."""
    parts = (cell.value, cell.number_format)
    return sum(len(json.dumps(p)) + 1 if isinstance(p, str) else BYTES_OF_A_NUMBER for p in parts)


def _span(rows: Mapping[int, Mapping[int, CellWrite]]) -> tuple[int, int]:
    used = [column for cells in rows.values() for column in cells]
    return min(used), max(used)


def _block(plan: Plan, sheet: str, rows: dict[int, dict[int, CellWrite]], size: int) -> WriteBlock:
    left, right = _span(rows)
    owners = frozenset(plan.owners[sheet, row] for row in rows if (sheet, row) in plan.owners)
    return WriteBlock(sheet, min(rows), max(rows), left, right, rows, owners, size)
