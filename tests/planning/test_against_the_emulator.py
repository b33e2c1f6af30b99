"""The same over HTTP: what the reader finds, and text that stays text, in the emulator's Excel."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook

from sync.columns import COLUMNS, SHEETS
from sync.emulator.process import EmulatorProcess, start_emulator
from sync.graph.client import Connection
from sync.graph.tokens import StaticToken
from sync.graph.workbook import Step, WorkbookFile
from sync.plan import Plan, RowDelete
from sync.reader import Reader
from sync.second_look import rows_stand
from sync.sheets import Book, Content
from tests.planning.excel import Excel
from tests.planning.office import Office
from tests.planning.test_text_stays_text import TEXTS

ROWS = 60


def make_ledger(path: Path) -> None:
    """Four ledgers; on Active orders with texts, a date-formatted column, formulas and a person's own column."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in SHEETS:
        book.create_sheet(name).append([column.header for column in COLUMNS])
    active = book["Active"]
    for row in range(2, ROWS + 2):
        active.cell(row, 1, row)
        active.cell(row, 5, "old").number_format = ("General", "@", "mm/dd/yyyy")[row % 3]
        active.cell(row, 22, f"=A{row}")
        active.cell(row, 24, f"mine {row}")
    book.save(path)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = tmp_path_factory.mktemp("planning") / "ledger.xlsx"
    make_ledger(path)
    with start_emulator(path, options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def control(emulator: EmulatorProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=emulator.control_url, trust_env=False) as client:
        client.post("/reset", json={}).raise_for_status()
        yield client


@pytest.fixture
def file(emulator: EmulatorProcess, control: httpx.Client) -> Iterator[WorkbookFile]:
    connection = Connection(emulator.base_url, StaticToken(emulator.token))
    yield WorkbookFile(connection, drive_id=emulator.drive_id, item_id=emulator.item_id)
    connection.close()


def read(file: WorkbookFile, session: str) -> Book:
    return Reader(file, session).read(whole=SHEETS, spare={"Active": 5})


class Remote(Excel):
    """The emulator's Excel in the place of the one in memory."""

    def __init__(self, file: WorkbookFile) -> None:
        super().__init__()
        self._file = file
        self._session = file.open_session()

    def read(self) -> Book:
        return read(self._file, self._session)

    def apply(self, step: Step) -> None:
        (result,) = self._file.run(self._session, [step])
        assert result.error is None


@pytest.mark.parametrize("rule", ["keep", "swallow"])
def test_texts_arrive_as_they_are(control: httpx.Client, file: WorkbookFile, rule: str) -> None:
    control.post("/options", json={"apostrophe_in_text_cells": rule}).raise_for_status()
    office = Office(Remote(file))
    for number, text in enumerate([*TEXTS, *TEXTS, *TEXTS], start=2):
        office.has(number, agreed={"serial_number": "old"}, serial_number=text)
    for number, text in enumerate(TEXTS, start=900):
        office.makes(number, serial_number=text)
    office.change(12, sheet="Net", notes="3-4")
    office.flush()
    book = office.excel.read()
    places = {number: book.places[number] for number in office.orders}
    found = {n: book.sheets[place.sheet].at(place.row, 5).value for n, (place,) in places.items()}
    assert found == {number: order.values["serial_number"] for number, order in office.orders.items()}
    assert (office.attention, office.activity, office.pending) == ({}, {}, set())


def test_an_answer_that_is_too_large_is_asked_for_in_halves(
    control: httpx.Client, file: WorkbookFile
) -> None:
    session = file.open_session()
    whole = read(file, session)
    fault = {
        "match": {"path_regex": "A1:X", "in_batch": True},
        "times": 3,
        "action": {
            "kind": "status",
            "status": 413,
            "code": "x",
            "inner_code": "payloadTooLargeUncategorized",
        },
    }
    control.post("/faults", json=fault).raise_for_status()
    again = read(file, session)
    assert {n: (v.values, v.formulas, v.formats) for n, v in again.sheets.items()} == {
        n: (v.values, v.formulas, v.formats) for n, v in whole.sheets.items()
    }
    assert again.sheets["Active"].at(7, 22) == Content(7, "General", "=A7")
    assert again.sheets["Active"].last_row == ROWS + 1
    assert len(again.sheets["Active"].values) == ROWS + 6


def test_a_formula_that_a_person_typed_over_is_seen_by_the_second_look(
    control: httpx.Client, file: WorkbookFile
) -> None:
    reader = Reader(file, file.open_session())
    book = reader.read(whole=SHEETS, spare={})
    plan = Plan(deletes=[RowDelete(7, 7, "Active", 7)])
    assert rows_stand(reader, book, plan)
    typed = {"sheet": "Active", "ops": [{"set": {"V7": 7}}]}  # what the formula showed
    control.post("/edit", json=typed).raise_for_status()
    assert not rows_stand(reader, book, plan)


def test_of_sheets_that_are_not_read_whole_only_the_numbers_are_known(file: WorkbookFile) -> None:
    book = Reader(file, file.open_session()).read(whole={"Net"}, spare={})
    assert book.places[7][0].row == 7
    assert not book.sheets["Active"].complete
    assert book.sheets["Net"].complete
