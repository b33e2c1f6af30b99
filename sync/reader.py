"""Reading the ledger sheets through a Graph session, in blocks that stay below Graph's size limits."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter

from repairs.reading import Cell
from sync.columns import SHEETS, ForeignHeaders, field_columns, ledger_name
from sync.graph.errors import OutcomeUnknown, TooLarge
from sync.graph.workbook import MAX_STEPS, Step, StepResult, WorkbookFile, Worksheet, read_range, used_range
from sync.sheets import GENERAL, HEADER_ROW, Book, Content, RawCell, SheetView, address

# Cells in one answer: three properties of about 14 bytes each keep 60,000 cells below 3 MB.
CELLS_PER_ANSWER = 60_000
FEWEST_CELLS = 2_000
# Cells to the right of the 21 columns are a person's. Up to this column they travel with a row that moves.
WIDEST = 100
ALL_PROPERTIES: tuple[str, ...] = ("values", "formulas", "numberFormat")
CONTENTS: tuple[str, ...] = ("values", "formulas")
KEYS_ONLY: tuple[str, ...] = ("values",)
_SCALAR = (str, int, float)  # TRUE and FALSE are int


@dataclass(frozen=True)
class Frame:
    """A ledger sheet before its rows are read: what columns it has and how far it is used."""

    sheet: Worksheet
    name: str
    columns: Mapping[str, int]
    last_row: int
    last_column: int

    @property
    def width(self) -> int:
        return max(min(self.last_column, WIDEST), *self.columns.values())


@dataclass(frozen=True)
class Frames:
    """The usable ledger sheets, and the reasons why others can't be used."""

    frames: Sequence[Frame]
    refused: dict[str, str]


@dataclass(frozen=True)
class Block:
    """A part of a sheet to be read in one step."""

    frame: Frame
    first_row: int
    last_row: int
    first_column: int
    last_column: int
    properties: tuple[str, ...]

    @property
    def cells(self) -> int:
        area = (self.last_row - self.first_row + 1) * (self.last_column - self.first_column + 1)
        return area * len(self.properties) // len(ALL_PROPERTIES) or 1

    @property
    def step(self) -> Step:
        where = address(self.first_row, self.first_column, self.last_row, self.last_column)
        return read_range(self.frame.sheet.id, where, select=self.properties)


@dataclass(frozen=True)
class Area:
    """A rectangle of cells on a ledger sheet."""

    sheet: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int


Found = dict[str, list[tuple[Block, dict[str, Any]]]]
"""The blocks of each sheet with their answers."""


class Reader:
    """Reads one workbook in one session."""

    def __init__(self, file: WorkbookFile, session_id: str) -> None:
        self._file = file
        self._session = session_id
        self._worksheets: list[Worksheet] | None = None
        self._known: Frames | None = None  # of the reading before
        self._limit = CELLS_PER_ANSWER

    def read(self, *, whole: Collection[str], spare: Mapping[str, int]) -> Book:
        """The `whole` sheets with all their cells, of the others the keys.

        `spare` names how many rows below the last one are read as well, so that rows to be added go into
        cells that were seen empty in this same reading.
        """
        spare = {name: rows for name, rows in spare.items() if name in whole}
        if self._known is not None:
            with suppress(TooLarge):
                return self._read_at_once(self._known, whole, spare)
        steps = self._frame_steps()
        self._known = self._framed(self._run(steps) if steps else [])
        return self._read_by(self._known, whole, spare)

    def contents_of(self, areas: Iterable[Area]) -> Iterator[tuple[Area, list[list[Content]]]]:
        """What stands now in some areas of sheets that were read before, formats aside; an area may come in parts."""
        frames = {frame.name: frame for frame in self._known.frames} if self._known else {}
        wanted = [
            Block(frames[a.sheet], a.first_row, a.last_row, a.first_column, a.last_column, CONTENTS)
            for a in areas
        ]
        for name, pairs in self._read_blocks(wanted).items():
            for block, body in pairs:
                part = Area(name, block.first_row, block.last_row, block.first_column, block.last_column)
                yield part, list(map(_contents, body["values"], body["formulas"]))

    def _read_by(self, known: Frames, whole: Collection[str], spare: Mapping[str, int]) -> Book:
        """So many cells as the sheets are known to use."""
        return _book(known, whole, self._read_blocks(self._all_blocks(known, whole, spare)))

    def _read_at_once(self, before: Frames, whole: Collection[str], spare: Mapping[str, int]) -> Book:
        """How far the sheets are used and their cells in one go, as far as the reading before found them used.

        The rows to be added may stand there by now, and as many may have to be added below them. Sheets that have
        outgrown that since are read once more.
        """
        steps = self._frame_steps()
        more = {name: 2 * rows for name, rows in spare.items()}
        blocks = self._all_blocks(before, whole, more)
        first, *others = list(_groups(blocks, self._limit, room=MAX_STEPS - len(steps))) or [[]]
        bodies = self._run([*steps, *(block.step for block in first)])
        self._known = self._framed(bodies[: len(steps)])
        if not _still_fits(before, self._known, spare):
            return self._read_by(self._known, whole, spare)
        found = _by_sheet(zip(first, bodies[len(steps) :], strict=True))
        for group in others:
            _by_sheet(self._read_group(group), into=found)
        return _book(self._known, whole, found)

    def _all_blocks(self, known: Frames, whole: Collection[str], spare: Mapping[str, int]) -> list[Block]:
        return [
            block
            for frame in known.frames
            for block in self._blocks(
                frame, frame.last_row + spare.get(frame.name, 0), complete=frame.name in whole
            )
        ]

    def _frame_steps(self) -> list[Step]:
        header = f"A{HEADER_ROW}:{get_column_letter(WIDEST)}{HEADER_ROW}"
        return [
            step for s in self.ledgers().values() for step in (used_range(s.id), read_range(s.id, header))
        ]

    def _framed(self, bodies: Sequence[dict[str, Any]]) -> Frames:
        """The usable ledger sheets in their order, and the reasons why others can't be used."""
        ledgers = self.ledgers()
        frames: list[Frame] = []
        refused = {name: f"The workbook has no sheet “{name}”." for name in SHEETS if name not in ledgers}
        for index, (name, sheet) in enumerate(ledgers.items()):
            used, headers = bodies[2 * index], bodies[2 * index + 1]
            try:
                frames.append(_frame(sheet, name, used, headers))
            except ForeignHeaders as error:
                refused[name] = f"The sheet “{sheet.name}” can't be used: {error}."
        return Frames(frames, refused)

    def ledgers(self) -> dict[str, Worksheet]:
        """The sheets of the workbook that are ledgers by their titles, usable or not."""
        if self._worksheets is None:
            self._worksheets = self._file.worksheets(self._session)
        named: dict[str, Worksheet] = {}
        for sheet in self._worksheets:
            name = ledger_name(sheet.name)
            if name is not None:
                named.setdefault(name, sheet)
        return {name: named[name] for name in SHEETS if name in named}

    def _blocks(self, frame: Frame, last_row: int, *, complete: bool) -> Iterator[Block]:
        first, last = (1, frame.width) if complete else (frame.columns["number"],) * 2
        properties = ALL_PROPERTIES if complete else KEYS_ONLY
        rows = max(1, self._limit // (last - first + 1))
        for top in range(1, last_row + 1, rows):
            yield Block(frame, top, min(top + rows - 1, last_row), first, last, properties)

    def _read_blocks(self, blocks: Sequence[Block]) -> Found:
        found: Found = {}
        for group in _groups(blocks, self._limit):
            _by_sheet(self._read_group(group), into=found)
        return found

    def _read_group(self, group: list[Block]) -> list[tuple[Block, dict[str, Any]]]:
        """One post; when Graph finds the answer too large, the same in halves."""
        try:
            return list(zip(group, self._run([block.step for block in group]), strict=True))
        except TooLarge:
            halves = _halves(group)
            if halves is None:
                raise
            self._limit = max(self._limit // 2, FEWEST_CELLS)
            return [pair for half in halves for pair in self._read_group(half)]

    def _run(self, steps: Sequence[Step]) -> list[dict[str, Any]]:
        bodies: list[dict[str, Any]] = []
        for start in range(0, len(steps), MAX_STEPS):
            results = self._file.run(self._session, steps[start : start + MAX_STEPS])
            bodies += [_body(result) for result in results]
        return bodies


def _body(result: StepResult) -> dict[str, Any]:
    if result.error:
        raise result.error
    if result.body is None:
        raise OutcomeUnknown("Excel answered without the cells that were asked for.")
    return result.body


def _book(known: Frames, whole: Collection[str], found: Found) -> Book:
    return Book({f.name: _view(f, found, complete=f.name in whole) for f in known.frames}, known.refused)


def _by_sheet(pairs: Iterable[tuple[Block, dict[str, Any]]], into: Found | None = None) -> Found:
    found: Found = {} if into is None else into
    for block, body in pairs:
        found.setdefault(block.frame.name, []).append((block, body))
    return found


def _still_fits(before: Frames, now: Frames, spare: Mapping[str, int]) -> bool:
    """Whether what was read by the frames of before, with twice the spare rows, is all that is needed now."""
    same = [(f.name, f.sheet.id, f.columns, f.width) for f in before.frames]
    if same != [(f.name, f.sheet.id, f.columns, f.width) for f in now.frames]:
        return False
    pairs = zip(before.frames, now.frames, strict=True)
    return all(new.last_row <= old.last_row + spare.get(new.name, 0) for old, new in pairs)


def _groups(blocks: Sequence[Block], limit: int, *, room: int = MAX_STEPS) -> Iterator[list[Block]]:
    """Blocks that are asked for in one post: their answers together stay below the limit.

    In the first post there is `room` for so many.
    """
    group: list[Block] = []
    for block in blocks:
        full = len(group) == room or sum(b.cells for b in group) + block.cells > limit
        if group and full:
            yield group
            group, room = [], MAX_STEPS
        group.append(block)
    if group:
        yield group


def _halves(group: list[Block]) -> tuple[list[Block], list[Block]] | None:
    if len(group) > 1:
        middle = len(group) // 2
        return group[:middle], group[middle:]
    (block,) = group
    if block.first_row == block.last_row:
        return None
    middle = (block.first_row + block.last_row) // 2
    top = Block(block.frame, block.first_row, middle, block.first_column, block.last_column, block.properties)
    rest = Block(
        block.frame, middle + 1, block.last_row, block.first_column, block.last_column, block.properties
    )
    return [top], [rest]


def _frame(sheet: Worksheet, name: str, used: Mapping[str, Any], headers: Mapping[str, Any]) -> Frame:
    row: list[Cell] = list(headers["values"][0])
    columns = field_columns(row)
    return Frame(
        sheet,
        name,
        columns,
        last_row=int(used["rowIndex"]) + int(used["rowCount"]),
        last_column=int(used["columnIndex"]) + int(used["columnCount"]),
    )


def _view(frame: Frame, found: Found, *, complete: bool) -> SheetView:
    values: list[list[RawCell]] = []
    formats: list[list[str]] = []
    formulas: dict[tuple[int, int], str] = {}
    known: dict[str, str] = {}  # one text object per format keeps thousands of rows small
    for block, body in found.get(frame.name, []):
        if not complete:
            values += [_key_row(frame, row[0]) for row in body["values"]]
            continue
        for offset, row in enumerate(body["values"]):
            shown = [_tidy(cell) for cell in row]
            values.append(shown)
            entered = body["formulas"][offset]
            for column, text in enumerate(entered):
                if formula := _formula(text, shown[column]):
                    formulas[block.first_row + offset, column + 1] = formula
            formats.append([known.setdefault(f, f) for f in map(_format, body["numberFormat"][offset])])
        body.clear()
    return SheetView(
        frame.name,
        frame.sheet.id,
        frame.columns,
        frame.width,
        values,
        complete,
        formats,
        formulas,
        too_wide=frame.last_column > WIDEST,
        used_rows=frame.last_row,
    )


def _key_row(frame: Frame, key: Any) -> list[RawCell]:
    row: list[RawCell] = [""] * frame.width
    row[frame.columns["number"] - 1] = _tidy(key)
    return row


def _tidy(cell: Any) -> RawCell:
    return cell if isinstance(cell, _SCALAR) else ""


def _contents(values: Sequence[Any], entered: Sequence[Any]) -> list[Content]:
    """A row of an answer without formats."""
    pairs = zip(map(_tidy, values), entered, strict=True)
    return [Content(shown, formula=_formula(typed, shown)) for shown, typed in pairs]


def _formula(entered: Any, shown: RawCell) -> str:
    """What was typed, if it is a formula and not a text that begins like one."""
    return entered if isinstance(entered, str) and entered.startswith("=") and entered != shown else ""


def _format(cell: Any) -> str:
    return cell if isinstance(cell, str) and cell else GENERAL
