"""A change in the database reaches its cell, and nothing else in the workbook changes."""

from decimal import Decimal

import pytest

from repairs import orders
from repairs.models import Activity, OrderNote
from sync.models import Replica
from tests.flush.house import House
from tests.flush.ledger import MINE, NUMBERS, mine

pytestmark = pytest.mark.django_db(transaction=True)
ODD_TEXTS = ("00123", "1E5", "3-4", "10/4", "12:30", "TRUE", "=1+1", "+1 305 555", "-hold-", "@x", "'quoted")


def test_one_change_is_one_write(house: House) -> None:
    before = {sheet: house.rows(sheet) for sheet in NUMBERS}
    house.status(38005, "SHIPPED")
    house.forget()
    report = house.drain()
    assert (report["orders_synced"], report["rows_written"], report["pending"]) == (1, 1, 0)
    assert house.cell(38005, "status") == "SHIPPED"
    stats = house.stats()
    assert stats["writing_steps"] == 1
    assert stats["http_requests"] == report["http_requests"]
    after = {sheet: house.rows(sheet) for sheet in NUMBERS}
    _, row = house.place(38005)
    before["Active"][row - 1] = after["Active"][row - 1]
    assert before == after, "no other row changed"
    house.assert_at_rest()
    house.assert_well_behaved()


def test_ten_edits_leave_one_mark_and_one_write(house: House) -> None:
    for number in range(10):
        house.edit(38005, notes=f"edit {number}")
    assert Replica.objects.filter(pending_since__isnull=False).count() == 1
    house.forget()
    assert house.drain()["batch_steps"] == 1
    assert house.stats()["writing_steps"] == 1
    assert house.cell(38005, "notes") == "edit 9"
    house.assert_at_rest()


def test_nothing_pending_sends_nothing(house: House) -> None:
    house.forget()
    report = house.drain()
    assert report["http_requests"] == house.stats()["http_requests"] == 0


def test_a_value_changed_and_changed_back_writes_nothing(house: House) -> None:
    house.edit(38005, notes="for a moment")
    house.edit(38005, notes="note 38005")
    house.forget()
    house.drain()
    assert house.stats()["writing_steps"] == 0
    house.assert_at_rest()


def test_every_kind_of_value_arrives_typed(house: House) -> None:
    for number, text in zip(NUMBERS["Active"], ODD_TEXTS, strict=False):
        house.edit(
            number,
            serial_number=text,
            tracking_number=text,
            final_cost=Decimal("12.30"),
            notes=f"{text}\nmore",
        )
    house.edit(38012, date_dropped_off=None, estimated_cost=None, serial_number="")
    house.create("00123", serial_number="=1+1", estimated_cost="$1,500.00", notes="'quoted")
    house.drain()
    house.assert_at_rest()


def test_a_new_order_goes_below_the_last_value(house: House) -> None:
    last = len(house.rows("Active"))
    house.person("Active", {"set": {f"I{last + 2}": "=SUM(I2:I13)", f"C{last + 2}": "TOTAL"}})
    house.person("Active", {"set": {f"D{last + 4}": "being typed"}})
    order = house.create()
    report = house.drain()
    assert (report["rows_added"], report["rows_written"]) == (1, 0)
    assert house.place(order.number) == ("Active", last + 5)
    rows = house.rows("Active")
    assert rows[last + 1][2] == "TOTAL"
    assert rows[last + 3][3] == "being typed"
    house.assert_at_rest()


def test_formatted_blank_rows_do_not_push_new_orders_down(house: House) -> None:
    last = len(house.rows("Net"))
    house.person("Net", {"set": {f"A{last + 5}": "x"}})
    house.person("Net", {"set": {f"A{last + 5}": ""}})  # the cell keeps its place in the used range
    order = house.create()
    orders.archive(order, by=None, sheet="Net")
    house.drain()
    assert house.place(order.number) == ("Net", last + 1)
    house.assert_at_rest()


def test_a_move_takes_the_whole_row_along(house: House) -> None:
    sheet, row = house.place(38003)
    house.person(sheet, {"set": {f"X{row}": f"=I{row}*2", f"Y{row}": "Y too"}})
    house.status(38003, "SCRAP")
    report = house.drain()
    assert (report["rows_added"], report["rows_deleted"]) == (1, 1)
    to, new_row = house.place(38003)
    assert to == "Returns"
    file = house.saved()
    assert file[to][f"X{new_row}"].value == f"=I{new_row}*2"
    assert file[to][f"B{new_row}"].number_format == "m/d/yyyy"
    assert file[to][f"A{new_row}"].value == 38003
    cells = house.row(38003)
    assert cells[MINE - 1 : MINE + 2] == [mine(38003), 3001.0, "Y too"]
    house.assert_at_rest()


def test_moves_there_and_back_and_on(house: House) -> None:
    for to in ("Paid", "Active", "Returns", "Net", "Active"):
        orders.archive(house.order(38203), by=None, sheet=to)
        orders.archive(house.order(38003), by=None, sheet=to)
        house.drain()
        house.assert_at_rest()


def test_an_order_moved_twice_before_it_is_written_moves_once(house: House) -> None:
    orders.archive(house.order(38003), by=None, sheet="Paid")
    orders.archive(house.order(38003), by=None, sheet="Returns")
    assert house.drain()["rows_deleted"] == 1
    house.assert_at_rest()


def test_a_note_reaches_the_workbook(house: House) -> None:
    orders.add_note(house.order(38003), by=None, text="Called the shop.")
    house.drain()
    assert house.cell(38003, "notes") == "note 38003\nCalled the shop."
    assert OrderNote.objects.count() == 1
    assert not Activity.objects.filter(verb=Activity.Verb.EXCEL).exists()


def test_importing_leaves_nothing_pending(house: House) -> None:
    assert not Replica.objects.filter(pending_since__isnull=False).exists()
    assert Replica.objects.count() == sum(len(numbers) for numbers in NUMBERS.values())
    house.assert_at_rest()


def test_many_orders_at_once(house: House) -> None:
    for numbers in NUMBERS.values():
        for number in numbers:
            house.edit(number, internal_status=f"seen {number}")
    house.forget()
    report = house.drain()
    assert report["orders_synced"] == 24
    assert house.stats()["writing_steps"] == 4, "one block per sheet"
    house.assert_at_rest()
