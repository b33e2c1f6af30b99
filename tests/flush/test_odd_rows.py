"""Sheets and rows that are not as they should be: what can't be understood is left alone, the rest is synced."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import override_settings

from repairs.models import RepairOrder
from sync import attention, marks, runs
from sync.models import Attention, Replica, Workbook
from tests.flush.house import House
from tests.flush.ledger import DAMAGED, MENDED, MINE
from tests.flush.test_gone_rows import copied, lose

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_rows_with_one_number_the_agreeing_one_is_the_order_s(house: House) -> None:
    surplus = [38005, "", "Somebody else", "OTHER-PART", *[""] * 18, "of the surplus row"]
    house.person("Active", {"insert_row": {"at": 2, "values": surplus}})
    house.person("Returns", {"insert_row": {"at": 2, "values": surplus}})
    untouched = [house.rows(sheet)[1] for sheet in ("Active", "Returns")]
    house.edit(38005, notes="for the right row")
    house.drain()
    rows = [house.rows(sheet)[row - 1] for sheet, row in house.places(38005)]
    assert [row[18] for row in rows] == ["", "for the right row", ""]
    assert [house.rows(sheet)[1] for sheet in ("Active", "Returns")] == untouched
    house.assert_agreement(without=(38005,))
    house.assert_nothing_open()


def test_a_move_takes_the_order_s_own_row_of_two(house: House) -> None:
    house.person("Active", {"insert_row": {"at": 2, "values": [38005, "", "Somebody else", "OTHER-PART"]}})
    house.status(38005, "SCRAP")
    house.drain()
    assert [sheet for sheet, _ in house.places(38005)] == ["Active", "Returns"]
    assert house.rows("Active")[1][3] == "OTHER-PART"
    _, row = house.places(38005)[1]
    assert house.rows("Returns")[row - 1][MINE - 1] == "mine 38005"
    house.assert_nothing_open()
    before = house.places(38005)
    house.edit(38005, notes="and on")
    house.drain()
    assert house.places(38005) == before
    assert house.rows("Returns")[row - 1][18] == "and on"


def test_a_new_order_whose_number_is_taken_waits_for_a_person(house: House) -> None:
    order = house.create("OURS")
    theirs = [order.number, "", "Their Shop", "THEIRS"]
    house.person("Net", {"insert_row": {"at": 3, "values": theirs}})
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(order.number, Attention.TAKEN)]
    assert house.row(order.number)[:4] == theirs
    house.edit(order.number, notes="still not by our hand")
    house.drain()
    assert house.row(order.number)[:4] == theirs

    attention.adopt(house.replica(order.number), by=None)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()
    given_way = {c.old for a in order.activity.filter(verb="Excel") for c in a.changes.all()}
    assert {"Their Shop", "THEIRS"} <= given_way


def test_a_sheet_with_foreign_headers_is_left_alone_and_the_rest_synced(house: House) -> None:
    house.person("Net", DAMAGED)
    before = house.rows("Net")
    house.edit(38101, notes="on the sheet that can't be read")
    house.edit(38005, notes="on another")
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(38101, Attention.SHEET)]
    assert house.rows("Net") == before
    assert house.cell(38005, "notes") == "on another"
    asked_since = house.replica(38101).attention_since
    house.edit(38101, notes="edited, and still not to be read")
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(38101, Attention.SHEET)]
    assert house.replica(38101).attention_since == asked_since

    house.person("Net", MENDED)
    house.edit(38101, notes="and edited once more")
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()


def test_once_a_sheet_is_mended_the_next_look_lets_its_orders_go_on(house: House) -> None:
    house.person("Net", DAMAGED)
    house.edit(38101, notes="on the sheet that can't be read")
    house.drain()
    house.person("Net", MENDED)
    runs.start_check(by=None)
    runs.sweep()
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()


def test_rows_that_may_stand_on_a_sheet_that_can_t_be_read_are_not_gone(house: House) -> None:
    """A person moves more rows than may be gone at once, and damages the headers above them."""
    moved = range(38005, 38011)
    for number in moved:
        row = copied(house.row(number))
        lose(house, number)
        house.person("Net", {"insert_row": {"at": 2, "values": row}})
    house.edit(38001, notes="of another order")
    house.drain()
    house.person("Net", DAMAGED)
    house.edit(38001, notes="that goes on")
    house.edit(38005, notes="waits for the headers")
    new = house.create()
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(38005, Attention.SHEET)]
    assert not house.workbook.halted
    assert house.cell(38001, "notes") == "that goes on"
    assert house.place(new.number)[0] == "Active"
    call_command("check_workbook", json=True)
    assert not Replica.objects.filter(attention=Attention.GONE).exists()

    house.person("Net", MENDED)
    house.edit(38001, notes="once more")
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert house.place(38005)[0] == "Net"
    assert house.cell(38005, "notes") == "waits for the headers"
    house.assert_agreement(without=tuple(moved))
    house.assert_nothing_open()


def test_columns_in_another_order_are_found_by_their_headers(house: House) -> None:
    rows = house.rows("Active")
    house.person(
        "Active",
        {"set": {f"{a}{n}": row[c] for n, row in enumerate(rows, 1) for a, c in (("S", 15), ("P", 18))}},
    )
    house.edit(38005, notes="in column P now")
    house.drain()
    assert house.row(38005)[15] == "in column P now"
    assert house.row(38005)[18] == ""


def test_a_new_row_goes_below_what_people_keep_far_to_the_right(house: House) -> None:
    house.person("Active", {"set": {"CX20": "a person's, in a column that is not read"}})
    order = house.create()
    house.drain()
    assert house.place(order.number) == ("Active", 21)
    house.assert_at_rest()


def test_another_workbook_has_no_base(house: House) -> None:
    house.edit(38005, notes="told to the first workbook")
    house.drain()
    known = Replica.objects.get(order__number=38005)
    with override_settings(EXCEL_WORKBOOK_ID="another"):
        other = marks.the_workbook()
        house.edit(38005, notes="told to the second")
        replica = house.replica(38005)
        assert other != known.workbook
        assert (replica.agreed, replica.arrived_version) == (None, 0)
    known.refresh_from_db()
    assert known.pending_since is None


def test_without_a_base_agreement_becomes_the_base_and_elsewhere_the_database_wins(house: House) -> None:
    Workbook.objects.all().delete()
    house.types(38005, notes="typed by a person")
    marks.mark_all(RepairOrder.objects.all())
    house.forget()
    report = house.drain()
    assert (report["orders_synced"], report["rows_written"]) == (24, 1)
    house.assert_at_rest()
    (act,) = house.order(38005).activity.filter(verb="Excel")
    assert [(c.field, c.old) for c in act.changes.all()] == [("notes", "typed by a person")]


def keep_typing(house: House, number: int, text: str) -> None:
    """A macro types into the notes of an order's row after every step that writes."""
    sheet, row = house.place(number)
    house.fault(
        "edit",
        match={"method": "PATCH", "in_batch": True},
        times=None,
        when="after",
        sheet=sheet,
        ops=[{"set": {f"S{row}": text}}],
    )


@pytest.mark.parametrize("text", ["what a macro puts there", "note 38005"], ids=["its own", "the old one"])
def test_a_round_that_only_deletes_counts_no_writing_twice(house: House, text: str) -> None:
    house.edit(38005, notes="never stays")
    house.status(38102, "SCRAP")
    keep_typing(house, 38005, text)
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(38005, Attention.NOT_KEPT)]
    copied, deleted, tried = 1, 1, 3
    assert house.stats()["writing_steps"] == copied + deleted + tried


def test_a_cell_that_excel_does_not_keep_needs_a_person_after_three_writings(house: House) -> None:
    house.edit(38005, notes="never stays")
    keep_typing(house, 38005, "what a macro puts there")
    report = house.drain()
    assert [(e["order"], e["code"]) for e in report["needs_attention"]] == [(38005, Attention.NOT_KEPT)]
    assert "what a macro puts there" in report["needs_attention"][0]["reason"]
    assert house.replica(38005).attention_since is not None
    assert house.stats()["writing_steps"] == 3
    house.all_well()
    attention.try_again(house.replica(38005), by=None)
    house.drain()
    house.assert_at_rest()
    assert datetime.now(UTC) > house.replica(38005).arrived_at  # type: ignore[operator]  # it arrived
