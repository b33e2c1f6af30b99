"""The list of parts in stock: once is as good as twice, and nothing that is known is lost."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from repairs.inventory_list import read_condition, read_quantity
from repairs.models import InventoryItem
from tests.importing.ledger import SAMPLE

pytestmark = pytest.mark.django_db
STOCK = SAMPLE.with_name("inventory.csv")
HEADER = "PartNumber,TableName,Qty,SerialNumber,Condition,Location,Description,LastSeen\n"


def listed(path: Path, *lines: str) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def imported(path: Path, **options: Any) -> dict[str, Any]:
    """Imports the list; what the report says."""
    report = path.with_suffix(".json")
    call_command("import_inventory", path, report=report, **options)
    told: dict[str, Any] = json.loads(report.read_text())
    return told


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    return told["imported"], told["updated"], told["unchanged"], told["older"]


@pytest.mark.both_databases
def test_every_line_of_the_sample_is_imported_once(tmp_path: Path) -> None:
    path = tmp_path / "inventory.csv"
    path.write_bytes(STOCK.read_bytes())
    with STOCK.open() as file:
        lines = list(csv.DictReader(file))
    assert counts(imported(path)) == (len(lines), 0, 0, 0)
    before = list(InventoryItem.objects.order_by("pk").values())
    assert sorted((i["part_number"], i["quantity"]) for i in before) == sorted(
        (line["PartNumber"], int(line["Qty"])) for line in lines
    )
    again = imported(path)
    assert counts(again) == (0, 0, len(lines), 0)
    assert (again["rejected"], again["issues"]) == ([], [])
    assert list(InventoryItem.objects.order_by("pk").values()) == before


def test_a_unit_with_a_serial_is_the_same_unit_wherever_it_lies(tmp_path: Path) -> None:
    path = listed(tmp_path / "i.csv", "A-1,terra,1,00123,AR,BIN-1,PUMP,2026-01-01")
    imported(path)
    listed(path, "A-1,TERRA,1,00123,OH,BIN-9,PUMP,2026-02-01")
    assert counts(imported(path)) == (0, 1, 0, 0)
    item = InventoryItem.objects.get()
    assert (item.location, item.condition, item.last_seen) == ("BIN-9", "OH", date(2026, 2, 1))


def test_lines_without_a_serial_are_told_apart_by_place_condition_and_order(tmp_path: Path) -> None:
    path = listed(
        tmp_path / "i.csv",
        "A-1,terra,1,,,BIN-1,PUMP,",
        "A-1,terra,2,,,BIN-1,PUMP,",
        "A-1,terra,3,,OH,BIN-1,PUMP,",
        "A-1,terra,4,N/A,,BIN-2,PUMP,",
    )
    assert counts(imported(path)) == (4, 0, 0, 0)
    assert counts(imported(path)) == (0, 0, 4, 0)
    listed(path, "A-1,terra,1,,,BIN-1,PUMP,", "A-1,terra,7,,,BIN-1,PUMP,")
    assert counts(imported(path)) == (0, 1, 1, 0)
    quantities = InventoryItem.objects.order_by("quantity").values_list("quantity", flat=True)
    assert list(quantities) == [1, 3, 4, 7]


def test_blank_unreadable_and_older_cells_leave_what_is_known(tmp_path: Path) -> None:
    path = listed(tmp_path / "i.csv", "A-1,terra,5,77,OH,BIN-1,PUMP,2026-05-05")
    imported(path)
    known = InventoryItem.objects.values().get()
    listed(path, "A-1,terra,many,77,,,,soon")
    told = imported(path)
    assert counts(told) == (0, 0, 1, 0)
    assert [(i["row"], i["field"], i["value"]) for i in told["issues"]] == [
        (2, "quantity", "many"),
        (2, "last_seen", "soon"),
    ]
    listed(path, "A-1,terra,1,77,NE,BIN-2,PUMP,2026-05-04")
    assert counts(imported(path)) == (0, 0, 0, 1)
    assert InventoryItem.objects.values().get() == known


def test_a_word_that_is_no_condition_is_kept_and_told(tmp_path: Path) -> None:
    path = listed(tmp_path / "i.csv", "A-1,terra,1,7,UNSERVICEABLE,,,", "A-2,terra,1,8,overhauled,,,")
    told = imported(path)
    assert [(i["row"], i["value"]) for i in told["issues"]] == [(2, "UNSERVICEABLE")]
    first, second = InventoryItem.objects.all()
    assert (first.condition, first.condition_text, first.shown_condition) == (
        "",
        "UNSERVICEABLE",
        "UNSERVICEABLE",
    )
    assert (second.condition, second.shown_condition) == ("OH", "Overhauled")
    imported(listed(path, "A-1,terra,1,7,SV,,,"))
    first.refresh_from_db()
    assert (first.condition, first.condition_text) == ("SV", "")


def test_a_line_without_a_part_number_is_refused_and_told(tmp_path: Path) -> None:
    told = imported(
        listed(tmp_path / "i.csv", ",terra,1,,,,,", "-,terra,1,,,,,", f"{'9' * 256},terra,1,,,,,")
    )
    assert [(r["row"], r["reason"]) for r in told["rejected"]] == [
        (2, "no part number"),
        (3, "no part number"),
        (4, "the part number is too long"),
    ]
    assert not InventoryItem.objects.exists()


def test_a_list_that_names_no_source_is_called_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "hangar 4.csv"
    path.write_text("part number,quantity\nA-1,1\n")
    imported(path)
    assert InventoryItem.objects.get().source == "hangar 4"


def test_a_dry_run_says_the_same_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = listed(tmp_path / "i.csv", "A-1,terra,1,,,,,")
    assert counts(imported(path, dry_run=True)) == (1, 0, 0, 0)
    assert not InventoryItem.objects.exists()


def test_a_report_that_cannot_be_written_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = listed(tmp_path / "i.csv", "A-1,terra,1,,,,,")
    with pytest.raises(CommandError, match="can't be written"):
        call_command("import_inventory", path, report=tmp_path / "no folder" / "r.json")
    assert not InventoryItem.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "no header"), (b"a,b\n1,2\n", "no header"), (b"PK\x03\x04\0\0", "not a list of parts"),
     (b'PartNumber\n"never closed', "not a list of parts"), (b"PartNumber,Qty,Quantity\n", "twice")],
)  # fmt: skip
def test_what_is_no_list_of_parts_is_refused_with_a_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "i.csv").write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("import_inventory", tmp_path / "i.csv")


def test_a_missing_list_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be opened"):
        call_command("import_inventory", tmp_path / "i.csv")


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "broken",
    [{"part_number": ""}, {"condition": "XX"}, {"condition": "OH", "condition_text": "as is"}, {"key": "k"}],
)
def test_the_database_refuses_what_no_line_is(broken: dict[str, str]) -> None:
    InventoryItem.objects.create(key="k", part_number="A-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        InventoryItem.objects.create(**{"key": "l", "part_number": "A-1", **broken})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("0", 0), ("12", 12), ("12.0", 12), ("1,200", 1200), ("", None), ("TBD", None), ("-3", None), ("2-3", None),
     ("1,2", None), ("4.5", None), ("9" * 12, None)],
)  # fmt: skip
def test_a_quantity_is_a_whole_number_or_nothing(text: str, pieces: int | None) -> None:
    assert read_quantity(text).value == pieces


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read_condition(text)
    pieces = read_quantity(text).value
    assert pieces is None or pieces >= 0
