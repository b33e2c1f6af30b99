"""Notes as long as people write them over the years: what is posted stays below what Graph takes."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from repairs.models import RepairOrder
from sync.emulator.process import start_emulator
from sync.marks import mark_all
from tests.flush.house import House
from tests.importing.ledger import SAMPLE

pytestmark = pytest.mark.django_db(transaction=True)

LARGEST_POST = 2_000_000  # bytes
LONG = 7_000  # letters


@pytest.mark.chaos
def test_long_notes_of_all_orders_arrive(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(SAMPLE.read_bytes())
    with (
        start_emulator(book, token="long notes") as emulator,
        override_settings(
            GRAPH_BASE_URL=emulator.base_url,
            GRAPH_STATIC_TOKEN=emulator.token,
            GRAPH_ADDRESS="",
            GRAPH_DRIVE_ID=emulator.drive_id,
            EXCEL_WORKBOOK_ID=emulator.item_id,
        ),
    ):
        call_command("import_workbook", SAMPLE, quiet=True)
        RepairOrder.objects.update(notes="n" * LONG)
        mark_all(RepairOrder.objects.all())
        house = House(emulator)
        report = house.drain()
        posts = [entry["bytes_in"] for entry in house.log() if entry["path"].endswith("$batch")]
        house.close()
    assert (report["pending"], report["needs_attention"], report["orders_synced"]) == (0, [], 890)
    assert sum(posts) > LONG * 890
    assert max(posts) < LARGEST_POST
