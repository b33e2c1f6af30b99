"""Reading an .xlsx file into plain sheets, with the cell values that Microsoft Graph would give for it."""

from __future__ import annotations

import datetime as dt
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.datetime import to_excel
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from repairs.reading import Cell
from sync.columns import WIDTH, ledger_name

Row = tuple[Cell, ...]
Sheets = dict[str, list[Row]]

LARGEST_FILE = 100 * 1024 * 1024
# Reading takes three times this in memory. 100,000 orders unpack to about 100 MB.
LARGEST_UNPACKED = 200 * 1024 * 1024
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_CONTENT_TYPES = "[Content_Types].xml"
_BLANK_ROW: Row = ("",) * WIDTH
# Below this a float holds every whole number.
_EXACT = 2.0**53
# openpyxl has no error of its own for a damaged file: what its parsers and the zip module raise comes out.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ParseError,
    InvalidFileException,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    AssertionError,
)


class UnreadableWorkbook(Exception):
    """The file can't be imported. The text is one sentence for people."""


def read_workbook(path: Path) -> Sheets:
    """The ledger sheets of a workbook file by their titles, each as its rows from row 1 on, A to U.

    Dates become serial numbers of the 1900 system whatever the workbook's own, blank cells "", errors their
    text, and formulas the value that Excel last saved. Raises UnreadableWorkbook.
    """
    _refuse_unsuitable(path)
    try:
        with path.open("rb") as file:
            _refuse_foreign_content(file)
            return _read_sheets(file)
    except OSError as error:
        # openpyxl's error for a package without a workbook in it, too.
        raise UnreadableWorkbook(f"{path} can't be opened as an Excel workbook (.xlsx).") from error
    except _DAMAGE as error:
        raise UnreadableWorkbook(f"{path} is damaged or incomplete and can't be read.") from error
    except RuntimeError as error:
        # The zip module's error for a part that is encrypted by itself.
        raise UnreadableWorkbook(f"{path} is protected with a password. Save it without one.") from error


def plain_rows(rows: Iterable[Iterable[Any]]) -> list[Row]:
    """Rows as Graph gives them: A to U, blank cells "", whole numbers as int, no blank rows at the end."""
    plain = [_plain_row(row) for row in rows]
    while plain and plain[-1] == _BLANK_ROW:
        plain.pop()
    return plain


def _read_sheets(file: BinaryIO) -> Sheets:
    with warnings.catch_warnings():
        # What openpyxl leaves out (validations, extensions) is nothing that an import looks at.
        warnings.filterwarnings("ignore", module="openpyxl")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        return {sheet.title: _read_sheet(sheet) for sheet in book.worksheets if ledger_name(sheet.title)}


def _read_sheet(sheet: Any) -> list[Row]:
    # Programs that write .xlsx files often state a wrong size of the sheet.
    sheet.reset_dimensions()
    return plain_rows(sheet.iter_rows(max_col=WIDTH, values_only=True))


def _refuse_unsuitable(path: Path) -> None:
    try:
        if path.exists() and not path.is_file():
            raise UnreadableWorkbook(f"{path} is not a file.")
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableWorkbook(f"There is no file {path}.") from error
    if size == 0:
        raise UnreadableWorkbook(f"{path} is empty.")
    if size > LARGEST_FILE:
        raise UnreadableWorkbook(f"{path} is larger than the 100 MB that can be imported.")


def _refuse_foreign_content(file: BinaryIO) -> None:
    head = file.read(len(_OLE))
    file.seek(0)
    if head == _OLE:
        encrypted = _ENCRYPTED_PART in file.read()
        raise UnreadableWorkbook(
            f"{file.name} is protected with a password. Save it without one."
            if encrypted
            else f"{file.name} is a workbook of the old .xls kind. Save it as .xlsx."
        )
    if not head.startswith(b"PK"):
        raise UnreadableWorkbook(f"{file.name} is not an Excel workbook (.xlsx).")
    with zipfile.ZipFile(file) as package:
        _refuse_foreign_package(package, file.name)
    file.seek(0)


def _refuse_foreign_package(package: zipfile.ZipFile, name: str) -> None:
    if _CONTENT_TYPES not in package.namelist():
        raise UnreadableWorkbook(f"{name} is not an Excel workbook (.xlsx).")
    if sum(part.file_size for part in package.infolist()) > LARGEST_UNPACKED:
        raise UnreadableWorkbook(f"{name} unpacks to more than 200 MB, which no repair-order workbook does.")


def _plain_row(row: Iterable[Any]) -> Row:
    cells = tuple(_plain_cell(value) for value in row)[:WIDTH]
    padded = cells + ("",) * (WIDTH - len(cells))
    return padded if padded != _BLANK_ROW else _BLANK_ROW


def _plain_cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        value = to_excel(value)  # type: ignore[no-untyped-call]  # openpyxl's types leave this function out
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    return value if isinstance(value, int) else unescape(str(value))
