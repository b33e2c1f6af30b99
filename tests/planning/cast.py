"""Ledgers drawn by chance: orders, rows of people, odd spellings; and what must come of them."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from openpyxl.utils import get_column_letter

from sync.columns import BY_FIELD, SHEETS, Kind, Value, meaning, same, to_cell
from tests.planning.excel import EMPTY, FIELDS, GENERAL, Cell, Excel, Paper, Row, with_formula
from tests.planning.office import ORDER, Office

TAG: Final = 23  # column W: a person's own mark, by which a row is known wherever it went
MARKS = (*(f"{sheet}-" for sheet in SHEETS), "surplus-")
DATES = [None, dt.date(2026, 11, 24), dt.date(2026, 1, 5), dt.date(2025, 12, 31)]
MONEY = [None, Decimal("1500.00"), Decimal("0.10"), Decimal("99999.99")]
TEXTS = [
    "",
    "00123",
    "1E5",
    "3-4",
    "10/4",
    "12:30",
    "TRUE",
    "=1+1",
    "+1 305 555 0100",
    "-hold-",
    "@x",
    "plain",
]
STATUSES = ["", "WAITING QUOTE", "APPROVED", "IN WORK", "SHIPPED", "waiting on Bob"]
SHOPS = ["Aero Shop", "Jet Repair"]
POOLS: Mapping[Kind, list[Value]] = {
    Kind.DATE: list(DATES),
    Kind.MONEY: list(MONEY),
    Kind.TEXT: [*TEXTS, "'quoted"],
    Kind.NOTES: [*TEXTS, "HISTORY:[broken", "two\nlines"],
    Kind.STATUS: list(STATUSES),
    Kind.SHOP: list(SHOPS),
}
CHANGING = (
    "part_number",
    "serial_number",
    "estimated_cost",
    "final_cost",
    "date_made",
    "status",
    "notes",
    "next_update",
    "shop",
    "tracking_number",
)


def pick(chance: random.Random, name: str) -> Value:
    return chance.choice(POOLS[BY_FIELD[name].kind])


def spelled(chance: random.Random, name: str, value: Value) -> Cell:
    """A cell that means the value, as the program or a person may have written it."""
    column = BY_FIELD[name]
    typed = to_cell(column, value)
    cells = [Cell(typed.value, typed.number_format or "General")]
    if isinstance(value, dt.date):
        cells += [
            Cell(f"{value:%m/%d/%Y}"),
            Cell(f"{value:%Y-%m-%d}", "@"),
            Cell(float(typed.value) + 0.5, "m/d/yy"),
        ]
    elif isinstance(value, Decimal):
        cells += [Cell(f"${value:,}"), Cell(f" USD {value} ", "@")]
    elif value in ("", None):
        empty = [Cell("TBD"), Cell("N/A", "@")] if column.kind in (Kind.DATE, Kind.MONEY) else []
        cells = [EMPTY, Cell("", "mm/dd/yyyy"), Cell("  "), *empty]
    elif column.kind is Kind.STATUS and str(value).isupper():
        cells += [Cell(f"{value} >>>>"), Cell(str(value).lower())]
    elif column.kind is Kind.NOTES and str(value) == "plain":
        cells += [Cell('HISTORY:[{"status":"SHIPPED"}]|NOTES:plain')]
    elif value == "00123":
        cells += [Cell(" 00123 ")]
    return chance.choice(cells)


@dataclass
class Story:
    """A drawn ledger and what is known of each of its rows, by the mark in column W."""

    office: Office
    started: dict[str, Row] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)  # mark to order, for rows of orders
    new: list[int] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)

    def marks(self) -> dict[str, tuple[str, int]]:
        """Where each marked row stands now. No row may be there twice."""
        found: dict[str, tuple[str, int]] = {}
        for sheet, paper in self.office.excel.papers.items():
            for number, row in enumerate(paper.rows[1:], start=2):
                mark = str(row.get(TAG, EMPTY).value)
                assert not mark or mark not in found, f"{mark} stands twice"
                found |= {mark: (sheet, number)} if mark else {}
        return found

    def check(self) -> None:
        """Every row is where it belongs and says what it should; nothing else changed."""
        where = self.marks()
        expected = set(self.started) - self.removed
        assert set(where) == expected, f"gone {expected - set(where)}, back {set(where) - expected}"
        for mark, (sheet, number) in where.items():
            self._check_row(mark, self.office.excel.papers[sheet].rows[number - 1])
        for number, order in self.office.orders.items():
            if number not in self.office.attention:
                assert self.office.differences(number) == {}, (number, self.office.differences(number))
                assert order.intent is None
                assert number not in self.office.pending
        extra = sum(len(_held(p.rows[1:])) for p in self.office.excel.papers.values())
        added = [n for n in self.new if n not in self.office.attention]
        assert extra == len(where) + len(added), "a row that nobody knows"

    def check_rows_of_others(self) -> None:
        """No row without an order has changed."""
        for mark, (sheet, number) in self.marks().items():
            if mark not in self.numbers:
                self._check_row(mark, self.office.excel.papers[sheet].rows[number - 1])

    def check_nothing_typed_is_lost(self, before: Excel) -> None:
        """Where the sheets have different columns: what a person typed stays in its row, or it waits."""
        now = [row for paper in self.office.excel.papers.values() for row in paper.rows[1:]]
        for paper in before.papers.values():
            name_of = {column: name for name, column in paper.columns.items()}
            for was in filter(_mark, paper.rows[1:]):
                (row,) = [row for row in now if _mark(row) == _mark(was)]
                order = self.office.orders.get(self.numbers.get(_mark(was), 0))
                if order is None or order.version == 1 or order.number in self.office.attention:
                    assert row == was
                    continue
                assert self.office.differences(order.number) == {}
                there = self.office.excel.papers[self.office.place(order.number).sheet]
                kept = Counter((cell.value, _by_headers(cell.formula, there)) for cell in row.values())
                typed = Counter(
                    (cell.value, _by_headers(cell.formula, paper))
                    for column, cell in was.items()
                    if not cell.is_blank
                    and (column not in name_of or self._stays(order.number, name_of[column], cell))
                )
                assert typed <= kept, f"{_mark(was)} lost {typed - kept}"

    def _check_row(self, mark: str, row: Row) -> None:
        before = self.started[mark]
        order = self.office.orders.get(self.numbers.get(mark, 0))
        for column in sorted({*before, *row}):
            was, now = before.get(column, EMPTY), row.get(column, EMPTY)
            name = next((f for f, c in FIELDS.items() if c == column), None)
            if order is None or name is None or self._stays(order.number, name, was):
                assert now in (was, _untexted(was)), f"{mark}, column {column}: {was} became {now}"

    def _stays(self, number: int, name: str, was: Cell) -> bool:
        """Whether a cell must stand as it did: it agrees with the order, or only a person changed it."""
        column = BY_FIELD[name]
        ours, theirs = self.office.orders[number].values[name], meaning(column, was.value).value
        if column.kind is Kind.NUMBER or same(column, ours, theirs):
            return True
        base = self.bases.get(number)
        return base is not None and same(column, ours, base[name]) and not same(column, theirs, base[name])

    bases: dict[int, dict[str, Value]] = field(default_factory=dict)


def _mark(row: Row) -> str:
    """The mark of a row, in whatever column it stands now."""
    texts = (str(cell.value) for cell in row.values())
    return next((text for text in texts if text.startswith(MARKS)), "")


def _by_headers(formula: str, paper: Paper) -> str:
    """A formula with the names of our columns in the place of their letters."""
    name_of = {get_column_letter(column): name for name, column in paper.columns.items()}
    return re.sub(r"[A-Z]+(?=\{row\})", lambda letters: name_of.get(letters[0], letters[0]), formula)


def _untexted(cell: Cell) -> Cell:
    """A number or formula in a cell that was formatted as text later: a copy of it can't have that format."""
    is_text = isinstance(cell.value, str) and not cell.formula
    return replace(cell, number_format=GENERAL) if cell.number_format == "@" and not is_text else cell


def _held(rows: list[Row]) -> list[Row]:
    return [row for row in rows if any(not cell.is_blank for cell in row.values())]


def draw_story(
    seed: int, *, size: int, changes: int, moves: int, new: int, edits: int = 2, surplus: float = 0
) -> Story:
    """A ledger of about `size` rows on each sheet. The same seed draws the same.

    `surplus` is the share of orders whose number stands in a second row, on any sheet.
    """
    chance = random.Random(seed)
    story = Story(Office())
    for number_of_sheet, sheet in enumerate(SHEETS):
        for index in range(chance.randint(0, size)):
            _draw_row(chance, story, sheet, 38000 + 1000 * number_of_sheet + index)
    known = sorted(story.bases)
    for number in filter(lambda _: chance.random() < surplus, known):
        _draw_surplus(chance, story, number)
    for number in chance.sample(known, min(changes, len(known))):
        _change(chance, story.office, number)
    for number in chance.sample(known, min(moves, len(known))):
        story.office.change(number, sheet=chance.choice(SHEETS), status=chance.choice(STATUSES[1:5]))
    for number in chance.sample(known, min(edits, len(known))):
        _edit_by_hand(chance, story, number)
    for index in range(new):
        _draw_new(chance, story, 50000 + index)
    story.started = {m: dict(story.office.excel.papers[s].rows[n - 1]) for m, (s, n) in story.marks().items()}
    return story


def draw_columns(chance: random.Random, story: Story) -> None:
    """People's columns on some sheets: inserted between ours, beside them, or in the place of one of ours."""
    for paper in story.office.excel.papers.values():
        act = chance.choice(["none", "insert", "beside", "instead"])
        if act == "insert":
            at = chance.randint(2, 25)
            paper.insert_column(at, chance.choice(["COLOR", "SIZE", ""]))
            _fill_column(chance, paper, at)
        elif act == "beside":
            paper.head(chance.randint(22, 27), chance.choice(["COLOR", "SIZE"]))
        elif act == "instead":
            paper.head(FIELDS[chance.choice(CHANGING)], "COLOR")


def type_everywhere(story: Story) -> set[str]:
    """A person types into every row, of a row and its copy into the first; all that people typed."""
    known: set[str] = set()
    for paper in story.office.excel.papers.values():
        for number, row in enumerate(paper.rows[1:], start=2):
            if _mark(row) and _mark(row) not in known:
                paper.put(number, paper.columns["description"], Cell(f"typed into {paper.name}{number}"))
                known.add(_mark(row))
    return {text for text in texts_on(story) if text.startswith("typed ")}


def texts_on(story: Story) -> set[str]:
    papers = story.office.excel.papers.values()
    return {str(cell.value) for paper in papers for row in paper.rows for cell in row.values()}


def _fill_column(chance: random.Random, paper: Paper, column: int) -> None:
    for number, row in enumerate(paper.rows[1:], start=2):
        if row and chance.random() < 0.5:
            paper.put(number, column, Cell(f"typed {paper.name}{number}"))


def _draw_row(chance: random.Random, story: Story, sheet: str, number: int) -> None:
    paper = story.office.excel.papers[sheet]
    mark = f"{sheet}-{number}"
    own: Row = {TAG: Cell(mark), 22: with_formula("=I{row}*2", "0.0"), 24: Cell(float(number), "0.000")}
    if chance.random() < 0.4:
        own[25] = chance.choice(
            [Cell("3-4"), Cell("=x", "@"), Cell(5, "@"), Cell(True), with_formula("=A{row}", "@")]
        )
    kind = chance.random()
    if kind < 0.1:
        paper.add({})
    elif kind < 0.2:
        paper.add({TAG: Cell(mark), 9: with_formula("=SUM(I{row}:J{row})"), 19: Cell("total")})
    elif kind < 0.3:
        paper.add({**own, 1: Cell(number + 500), 14: Cell("APPROVED")})
    else:
        base: dict[str, Value] = {
            **ORDER,
            **{name: pick(chance, name) for name in CHANGING},
            "number": number,
        }
        key = chance.choice([Cell(number), Cell(f"G{number}"), Cell(f"RO-{number}", "@")])
        cells = {FIELDS[name]: spelled(chance, name, base[name]) for name in CHANGING}
        paper.add({**own, **{c: cell for c, cell in cells.items() if cell != EMPTY}, 1: key})
        story.numbers[mark] = number
        story.office.has(number, sheet=sheet, agreed=base)
        story.office.pending.discard(number)
        story.bases[number] = base


def _draw_surplus(chance: random.Random, story: Story, number: int) -> None:
    """A row of a person's with the number of an order, and little else: it is nobody's, and stays as it is."""
    mark = f"surplus-{number}"
    said = {FIELDS["part_number"]: Cell("another"), FIELDS["description"]: Cell("surplus")}
    story.office.excel.papers[chance.choice(SHEETS)].add({1: Cell(number), **said, TAG: Cell(mark)})


def _change(chance: random.Random, office: Office, number: int) -> None:
    names = chance.sample(CHANGING, chance.randint(1, 3))
    office.change(number, to={name: pick(chance, name) for name in names})


def change_something(chance: random.Random, story: Story) -> None:
    """One field of one order is saved, and now and then its sheet."""
    number = chance.choice([*story.bases, *story.new])
    name = chance.choice(CHANGING)
    sheet = chance.choice(SHEETS) if chance.random() < 0.3 else None
    story.office.change(number, sheet=sheet, to={name: pick(chance, name)})


def _edit_by_hand(chance: random.Random, story: Story, number: int) -> None:
    place = story.office.place(number)
    name = chance.choice(CHANGING)
    value = chance.choice([pick(chance, name), pick(chance, name), "next week"])
    cell = spelled(chance, name, value) if value != "next week" else Cell("next week")
    story.office.excel.papers[place.sheet].put(place.row, FIELDS[name], cell)
    story.office.pending.add(number)


def _draw_new(chance: random.Random, story: Story, number: int) -> None:
    values = {name: pick(chance, name) for name in CHANGING}
    story.office.makes(number, sheet=chance.choice(SHEETS), **values)
    story.new.append(number)
