"""An .xlsx file read into the cell values that Graph would give for it."""

import datetime as dt
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from sync.xlsx import read_workbook


@pytest.mark.parametrize("epoch", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
def test_dates_are_serials_of_the_1900_system_whatever_the_workbooks_own(
    tmp_path: Path, epoch: dt.datetime
) -> None:
    book = openpyxl.Workbook()
    book.epoch = epoch
    sheet = book.active
    assert sheet is not None
    sheet.title = "Active"
    sheet.append([dt.datetime(2025, 11, 24), dt.datetime(2025, 11, 24, 6), dt.time(12)])  # noqa: DTZ001  # as in Excel
    book.save(tmp_path / "dates.xlsx")
    assert read_workbook(tmp_path / "dates.xlsx")["Active"][0][:3] == (45985, 45985.25, 0.5)


def test_cells_have_graphs_types_and_rows_their_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "net"
    sheet["A1"], sheet["B1"], sheet["C1"], sheet["D1"] = 38573.0, 1500.5, True, " text "
    sheet["A5"], sheet["B5"] = "#REF!", "carriage_x000D_return"
    sheet["V5"] = "right of U"
    sheet["Z900"] = "far below, right of U"
    book.create_sheet("Summary")["A1"] = "not a ledger"
    book.save(tmp_path / "types.xlsx")
    sheets = read_workbook(tmp_path / "types.xlsx")
    assert list(sheets) == ["net"]
    rows = sheets["net"]
    assert rows[0][:5] == (38573, 1500.5, True, " text ", "")
    assert [type(cell) for cell in rows[0][:3]] == [int, float, bool]
    assert rows[4][:2] == ("#REF!", "carriage\rreturn")
    assert (len(rows), {len(row) for row in rows}) == (5, {21})
    assert set(rows[1]) == {""}


def test_a_sheet_that_lies_about_its_size_is_read_to_its_end(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Active"
    for number in range(1, 51):
        sheet.append([number, "x"])
    book.save(tmp_path / "true.xlsx")
    with zipfile.ZipFile(tmp_path / "true.xlsx") as true, zipfile.ZipFile(tmp_path / "lie.xlsx", "w") as lie:
        for part in true.namelist():
            lie.writestr(part, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:A1"', true.read(part)))
    rows = read_workbook(tmp_path / "lie.xlsx")["Active"]
    assert [row[:2] for row in rows] == [(number, "x") for number in range(1, 51)]
