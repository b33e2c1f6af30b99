"""Importing from the living workbook, through Graph."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from sync.emulator.process import start_emulator
from tests.importing.ledger import SAMPLE

TOKEN = "importing"


@pytest.mark.django_db
def test_the_living_workbook_is_imported_like_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(SAMPLE.read_bytes())
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
        call_command("import_workbook", from_graph=True)
        assert "890 imported" in capsys.readouterr().out
        call_command("import_workbook", SAMPLE)
        assert "0 imported, 0 updated, 890 unchanged" in capsys.readouterr().out
