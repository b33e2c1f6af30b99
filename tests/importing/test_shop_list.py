"""The list of shops: its spelling wins, and what a person entered here stays."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from repairs import shops
from repairs.models import Activity, Shop
from tests.importing.ledger import SAMPLE

pytestmark = pytest.mark.django_db
HEADER = "Customer,Business Name,Email,Payment Terms\n"


def listed(path: Path, *lines: str) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_the_list_is_imported_once(tmp_path: Path) -> None:
    call_command("import_shops", SAMPLE.with_name("shops.csv"))
    shop = Shop.objects.get(name="Meridian Hydraulics")
    assert (shop.customer_number, shop.payment_terms, shop.contact) == ("1001", "NET 90", "Ann")
    call_command("import_shops", SAMPLE.with_name("shops.csv"), report=tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text())
    assert (again["imported"], again["updated"], again["unchanged"], again["differences"]) == (0, 0, 36, [])


def test_the_lists_spelling_wins_and_empty_fields_are_filled(tmp_path: Path) -> None:
    shop = shops.create(by=None, name="CORAL  BAY aero", email="corrected@example.com")
    path = listed(tmp_path / "s.csv", "7,Coral Bay Aero,old@example.com,COD")
    call_command("import_shops", path, report=tmp_path / "r.json")
    shop.refresh_from_db()
    assert (shop.name, shop.customer_number, shop.payment_terms) == ("Coral Bay Aero", "7", "COD")
    assert shop.email == "corrected@example.com"
    assert json.loads((tmp_path / "r.json").read_text())["differences"] == [
        {"row": 2, "field": "email", "value": "old@example.com", "shop": "corrected@example.com"}
    ]
    changes = Activity.objects.get(verb="imported").changes.all()
    assert {c.field: (c.old, c.new) for c in changes}["name"] == ("CORAL BAY aero", "Coral Bay Aero")


def test_lines_without_a_name_and_second_lines_of_one_name_are_refused_and_told(tmp_path: Path) -> None:
    path = listed(
        tmp_path / "s.csv", "1,Umbra,a@example.com,", "2, UMBRA ,,", "3,,x@example.com,", "4,Quarry,no mail,"
    )
    call_command("import_shops", path, report=tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert [(r["row"], r["reason"]) for r in report["rejected"]] == [(3, "duplicate name"), (4, "no name")]
    assert [(i["row"], i["field"], i["value"]) for i in report["issues"]] == [(5, "email", "no mail")]
    assert {s.name: s.email for s in Shop.objects.all()} == {"Umbra": "a@example.com", "Quarry": ""}


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    call_command("import_shops", listed(tmp_path / "s.csv", "1,Umbra,,"), dry_run=True)
    assert not Shop.objects.exists()
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "no header"), (b"a,b\n1,2\n", "no header"), (b"PK\x03\x04\0\0", "not a list of shops"),
     (b'Business Name\n"never closed', "not a list of shops")],
)  # fmt: skip
def test_what_is_no_list_of_shops_is_refused_with_a_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("import_shops", tmp_path / "s.csv")


def test_a_missing_list_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be opened"):
        call_command("import_shops", tmp_path / "s.csv")


def test_a_list_saved_by_an_older_excel_keeps_its_accents(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes((HEADER + "1,Société Aéro,,\n").encode("latin-1"))
    call_command("import_shops", tmp_path / "s.csv")
    assert Shop.objects.get().name == "Société Aéro"
