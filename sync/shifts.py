"""How the rows of a sheet went, from an earlier reading to a later one, when people may have moved them. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from sync.sheets import BLANK, HEADER_ROW, Content, SheetView

# In a sequence of rows: the place of one that a delete took, and a row that was not there earlier.
_HOLE = 0
_UNKNOWN = -1


class Shift:
    """One sheet, earlier and now.

    `origins` maps a row of now to where it stood earlier; `lost` are rows of earlier that are nowhere. A row is
    known again by its number, one without a number, or with one that stands twice, by its contents.
    `elsewhere` are numbers whose row counts as there although this sheet has it no more. `has_moved`: whether any row
    has, which is known of some that stand where they stood.
    """

    def __init__(
        self, earlier: SheetView, now: SheetView, elsewhere: Collection[int], *, has_moved: bool = False
    ) -> None:
        self.earlier = earlier
        self.now = now
        self.origins: dict[int, int] = {}
        unmatched = self._match(_by_mark(earlier), _by_mark(now))
        self.now_at = {then: later for later, then in self.origins.items()}
        self.lost = [row for row in sorted(unmatched) if earlier.key_at(row) not in elsewhere]
        self.in_order = _ascending([self.origins[row] for row in sorted(self.origins)])
        self.has_moved = (
            has_moved or bool(unmatched) or any(later != then for later, then in self.origins.items())
        )

    def _match(self, then: dict[object, list[int]], now: dict[object, list[int]]) -> set[int]:
        """Pairs rows of the same mark in their order; then those of a number whose contents changed."""
        left: set[int] = set()
        for mark, rows in then.items():
            pairs = list(zip(rows, now.pop(mark, []), strict=False))
            self.origins |= {later: row for row, later in pairs}
            left |= set(rows[len(pairs) :])
        changed = _by_key(self.now, (row for rows in now.values() for row in rows))
        for row in sorted(left):
            same_number = changed.get(self.earlier.key_at(row))
            if same_number:
                self.origins[same_number.pop(0)] = row
                left.discard(row)
        return left

    def changed(self, row: int, columns: Iterable[int]) -> bool:
        """Whether a row of now holds something else in these columns than it did, or has other formats there."""
        if row not in self.origins:
            return not all(cell.is_blank for cell in self.now.row(row))
        return bool(self.changed_columns(row, columns))

    def changed_columns(self, row: int, columns: Iterable[int]) -> set[int]:
        """Those of the columns in which a row that stood there has another content or format."""
        origin = self.origins.get(row)
        if origin is None:
            return set()
        pairs = [(c, self.earlier.at(origin, c), self.now.at(row, c)) for c in columns]
        return {
            column
            for column, then, now in pairs
            if then.number_format != now.number_format or not alike([then], [now])
        }

    def may_have_passed(self, row: int, by: int) -> bool:
        """Whether a row of now can have stood at row `by` since: rows in their order stay between then and now."""
        then = self.origins.get(row)
        return then is None or not self.in_order or min(then, row) <= by <= max(then, row)

    def may_have_come(self, origin: int, row: int) -> bool:
        """Whether an earlier row, pushed down by insertions, can have come to this row."""
        by = row - origin
        if not self.in_order:
            return False
        return by > 0 and all(
            (later - then <= by) if then < origin else (later - then >= by)
            for later, then in self.origins.items()
        )

    def taken(self, deleted: Iterable[int], *, missed: int) -> list[int]:
        """Which of the lost rows deletes of these rows took; the others were removed by people.

        So many of the deletes `missed`: what they meant still stands, so each took another row. All of the lost
        rows, when they are no more than that, or when the rows are no longer in their order. Rows that were put
        back already stand at the end.
        """
        if len(self.lost) <= missed:
            return self.lost
        deletes = sorted(deleted)
        known = sorted(self.origins)
        ordered = next(
            (row for row, below in pairwise(known) if self.origins[row] > self.origins[below]), None
        )
        if ordered is not None and len(known) - known.index(ordered) - 1 > len(deletes):
            return self.lost
        last_row = self.now.last_row if ordered is None else ordered
        then = [1, *(self.origins.get(row, _UNKNOWN) for row in range(HEADER_ROW + 1, last_row + 1))]
        for row in deletes:
            then.insert(row - 1, _HOLE)
        found: set[int] = set()
        for place in (index for index, origin in enumerate(then) if origin == _HOLE):
            first = next((origin for origin in reversed(then[:place]) if origin > 0), HEADER_ROW)
            last = next((origin for origin in then[place:] if origin > 0), self.earlier.last_row + 1)
            found |= {origin for origin in self.lost if first < origin < last}
        return sorted(found)


def alike(one: Sequence[Content], other: Sequence[Content]) -> bool:
    """Whether two rows hold the same, wherever they stand; a formula is like any other, since references move."""
    length = max(len(one), len(other))
    padded = (list(cells) + [BLANK] * (length - len(cells)) for cells in (one, other))
    return all(a.same_content(b) or (a.formula and b.formula) for a, b in zip(*padded, strict=True))


def _by_mark(view: SheetView) -> dict[object, list[int]]:
    """The rows that hold anything, by what each is known by."""
    marks: defaultdict[object, list[int]] = defaultdict(list)
    numbers = view.key_counts()
    for row in range(HEADER_ROW + 1, view.last_row + 1):
        key = view.key_at(row)
        if key is not None and numbers[key] == 1:
            marks[key].append(row)
        elif mark := _contents(view.row(row)):
            marks[key, mark].append(row)
    return marks


def _contents(cells: Sequence[Content]) -> tuple[object, ...]:
    held = ((column, cell) for column, cell in enumerate(cells) if not cell.is_blank)
    return tuple(
        (column, "=") if cell.formula else (column, type(cell.value), cell.value) for column, cell in held
    )


def _by_key(view: SheetView, rows: Iterable[int]) -> dict[int | None, list[int]]:
    found: defaultdict[int | None, list[int]] = defaultdict(list)
    for row in sorted(rows):
        if view.key_at(row) is not None:
            found[view.key_at(row)].append(row)
    return found


def _ascending(rows: Sequence[int]) -> bool:
    return all(one < other for one, other in pairwise(rows))
