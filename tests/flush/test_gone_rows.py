"""A row that is gone from the workbook is a question to a person, never an act."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from repairs import clock
from repairs.errors import Refusal
from sync import attention
from sync.models import Attention, Run
from tests.flush.house import House
from tests.flush.ledger import DAMAGED, NUMBERS
from tests.flush.test_faults import DELETING, WRITING

pytestmark = pytest.mark.django_db(transaction=True)


def lose(house: House, *numbers: int) -> None:
    """A person deletes the rows of these orders."""
    for number in numbers:
        sheet, row = house.place(number)
        house.person(sheet, {"delete_row": row})


def copied(row: list[Any]) -> list[Any]:
    """The cells of a row such that typing them in gives the row again."""
    return [f"'{cell}" if isinstance(cell, str) and cell else cell for cell in row]


def questions(report: dict[str, Any]) -> dict[int | None, str]:
    return {entry["order"]: entry["code"] for entry in report["needs_attention"]}


def test_a_row_that_is_gone_is_asked_about_and_the_rest_is_written(house: House) -> None:
    lose(house, 38005)
    house.edit(38005, notes="about a row that is gone")
    house.edit(38006, notes="about one that is there")
    report = house.drain()
    assert questions(report) == {38005: Attention.GONE}
    assert "38005" in report["needs_attention"][0]["reason"]
    assert report["pending"] == 0
    assert house.places(38005) == []
    house.assert_at_rest(without=(38005,))


def test_a_gone_row_is_noticed_with_any_flush(house: House) -> None:
    lose(house, 38005)
    house.edit(38006, notes="of another order")
    before = clock.now()
    assert questions(house.drain()) == {38005: Attention.GONE}
    since = house.replica(38005).attention_since
    assert since is not None
    assert since >= before
    house.edit(38006, notes="and once more")
    house.drain()
    assert house.replica(38005).attention_since == since


def test_write_it_again(house: House) -> None:
    lose(house, 38005)
    house.edit(38005, notes="again")
    house.drain()
    attention.write_again(house.replica(38005), by=None)
    report = house.drain()
    assert report["rows_added"] == 1
    assert not report["needs_attention"]
    house.assert_agreement()
    house.assert_nothing_open()


def test_leave_it_out(house: House) -> None:
    lose(house, 38005)
    house.edit(38006, notes="x")
    house.drain()
    attention.leave_out(house.replica(38005), by=None)
    house.edit(38005, notes="of no concern to the workbook")
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert house.places(38005) == []
    with pytest.raises(Refusal):
        attention.leave_out(house.replica(38005), by=None)


@pytest.mark.parametrize("decision", [attention.write_again, attention.leave_out], ids=["again", "left out"])
def test_a_decision_in_the_middle_of_the_flush_that_asked_counts(
    house: House, decision: attention.Decision
) -> None:
    lose(house, 38005)
    house.edit(38005, notes="decided about at once")

    def decide() -> None:
        decision(house.replica(38005), by=None)
        connection.close()

    deciding, asked = threading.Thread(target=decide), threading.Event()

    def at_the_next_lock(execute: Callable[..., Any], sql: str, params: Any, *more: Any) -> Any:
        if asked.is_set() and not deciding.ident and "FOR UPDATE" in sql:
            deciding.start()
            deciding.join()
        done = execute(sql, params, *more)
        if sql.startswith("UPDATE") and Attention.GONE in (params or ()):
            asked.set()
        return done

    with connection.execute_wrapper(at_the_next_lock):
        report = house.drain()
    assert deciding.ident
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert house.replica(38005).attention == ""
    house.assert_agreement(without=(38005,) if decision is attention.leave_out else ())
    house.assert_nothing_open()


def test_an_order_left_out_can_be_put_back(house: House) -> None:
    lose(house, 38005)
    house.edit(38006, notes="x")
    house.drain()
    attention.leave_out(house.replica(38005), by=None)
    attention.put_back(house.replica(38005), by=None)
    house.drain()
    house.assert_agreement()
    house.assert_nothing_open()


def test_a_row_that_comes_back_withdraws_the_question(house: House) -> None:
    row = copied(house.row(38005))
    lose(house, 38005)
    house.edit(38005, notes="meanwhile")
    house.drain()
    house.person("Active", {"insert_row": {"at": 4, "values": row}})
    house.edit(38006, notes="x")
    report = house.drain()
    assert report["needs_attention"] == []
    house.assert_at_rest()


@pytest.mark.parametrize(
    ("sheet", "lost"),
    [("Active", range(38001, 38007)), ("Net", range(38101, 38104))],
    ids=["more than five at once", "more than half of a sheet"],
)
def test_an_accident_stops_everything_until_a_person_decided(house: House, sheet: str, lost: range) -> None:
    lose(house, *lost)
    house.edit(38010, notes="waits")
    house.create()
    before = {name: house.rows(name) for name in ("Active", "Net")}
    report = house.drain()
    assert {name: house.rows(name) for name in ("Active", "Net")} == before
    assert house.stats()["writing_steps"] == 0
    assert report["pending"] == 2
    asked: dict[int | None, str] = dict.fromkeys(lost, Attention.GONE)
    assert questions(report) == asked | {None: "workbook"}
    assert house.workbook.halted
    assert Run.objects.latest("pk").state == Run.State.FAILED

    for number in list(lost)[:-1]:
        attention.write_again(house.replica(number), by=None)
    house.drain()
    assert house.stats()["writing_steps"] == 0, "one question is still open"

    attention.leave_out(house.replica(lost[-1]), by=None)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_agreement(without=(lost[-1],))
    house.assert_nothing_open(without=(lost[-1],))
    assert not house.workbook.halted


def test_a_sheet_that_can_t_be_used_any_more_ends_no_halt(house: House) -> None:
    lose(house, *range(38001, 38007))
    house.edit(38010, notes="waits")
    house.drain()
    house.person("Net", DAMAGED)
    assert house.drain()["pending"] == 1
    assert house.workbook.halted
    assert house.cell(38010, "notes") == "note 38010"


def test_what_a_sheet_lost_in_two_parts_is_one_accident(house: House) -> None:
    lose(house, *range(38001, 38006))
    house.edit(38011, notes="beside five that are gone")
    assert house.drain()["pending"] == 0
    lose(house, 38006)
    house.edit(38011, notes="beside six of twelve, which is no more than half")
    assert house.drain()["pending"] == 0
    lose(house, 38007)
    house.edit(38011, notes="waits")
    report = house.drain()
    assert report["pending"] == 1
    asked: dict[int | None, str] = dict.fromkeys(range(38001, 38008), Attention.GONE)
    assert questions(report) == asked | {None: "workbook"}
    assert house.workbook.trouble.startswith("Active has lost 7 of its 12 rows.")
    assert house.workbook.halted
    assert house.cell(38011, "notes") == "beside six of twelve, which is no more than half"


def test_an_accident_while_we_wrote_stops_the_repair_too(house: House) -> None:
    lost = range(38007, 38013)
    rows = [copied(house.row(number)) for number in lost]
    house.edit(38003, notes="lands a row too high")
    house.edit(38009, notes="lands nowhere")
    accident = [{"insert_row": {"at": 2}}, *[{"delete_row": 9}] * 6]
    house.fault("edit", match=WRITING, when="before", sheet="Active", ops=accident)
    report = house.drain()
    assert house.stats()["writing_steps"] == 1
    assert house.cell(38002, "notes") == "lands a row too high"
    assert questions(report) == dict.fromkeys(lost, Attention.GONE) | {None: "workbook"}
    assert house.workbook.halted

    undone = [{"insert_row": {"at": 9, "values": row}} for row in reversed(rows)]
    house.person("Active", *undone)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_agreement()
    house.assert_nothing_open()


def test_rows_that_our_deletes_took_are_no_accident(house: House) -> None:
    """A person turns the sheet upside down just before six rows are deleted: none is theirs, all come back."""
    for number in NUMBERS["Active"][:6]:
        house.status(number, "SCRAP")
    upside_down = {"sort": {"column": "A", "descending": True}}
    fault = house.fault("edit", match=DELETING, when="before", sheet="Active", ops=[upside_down])
    report = house.drain()
    assert house.fired(fault)
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()


def test_an_accident_that_is_undone_in_excel_ends_the_halt(house: House) -> None:
    rows = [copied(house.row(number)) for number in range(38001, 38007)]
    lose(house, *range(38001, 38007))
    house.edit(38010, notes="waits")
    house.drain()
    for row in rows:
        house.person("Active", {"insert_row": {"at": 2, "values": row}})
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert not house.workbook.halted
    house.assert_at_rest()


@pytest.mark.parametrize(("lost", "halted"), [(range(38005, 38006), False), (range(38005, 38011), True)])
def test_a_comparison_asks_as_well(
    house: House, capsys: pytest.CaptureFixture[str], lost: range, halted: bool
) -> None:
    lose(house, *lost)
    capsys.readouterr()
    call_command("check_workbook", json=True)
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["agreeing"], report["compared"]) == (24 - len(lost), 24)
    assert questions(report) == dict.fromkeys(lost, Attention.GONE)
    assert house.workbook.halted == halted
