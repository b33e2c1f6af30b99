"""A run is undone from the values that stood in the workbook before it wrote."""

import pytest

from repairs import orders
from repairs.errors import Refusal
from repairs.models import Activity
from sync import undo
from sync.models import Run
from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)


def last_flush() -> Run:
    return Run.objects.filter(kind="flush", writings__isnull=False).distinct().latest("id")


def keys(run: Run) -> set[str]:
    return {cell.key for cell in undo.what_it_wrote(run)}


def test_every_value_comes_back_in_tracker_and_excel(house: House) -> None:
    before = house.row(38005)
    house.edit(38005, notes="a new note", estimated_cost="77.10", estimated_delivery="2026-05-04")
    house.drain()
    run = last_flush()
    cells = {cell.field: cell for cell in undo.what_it_wrote(run)}
    assert {"notes", "estimated_cost", "estimated_delivery"} <= set(cells)
    assert (cells["notes"].written, cells["notes"].now, cells["notes"].reason) == (
        "a new note",
        "a new note",
        "",
    )
    done, refused = undo.undo(run, keys=keys(run), by=None)
    assert (done, refused) == (len(cells), [])
    house.drain()
    assert house.row(38005) == before
    house.assert_at_rest()
    told = Activity.objects.filter(order__number=38005, verb=Activity.Verb.EXCEL).latest("id")
    assert told.text == f"What {run} had written to Excel was undone."


def test_a_move_goes_back_to_its_sheet(house: House) -> None:
    sheet, _ = house.place(38005)
    status = house.order(38005).status
    house.status(38005, "SCRAP")
    house.drain()
    assert house.place(38005)[0] == "Returns"
    run = last_flush()
    undo.undo(run, keys=keys(run), by=None)
    house.drain()
    assert house.place(38005)[0] == sheet
    assert house.order(38005).status == status
    house.assert_at_rest()


def test_what_was_changed_again_stays_and_only_what_was_chosen_goes(house: House) -> None:
    old = house.order(38005).terms
    house.edit(38005, notes="first", terms="COD", shop_status="at work")
    house.drain()
    run = last_flush()
    house.edit(38005, notes="second")
    reasons = {cell.field: cell.reason for cell in undo.what_it_wrote(run)}
    assert reasons["notes"] == undo.CHANGED_SINCE
    undo.undo(run, keys={f"{house.order(38005).pk}.{name}" for name in ("notes", "terms")}, by=None)
    order = house.order(38005)
    assert (order.notes, order.terms, order.shop_status) == ("second", old, "at work")
    with pytest.raises(Refusal, match="any more"):
        undo.undo(run, keys={f"{order.pk}.terms"}, by=None)


def test_a_new_row_is_not_undone(house: House) -> None:
    orders.add_note(house.create(), by=None, text="hello")
    house.drain()
    assert not Run.objects.filter(kind="flush", writings__isnull=False).exists()
