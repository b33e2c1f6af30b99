"""The sample of years of hand editing: the truth for every order, row and cell of it is known."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from repairs.models import NumberSequence, RepairOrder, Shop
from sync.columns import to_json
from sync.models import Replica
from sync.wanted import order_values
from tests.importing.ledger import SAMPLE

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "expected.json").read_text())
NOT_FIELDS = {"row", "sheet", "history", "status", "status_text"}


@pytest.fixture
def report(db: None, tmp_path: Path) -> dict[str, Any]:
    """The report of importing the shop list and then the workbook, as the commands write it."""
    call_command("import_shops", SAMPLE.with_name("shops.csv"))
    call_command("import_workbook", SAMPLE, report=tmp_path / "report.json")
    read: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    return read


def as_truth(order: RepairOrder) -> dict[str, Any]:
    values = {name: to_json(value) for name, value in order_values(order).items() if name not in NOT_FIELDS}
    history = order.status_changes.filter(imported=True).count()
    return values | {
        "sheet": order.sheet,
        "status": order.status or None,
        "text": order.status_text,
        "h": history,
    }


def expected(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if name not in NOT_FIELDS}
    told = {"status": row["status"], "text": row.get("status_text", ""), "h": row.get("history", 0)}
    return values | {"sheet": row["sheet"]} | told


def test_the_truth_is_met(report: dict[str, Any]) -> None:
    orders = RepairOrder.objects.select_related("shop").prefetch_related("status_changes")
    found = {str(order.number): as_truth(order) for order in orders}
    assert found.keys() == TRUTH["rows"].keys()
    for number, row in TRUTH["rows"].items():
        assert found[number] == expected(row), number


def test_rejected_rows_and_issues_are_exactly_those_known(report: dict[str, Any]) -> None:
    rejected = [(r["sheet"], r["row"], r["reason"]) for r in report["rejected"]]
    assert rejected == [(r["sheet"], r["row"], r["reason"]) for r in TRUTH["rejected"]]
    assert all(len(r["values"]) == 21 for r in report["rejected"])
    issues = sorted((i["sheet"], i["row"], i["field"], i["value"]) for i in report["issues"])
    assert issues == sorted((w["sheet"], w["row"], w["field"], w["value"]) for w in TRUTH["warned"])
    assert all(i["reason"] for i in report["issues"])
    assert (report["imported"], report["updated"], report["unchanged"], report["differences"]) == (
        890,
        0,
        0,
        [],
    )


def test_nothing_is_left_pending_and_no_shop_is_made_twice(report: dict[str, Any]) -> None:
    assert Replica.objects.count() == 890
    assert not Replica.objects.exclude(pending_since=None, agreed__isnull=False).exists()
    assert Shop.objects.count() == 36
    assert NumberSequence.objects.get().last == max(map(int, TRUTH["rows"]))


def test_a_second_import_changes_nothing(report: dict[str, Any], tmp_path: Path) -> None:
    before = list(RepairOrder.objects.order_by("pk").values())
    replicas = list(
        Replica.objects.order_by("pk").values("agreed", "sheet", "wanted_version", "arrived_version")
    )
    call_command("import_workbook", SAMPLE, report=tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text())
    assert (again["imported"], again["updated"], again["unchanged"], again["differences"]) == (0, 0, 890, [])
    assert again["issues"] == report["issues"]
    assert list(RepairOrder.objects.order_by("pk").values()) == before
    assert (
        list(Replica.objects.order_by("pk").values("agreed", "sheet", "wanted_version", "arrived_version"))
        == replicas
    )
