"""Importing from the living workbook, through Graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from repairs.models import RepairOrder
from sync.emulator.process import start_emulator
from tests.importing.ledger import HEADERS, SAMPLE, row, write

TOKEN = "importing"
pytestmark = pytest.mark.django_db


@contextmanager
def living(book: Path) -> Iterator[None]:
    """The settings lead to an emulator with this workbook."""
    with (
        start_emulator(book, token=TOKEN) as emulator,
        override_settings(
            GRAPH_BASE_URL=emulator.base_url,
            GRAPH_STATIC_TOKEN=TOKEN,
            GRAPH_ADDRESS="",
            GRAPH_DRIVE_ID=emulator.drive_id,
            EXCEL_WORKBOOK_ID=emulator.item_id,
        ),
    ):
        yield


def test_the_living_workbook_is_imported_like_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(SAMPLE.read_bytes())
    with living(book):
        call_command("import_workbook", from_graph=True)
        assert "890 imported" in capsys.readouterr().out
        call_command("import_workbook", SAMPLE)
        assert "0 imported, 0 updated, 890 unchanged" in capsys.readouterr().out


def test_long_notes_are_read_in_parts(tmp_path: Path) -> None:
    """More in one sheet than Graph puts into one answer."""
    long = "n" * 6_000
    rows = [row(number, notes=long) for number in range(1, 1_001)]
    with living(write(tmp_path / "book.xlsx", {"Active": [HEADERS, *rows]})):
        call_command("import_workbook", from_graph=True)
    assert RepairOrder.objects.filter(notes=long).count() == 1_000


@pytest.mark.parametrize(
    ("sheets", "sentence"),
    [
        ({"Summary": [HEADERS, row(1)]}, "no sheet called Active, Net, Paid"),
        ({"Active": [HEADERS, row(1)], "Net": [("Name", "Age"), ("x", 5)]}, "“Net” can't be used"),
    ],
    ids=["no ledger sheet", "foreign headers"],
)
def test_a_living_workbook_that_can_t_be_imported_is_refused_with_a_sentence(
    tmp_path: Path, sheets: dict[str, list[tuple[object, ...]]], sentence: str
) -> None:
    with living(write(tmp_path / "book.xlsx", sheets)), pytest.raises(CommandError, match=sentence):
        call_command("import_workbook", from_graph=True)
    assert not RepairOrder.objects.exists()
