"""Files that can't be imported: one clear sentence, exit code 1, and the database as it was."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from repairs.models import NumberSequence, RepairOrder, Shop
from sync.models import Workbook
from tests.importing.ledger import HEADERS, SAMPLE, row, write

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
Make = Callable[[Path], object]


def encrypted(path: Path) -> None:
    path.write_bytes(OLE + bytes(1024) + "EncryptedPackage".encode("utf-16-le") + bytes(4096))


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 200 * 2**20)


def zip_of(**parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return packed.getvalue()


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for number in range(3):
            with package.open(f"part{number}", "w") as part:
                for _ in range(67):
                    part.write(bytes(2**20))


def damaged_inside(path: Path) -> None:
    with zipfile.ZipFile(SAMPLE) as whole, zipfile.ZipFile(path, "w") as package:
        for part in whole.namelist():
            content = whole.read(part)
            package.writestr(
                part, content[: len(content) // 2] if part.startswith("xl/worksheets") else content
            )


def foreign_headers(path: Path) -> None:
    write(path, {"Active": [HEADERS, row(1)], "Net": [["Invoice", "Amount"], [1, 2]]})


REFUSED: dict[str, tuple[Make, str]] = {
    "text": (lambda p: p.write_text("RO,DATE MADE\n1,2\n"), "is not an Excel workbook"),
    "pdf": (lambda p: p.write_bytes(b"%PDF-1.7\n" + bytes(100)), "is not an Excel workbook"),
    "image": (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)), "is not an Excel workbook"),
    "other zip": (lambda p: p.write_bytes(zip_of(readme=b"hello")), "is not an Excel workbook"),
    "empty": (lambda p: p.touch(), "is empty"),
    "folder": (lambda p: p.mkdir(), "is not a file"),
    "missing": (lambda p: None, "There is no file"),
    "old xls": (lambda p: p.write_bytes(OLE + bytes(4096)), "old .xls kind"),
    "encrypted": (encrypted, "protected with a password"),
    "truncated": (lambda p: p.write_bytes(SAMPLE.read_bytes()[:60_000]), "damaged or incomplete"),
    "cut to its first bytes": (lambda p: p.write_bytes(b"PK\x03\x04"), "damaged or incomplete"),
    "damaged inside": (damaged_inside, "damaged or incomplete"),
    "200 MB": (huge, "larger than the 100 MB"),
    "zip bomb": (bomb, "unpacks to more than 200 MB"),
    "no ledger sheet": (lambda p: write(p, {"Summary": [HEADERS, row(1)]}), "no sheet called Active, Net, Paid"),
    "foreign headers": (foreign_headers, "“Net” is not a list of repair orders"),
    "empty ledger sheet": (lambda p: write(p, {"Active": []}), "its first row is empty"),
    "two of one name": (
        lambda p: write(p, {"Active": [HEADERS], "active ": [HEADERS]}), "two sheets called Active"
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_can_t_be_imported_is_refused_with_a_sentence(kind: str, tmp_path: Path) -> None:
    make, sentence = REFUSED[kind]
    path = tmp_path / "orders.xlsx"
    make(path)
    with pytest.raises(CommandError, match=sentence) as refusal:
        call_command("import_workbook", path)
    assert refusal.value.returncode == 1
    assert "\n" not in str(refusal.value)
    assert not RepairOrder.objects.exists()
    assert not Shop.objects.exists()
    assert not Workbook.objects.exists()
    assert not NumberSequence.objects.exists()


@pytest.mark.django_db
def test_a_file_is_read_to_its_end_before_the_database_is_held(tmp_path: Path) -> None:
    """On SQLite nobody else saves from the first statement of a transaction on."""
    path = tmp_path / "orders.xlsx"
    foreign_headers(path)
    with CaptureQueriesContext(connection) as done, pytest.raises(CommandError):
        call_command("import_workbook", path)
    assert not [query["sql"] for query in done if query["sql"].startswith(("SAVEPOINT", "BEGIN"))]


@pytest.mark.django_db
def test_a_report_that_can_t_be_written_undoes_the_import(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.xlsx", {"Active": [HEADERS, row(1)]})
    with pytest.raises(CommandError, match="report can't be written"):
        call_command("import_workbook", path, report=tmp_path / "nowhere" / "report.json")
    assert not RepairOrder.objects.exists()


@pytest.mark.django_db
def test_a_dry_run_of_the_command_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "orders.xlsx", {"Active": [HEADERS, row(1), row("x")]})
    call_command("import_workbook", path, dry_run=True)
    shown = capsys.readouterr()
    assert "1 imported, 0 updated, 0 unchanged, 1 row refused" in shown.out
    assert "Not imported: Active, row 3: no RO number." in shown.out
    assert shown.err == ""
    assert not RepairOrder.objects.exists()
    assert not Workbook.objects.exists()
