"""Two rows with one number, numbers that are taken, rows that are gone, sheets that can't be used."""

import pytest

from sync.models import Attention
from tests.planning.excel import FIELDS, Cell
from tests.planning.office import Office

PART, STATUS = FIELDS["part_number"], FIELDS["status"]


def row(number: int, part: str, status: str = "IN WORK", mine: str = "") -> dict[int, Cell]:
    return {1: Cell(number), PART: Cell(part), STATUS: Cell(status), 23: Cell(mine)}


BASE = {"part_number": "P-1", "status": "IN WORK"}


@pytest.fixture
def office() -> Office:
    office = Office()
    office.has(1, agreed=BASE)
    return office


def test_of_two_rows_the_one_that_agrees_is_the_orders(office: Office) -> None:
    active = office.excel.papers["Active"]
    active.add(row(1, "OTHER", mine="surplus"))
    active.add(row(1, "P-1", mine="own"))
    office.change(1, status="SHIPPED")
    office.flush()
    assert active.rows[1] == row(1, "OTHER", mine="surplus")
    assert active.at(3, STATUS).value == "SHIPPED"
    assert not office.pending


@pytest.mark.parametrize("first", ["Active", "Net"])
def test_of_two_equal_rows_the_first_is_the_orders_and_the_other_is_never_touched(
    office: Office, first: str
) -> None:
    office.excel.papers[first].add(row(1, "P-1"))
    office.excel.papers["Paid"].add(row(1, "P-1"))
    office.change(1, sheet=first, status="SHIPPED")
    office.orders[1] = office.orders[1].__class__(**{**vars(office.orders[1]), "agreed_sheet": first})
    office.flush()
    assert office.excel.papers[first].at(2, STATUS).value == "SHIPPED"
    assert office.excel.papers["Paid"].rows[1] == row(1, "P-1")
    assert not office.pending


@pytest.mark.parametrize("deaths", [[], [0], [1], [2], [0, 0, 1, 1]])
@pytest.mark.parametrize("surplus_on", ["Active", "Net", "Paid"])
def test_a_move_leaves_a_surplus_row_alone(office: Office, surplus_on: str, deaths: list[int]) -> None:
    office.excel.papers["Active"].add(row(1, "P-1", mine="own"))
    office.excel.papers[surplus_on].add(row(1, "P-1", mine="surplus"))
    office.change(1, sheet="Net", status="COMPLETE")
    for steps in deaths:
        office.flush_until(steps)
    office.flush()
    standing = {name: [r[23].value for r in paper.rows[1:]] for name, paper in office.excel.papers.items()}
    expected: dict[str, list[str]] = {"Active": [], "Net": [], "Paid": [], "Returns": []}
    expected[surplus_on].append("surplus")
    expected["Net"].append("own")
    assert standing == expected
    paper = office.excel.papers[surplus_on]
    assert paper.rows[paper.find(23, "surplus")[0] - 1] == row(1, "P-1", mine="surplus")
    assert not office.pending


def test_a_new_order_whose_number_stands_already_is_not_written(office: Office) -> None:
    office.excel.papers["Active"].add(row(1, "P-1"))
    office.excel.papers["Paid"].add(row(7, "somebody's"))
    office.makes(7, part_number="P-7")
    office.flush()
    assert office.attention[7] == ("taken", "G7 already stands on Paid, row 2, and not by our hand.")
    assert office.excel.papers["Paid"].rows[1] == row(7, "somebody's")
    assert office.steps_sent == []


def test_a_new_order_that_we_wrote_ourselves_is_known_again(office: Office) -> None:
    office.excel.papers["Active"].add(row(1, "P-1"))
    office.makes(7, part_number="P-7")
    assert office.flush_until(1)
    office.change(7, part_number="P-8")
    office.flush()
    assert office.attention == {}
    assert office.differences(7) == {}


def test_a_new_row_with_one_cell_corrected_is_known_again_after_a_death(office: Office) -> None:
    office.excel.papers["Active"].add(row(1, "P-1"))
    office.makes(7, part_number="P-7", serial_number="00123", status="TO SEND")
    assert office.flush_until(1)
    office.excel.papers["Active"].put(3, FIELDS["status"], Cell("APPROVED"))
    office.flush()
    assert office.attention == {}
    assert office.activity[7] == [{"status": "APPROVED"}]


@pytest.mark.parametrize("sheet", ["Active", "Paid"])
def test_a_new_order_that_was_never_sent_does_not_make_a_row_of_a_person_s_ours(
    office: Office, sheet: str
) -> None:
    office.excel.papers["Active"].add(row(1, "P-1"))
    office.makes(7, part_number="P-7", status="TO SEND")
    assert office.flush_until(0)
    at = office.excel.papers[sheet].add(row(7, "somebody's"))
    office.flush()
    told = f"G7 already stands on {sheet}, row {at}, and it can't be told whether by our hand."
    assert office.attention[7] == ("taken", told)
    assert office.excel.papers[sheet].rows[at - 1] == row(7, "somebody's")
    assert (office.steps_sent, office.activity) == ([], {})


def test_a_row_once_agreed_and_gone_is_not_written_again(office: Office) -> None:
    office.change(1, status="SHIPPED")
    plan = office.plan()
    assert plan.is_empty
    assert plan.attention[1][0].value == "gone"


@pytest.mark.parametrize("refused", ["Active", "Net"])
def test_a_refused_sheet_stops_its_orders_only(office: Office, refused: str) -> None:
    office.excel.refused = {refused: "The sheet can't be used."}
    office.excel.papers["Active"].add(row(1, "P-1"))
    office.excel.papers["Paid"].add(row(2, "P-1"))
    office.change(1, sheet="Net", status="COMPLETE")
    office.has(2, sheet="Paid", agreed=BASE, status="PAID")
    plan = office.plan()
    assert plan.attention[1][1] == "The sheet can't be used."
    assert set(plan.writes) == {"Paid"}


def test_a_row_that_may_stand_on_a_refused_sheet_is_neither_gone_nor_added(office: Office) -> None:
    office.excel.refused = {"Net": "The sheet can't be used."}
    office.change(1, status="SHIPPED")
    office.has(2, part_number="to be written again")
    office.makes(3, part_number="new")
    plan = office.plan()
    told = {number: f"No row of G{number} can be found. The sheet can't be used." for number in (1, 2)}
    assert plan.attention == {number: (Attention.SHEET, text) for number, text in told.items()}
    assert set(plan.intents) == {3}


def test_a_row_that_a_person_moved_stays_there(office: Office) -> None:
    office.excel.papers["Returns"].add(row(1, "P-1"))
    office.change(1, status="SHIPPED")
    office.flush()
    assert office.orders[1].seen == {"sheet": "Returns"}
    assert office.differences(1) == {}


def test_when_both_moved_it_the_orders_sheet_wins_and_the_other_is_kept_in_words(office: Office) -> None:
    office.excel.papers["Returns"].add(row(1, "P-1", mine="note"))
    office.change(1, sheet="Net")
    office.flush()
    assert office.differences(1) == {}
    assert office.excel.papers["Net"].at(2, 23).value == "note"
    assert office.activity[1][0] == {"sheet": "Returns"}
