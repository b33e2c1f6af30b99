"""Which rows become orders, which are refused, and which numbers are seen."""

import pytest

from repairs import numbers
from repairs.models import Activity, RepairOrder, Shop
from sync.models import Workbook
from sync.xlsx import Sheets, UnreadableWorkbook
from tests.importing.ledger import HEADERS, import_sheets, row, sheets

pytestmark = pytest.mark.django_db


def test_of_two_rows_with_one_number_the_first_counts_in_the_order_of_the_sheets(workbook: Workbook) -> None:
    report = import_sheets(
        workbook,
        sheets(
            Returns=[row(1, description="on Returns")],
            Paid=[row("G2", description="on Paid"), row(2, description="again")],
            Active=[row("RO-1", description="on Active")],
        ),
    )
    assert {o.number: o.description for o in RepairOrder.objects.all()} == {1: "on Active", 2: "on Paid"}
    assert [(r.sheet, r.row, r.reason) for r in report.rejected] == [
        ("Paid", 3, "duplicate RO number"),
        ("Returns", 2, "duplicate RO number"),
    ]
    assert report.rejected[0].values[:4] == [2, "", "Coral Bay Aero", "762574B"]


def test_a_refused_row_has_no_issues_of_its_own(workbook: Workbook) -> None:
    report = import_sheets(workbook, sheets(Active=[row("N/A", estimated_cost="TBD", date_made="0")]))
    assert (len(report.rejected), report.issues) == (1, [])


def test_what_a_history_says_beyond_its_steps_is_listed(workbook: Workbook) -> None:
    notes = 'HISTORY:[{"status":"APPROVED","date":"sometime in May","remark":"call Bob 305"}]|NOTES:core due'
    report = import_sheets(workbook, sheets(Active=[row(7, notes=notes)]))
    (issue,) = report.issues
    assert (issue.row, issue.field, issue.value) == (2, "notes", notes)
    assert "date “sometime in May”, remark “call Bob 305”" in issue.reason
    order = RepairOrder.objects.get(number=7)
    assert (order.notes, order.status_changes.get().to_status) == ("core due", "APPROVED")


def test_a_blank_row_is_skipped_and_the_rows_below_keep_their_numbers(workbook: Workbook) -> None:
    blank = ("", " ", *[""] * 19)
    report = import_sheets(workbook, sheets(Active=[blank, row("?"), blank, row(7, status="??")]))
    assert [(r.row, r.reason) for r in report.rejected] == [(3, "no RO number")]
    assert [(i.row, i.field, i.value) for i in report.issues] == [(5, "status", "??")]


def test_new_numbers_start_above_those_of_refused_rows(workbook: Workbook) -> None:
    import_sheets(workbook, sheets(Active=[row(38573), row("38990-B (old)")]))
    assert numbers.take_next() == 38991


def test_an_absurdly_large_number_is_imported_and_not_followed(workbook: Workbook) -> None:
    report = import_sheets(workbook, sheets(Active=[row(38573), row(999_999_999), row("3055550142")]))
    assert (report.imported, len(report.rejected)) == (2, 1)
    assert numbers.take_next() == 38574


def test_a_dry_run_reports_the_same_and_leaves_nothing_behind(workbook: Workbook) -> None:
    content = sheets(Active=[row(38573, status="??"), row("x")])
    dry = import_sheets(workbook, content, dry_run=True)
    assert not RepairOrder.objects.exists()
    assert not Shop.objects.exists()
    assert not Activity.objects.exists()
    assert import_sheets(workbook, content).as_json() == dry.as_json()


def test_shops_are_one_in_any_case_and_spacing(workbook: Workbook) -> None:
    import_sheets(
        workbook, sheets(Active=[row(1, shop="Año Aero"), row(2, shop=" AÑO  AERO"), row(3, shop="Ano Aero")])
    )
    assert sorted(Shop.objects.values_list("name", flat=True)) == ["Ano Aero", "Año Aero"]


def test_an_order_without_a_shop_is_imported_without_one(workbook: Workbook) -> None:
    import_sheets(workbook, sheets(Active=[row(1, shop="")]))
    assert RepairOrder.objects.filter(number=1, shop=None).exists()
    assert import_sheets(workbook, sheets(Active=[row(1, shop="")])).unchanged == 1


def test_a_column_that_the_sheet_does_not_have_is_told_and_left_alone(workbook: Workbook) -> None:
    import_sheets(workbook, sheets(Active=[row(1, terms="COD")]))
    without = tuple("COLOR" if header == "TERMS" else header for header in HEADERS)
    report = import_sheets(workbook, {"Active": [without, row(1, terms="red")]})
    assert RepairOrder.objects.get(number=1).terms == "COD"
    assert [(i.sheet, i.row, i.field, i.value) for i in report.issues] == [("Active", 1, "terms", "COLOR")]


def test_sheets_that_are_not_ledgers_are_left_alone(workbook: Workbook) -> None:
    report = import_sheets(workbook, {**sheets(ACTIVE=[row(1)]), "Summary": [("anything",)]})
    assert report.imported == 1
    assert RepairOrder.objects.get(number=1).sheet == "Active"


def test_one_foreign_sheet_refuses_the_whole_workbook(workbook: Workbook) -> None:
    content: Sheets = {**sheets(Active=[row(1)]), "Net": [("Invoice", "Amount")]}
    with pytest.raises(UnreadableWorkbook, match="“Net” is not a list of repair orders"):
        import_sheets(workbook, content)
    assert not RepairOrder.objects.exists()
