"""Importing into known orders: what is taken, what is left and told, and what never happens."""

from datetime import date
from decimal import Decimal

import pytest

from repairs import numbers, orders, returns, shops
from repairs.models import Activity, RepairOrder
from sync.importer import Report
from sync.models import Replica, Workbook
from sync.xlsx import Sheets
from tests.importing.ledger import import_sheets, row, sheets

pytestmark = pytest.mark.django_db
START = {"description": "PUMP", "estimated_cost": "1,500", "status": "SHIPPED", "notes": "core due back"}
HISTORY = 'HISTORY:[{"status":"SHIPPED","date":"2026-10-07T12:00:00.000Z","user":"ann","cost":5}]|NOTES:core due back'


@pytest.fixture
def imported(workbook: Workbook) -> RepairOrder:
    """G38573, imported from Active."""
    import_sheets(workbook, sheets(Active=[row(38573, **START)]))
    return RepairOrder.objects.get(number=38573)


def again(workbook: Workbook, order: RepairOrder, content: Sheets) -> Report:
    report = import_sheets(workbook, content)
    order.refresh_from_db()
    return report


def replica(order: RepairOrder) -> Replica:
    return Replica.objects.get(order=order)


def test_a_cell_that_a_person_changed_is_taken(workbook: Workbook, imported: RepairOrder) -> None:
    report = again(workbook, imported, sheets(Active=[row(38573, **START | {"description": "PUMP, FUEL"})]))
    assert (report.updated, report.unchanged, report.differences) == (1, 0, [])
    assert (imported.description, imported.version) == ("PUMP, FUEL", 2)
    kept = replica(imported)
    assert (kept.pending_since, kept.wanted_version, kept.arrived_version) == (None, 2, 2)
    assert kept.agreed is not None
    assert kept.agreed["description"] == "PUMP, FUEL"
    entry = Activity.objects.get(order=imported, order_version=2)
    assert (entry.verb, entry.by_name) == ("imported", "import")
    assert [(c.field, c.old, c.new) for c in entry.changes.all()] == [("description", "PUMP", "PUMP, FUEL")]


def test_a_cell_that_a_person_emptied_is_taken_too(workbook: Workbook, imported: RepairOrder) -> None:
    again(
        workbook,
        imported,
        sheets(Active=[row(38573, **START | {"description": "", "estimated_cost": "TBD"})]),
    )
    assert (imported.description, imported.estimated_cost) == ("", None)


def test_another_spelling_of_the_same_is_no_change(workbook: Workbook, imported: RepairOrder) -> None:
    spelt = {
        "estimated_cost": 1500,
        "status": ">> In transit",
        "shop": "CORAL  BAY AERO",
        "description": " PUMP ",
    }
    report = again(workbook, imported, sheets(Active=[row("RO-38573", **START | spelt)]))
    assert (report.unchanged, imported.version, str(imported.shop)) == (1, 1, "Coral Bay Aero")


def test_a_field_changed_here_stays_and_the_old_cell_is_a_difference(
    workbook: Workbook, imported: RepairOrder
) -> None:
    orders.edit(imported, by=None, changes={"description": "VALVE"})
    report = again(workbook, imported, sheets(Active=[row(38573, **START)]))
    assert imported.description == "VALVE"
    [difference] = report.differences
    assert (difference.field, difference.value, difference.order) == ("description", "PUMP", "VALVE")
    assert (difference.sheet, difference.row, difference.number) == ("Active", 2, 38573)
    kept = replica(imported)
    assert kept.agreed is not None
    assert kept.agreed["description"] == "PUMP"
    assert kept.pending_since is not None


def test_what_both_changed_stays_and_other_cells_of_the_row_are_taken(
    workbook: Workbook, imported: RepairOrder
) -> None:
    orders.edit(imported, by=None, changes={"description": "VALVE"})
    changed = START | {"description": "MOTOR", "final_cost": "1,700"}
    report = again(workbook, imported, sheets(Active=[row(38573, **changed)]))
    assert (imported.description, imported.final_cost) == ("VALVE", Decimal("1700.00"))
    assert [d.field for d in report.differences] == ["description"]
    kept = replica(imported)
    assert kept.pending_since is not None
    assert (kept.wanted_version, kept.arrived_version) == (imported.version, 1)


def test_a_cell_that_can_t_be_read_does_not_empty_a_field(workbook: Workbook, imported: RepairOrder) -> None:
    report = again(workbook, imported, sheets(Active=[row(38573, **START | {"estimated_cost": "2-3 k"})]))
    assert imported.estimated_cost == Decimal("1500.00")
    assert [d.field for d in report.differences] == ["estimated_cost"]
    assert [(i.field, i.value) for i in report.issues] == [("estimated_cost", "2-3 k")]


def test_a_row_moved_to_another_sheet_moves_its_order(workbook: Workbook, imported: RepairOrder) -> None:
    report = again(workbook, imported, sheets(Active=[], Paid=[row(38573, **START)]))
    assert (report.updated, imported.sheet, imported.status) == (1, "Paid", "SHIPPED")
    assert replica(imported).sheet == "Paid"


def test_an_order_archived_here_stays_where_it_was_put(workbook: Workbook, imported: RepairOrder) -> None:
    orders.archive(imported, by=None, sheet="Paid")
    report = again(workbook, imported, sheets(Active=[row(38573, **START)]))
    assert imported.sheet == "Paid"
    assert [(d.field, d.value, d.order) for d in report.differences] == [("sheet", "Active", "Paid")]


def test_an_order_missing_from_the_sheets_is_never_deleted(workbook: Workbook, imported: RepairOrder) -> None:
    report = again(workbook, imported, sheets(Active=[row(38574)]))
    assert report.imported == 1
    assert RepairOrder.objects.filter(number=38573).exists()


def test_with_nothing_agreed_only_empty_fields_are_filled(workbook: Workbook) -> None:
    numbers.raise_above(38572)
    shop = shops.create(by=None, name="Coral Bay Aero")
    order = orders.create(by=None, shop=shop, part_number="OTHER", terms="COD")
    report = again(
        workbook, order, sheets(Active=[row(38573, terms="NET 30", description="PUMP", status="TO SEND")])
    )
    assert (order.part_number, order.terms, order.description) == ("OTHER", "COD", "PUMP")
    assert {"part_number", "terms"} <= {d.field for d in report.differences}
    kept = replica(order)
    assert (kept.agreed, kept.is_new) == (None, True)
    assert kept.wanted_version == order.version


def test_a_status_changed_in_the_workbook_is_a_step_in_the_history(
    workbook: Workbook, imported: RepairOrder
) -> None:
    again(
        workbook,
        imported,
        sheets(Active=[row(38573, **START | {"status": "Received", "status_date": "10/7/2026"})]),
    )
    step = imported.status_changes.get()
    assert (step.from_status, step.to_status, step.on, step.imported) == (
        "SHIPPED", "RECEIVED", date(2026, 10, 7), True,
    )  # fmt: skip


def test_a_unit_that_was_here_keeps_its_day_when_the_workbook_completes_its_order(workbook: Workbook) -> None:
    received = START | {"status": "RECEIVED", "status_date": "10/7/2026"}
    import_sheets(workbook, sheets(Active=[row(38573, **received)]))
    order = RepairOrder.objects.get(number=38573)
    complete = received | {"status": "COMPLETE", "status_date": "11/2/2026"}
    again(workbook, order, sheets(Active=[row(38573, **complete)]))
    assert (order.status, order.status_date) == ("COMPLETE", date(2026, 11, 2))
    assert returns.first_days_back([order]) == {order.pk: date(2026, 10, 7)}


def test_an_unknown_status_replaces_a_known_one_as_typed(workbook: Workbook, imported: RepairOrder) -> None:
    again(workbook, imported, sheets(Active=[row(38573, **START | {"status": "ask Ann"})]))
    assert (imported.status, imported.status_text) == ("", "ask Ann")


def test_a_history_in_the_notes_is_taken_once(workbook: Workbook, imported: RepairOrder) -> None:
    with_history = sheets(Active=[row(38573, **START | {"notes": HISTORY})])
    assert again(workbook, imported, with_history).updated == 1
    assert again(workbook, imported, with_history).unchanged == 1
    step = imported.status_changes.get()
    assert (step.to_status, step.on, step.by_name, step.cost) == (
        "SHIPPED", date(2026, 10, 7), "ann", Decimal("5.00"),
    )  # fmt: skip
    assert imported.notes == "core due back"


def test_an_order_written_while_the_workbook_was_read_is_left_for_the_next_import(
    workbook: Workbook, imported: RepairOrder
) -> None:
    arrived = replica(imported).arrived_at
    stale = sheets(Active=[row(38573, **START | {"description": "AS IT WAS"})])
    report = import_sheets(workbook, stale, read_since=arrived)
    imported.refresh_from_db()
    assert (report.unchanged, imported.description) == (1, "PUMP")


def test_another_workbook_has_no_base(workbook: Workbook, imported: RepairOrder) -> None:
    other = Workbook.objects.create(drive_id="other", item_id="book")
    report = again(
        other, imported, sheets(Active=[row(38573, **START | {"description": "MOTOR", "terms": "COD"})])
    )
    assert (imported.description, imported.terms) == ("PUMP", "COD")
    assert [d.field for d in report.differences] == ["description"]
