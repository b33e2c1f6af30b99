"""Whose value is in a cell: the table of base, order and cell, for one field at a time."""

import datetime as dt
from dataclasses import replace

import pytest

from sync.columns import Value
from sync.merge import Merge, merge
from sync.sheets import Place
from sync.wanted import IntendedCell, Intent
from tests.planning.excel import FIELDS, Cell, with_formula
from tests.planning.office import Office

HISTORY = 'HISTORY:[{"status":"SHIPPED","remark":"call Bob"}]|NOTES:old'


def merged(
    office: Office,
    name: str,
    *,
    ours: Value,
    theirs: Cell,
    base: Value = "no base",
    intended: Value = "nothing",
    told: bool = False,
) -> Merge:
    agreed = None if base == "no base" else {name: base}
    order = office.has(1, agreed=agreed, to={name: ours})
    if intended != "nothing":
        cells = {name: IntendedCell(intended, "", told)}
        order = replace(order, intent=Intent("update", "Active", 2, 1, cells))
    office.excel.papers["Active"].add({1: Cell(1), FIELDS[name]: theirs})
    return merge(office.excel.read(), Place("Active", 2), order)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "writes", "agreed", "seen", "kept"),
    [
        ("a", "a", "a", False, "a", False, False),  # nothing happened
        ("a", "b", "a", True, "a", False, False),  # we changed it
        ("a", "a", "b", False, "a", True, False),  # a person changed it
        ("a", "b", "b", False, "b", False, False),  # both changed it alike
        ("a", "b", "c", True, "a", False, True),  # both changed it: the order wins, the text is kept
        ("a", "", "a", True, "a", False, False),  # we cleared it
        ("a", "", "c", True, "a", False, True),
        ("a", "a", "", False, "a", True, False),  # a person cleared it
        ("a", "b", "", True, "a", False, False),  # nothing was overwritten
        ("", "", "c", False, "", True, False),  # a person filled it
        ("", "b", "", True, "", False, False),
        ("no base", "a", "a", False, "a", False, False),  # agreement becomes the base
        ("no base", "b", "c", True, None, False, True),
        ("no base", "b", "", True, None, False, False),
        ("no base", "", "c", True, None, False, True),
    ],
)
def test_base_order_and_cell(
    office: Office,
    base: str,
    ours: str,
    theirs: str,
    writes: bool,
    agreed: str | None,
    seen: bool,
    kept: bool,
) -> None:
    found = merged(office, "shop_status", base=base, ours=ours, theirs=Cell(theirs))
    assert ("shop_status" in found.write) is writes
    assert found.agreed.get("shop_status") == agreed
    assert found.seen.get("shop_status") == (theirs if seen else None)
    assert found.overwritten.get("shop_status") == (theirs if kept else None)


@pytest.mark.parametrize(
    ("ours", "theirs", "writes"),
    [
        ("b", "b", False),  # it arrived
        ("c", "b", True),  # it arrived, and the order has changed since
        ("a", "b", True),  # it arrived, its acknowledgement was lost, the order changed back
        ("a", "a", False),  # it never arrived, and the order changed back
        ("b", "a", True),  # it never arrived
    ],
)
def test_what_we_intended_is_ours(office: Office, ours: str, theirs: str, writes: bool) -> None:
    found = merged(office, "shop_status", base="a", intended="b", ours=ours, theirs=Cell(theirs))
    assert ("shop_status" in found.write) is writes
    assert found.seen == {}
    assert found.overwritten == {}


def test_a_person_wrote_over_what_we_intended(office: Office) -> None:
    found = merged(office, "shop_status", base="a", intended="b", ours="b", theirs=Cell("mine"))
    assert found.write == {"shop_status": "b"}
    assert found.overwritten == {"shop_status": "mine"}


def test_an_apostrophe_that_excel_kept_is_no_persons_text(office: Office) -> None:
    found = merged(office, "part_number", base="a", intended="'x", ours="'x", theirs=Cell("''x", "@"))
    assert found.write == {"part_number": "'x"}
    assert found.overwritten == {}


@pytest.mark.parametrize(
    ("name", "base", "ours", "theirs"),
    [
        ("next_update", None, None, Cell("TBD")),
        ("estimated_cost", None, None, Cell("N/A")),
        ("next_update", None, None, Cell("next week")),
        ("status", "APPROVED", "APPROVED", Cell("approved >>>>")),
        ("shop", "Aero Shop", "Aero Shop", Cell("  AERO   shop")),
        ("notes", "call Bob", "call Bob", Cell('HISTORY:[{"status":"SHIPPED"}]|NOTES:call Bob')),
        ("part_number", "7", "7", with_formula("=3+4")),
        ("part_number", "123", "123", Cell(123)),
    ],
)
def test_cells_that_mean_the_same_are_never_rewritten(
    office: Office, name: str, base: Value, ours: Value, theirs: Cell
) -> None:
    found = merged(office, name, base=base, ours=ours, theirs=theirs)
    assert (found.write, found.seen, found.overwritten) == ({}, {}, {})


@pytest.mark.parametrize(
    ("name", "base", "theirs", "kept"),
    [
        ("next_update", None, Cell("TBD"), None),  # a placeholder says nothing
        ("next_update", None, Cell("next week"), "next week"),  # what can't be read was meant
        ("notes", "old", Cell(HISTORY), HISTORY),  # replaced whole
        ("notes", "old", Cell("HISTORY:[]|NOTES:old"), None),  # it held the note and nothing else
        ("part_number", "7", with_formula("=3+4"), "=3+4"),  # a formula that gives way is kept
    ],
)
def test_texts_that_give_way_to_a_change(
    office: Office, name: str, base: Value, theirs: Cell, kept: str | None
) -> None:
    ours: Value = dt.date(2026, 11, 24) if name == "next_update" else "new"
    found = merged(office, name, base=base, ours=ours, theirs=theirs)
    assert found.write == {name: ours}
    assert found.overwritten.get(name) == kept


def test_a_persons_value_is_noticed_once(office: Office) -> None:
    office.has(1, agreed={"shop_status": "a"})
    office.excel.papers["Active"].add({1: Cell(1), FIELDS["shop_status"]: Cell("mine")})
    office.flush()
    assert office.orders[1].seen == {"shop_status": "mine"}
    office.change(1, notes="more")
    office.flush()
    assert office.orders[1].seen == {"shop_status": "mine"}
    assert office.activity == {}


def test_a_text_that_gave_way_is_told_once_though_the_writing_died(office: Office) -> None:
    office.has(1, agreed={"shop_status": "a"}, shop_status="b")
    office.excel.papers["Active"].add({1: Cell(1), FIELDS["shop_status"]: Cell("mine")})
    assert office.flush_until(0)
    assert office.flush_until(0)
    office.flush()
    assert office.activity == {1: [{"shop_status": "mine"}]}
    assert office.says(1, "shop_status") == "b"


def test_what_arrived_becomes_the_base_though_the_next_writing_died(office: Office) -> None:
    office.has(1, agreed={"shop_status": "a"}, shop_status="b")
    office.excel.papers["Active"].add({1: Cell(1), FIELDS["shop_status"]: Cell("a")})
    assert office.flush_until(1)
    office.change(1, shop_status="c")
    assert office.flush_until(0)
    office.change(1, shop_status="a")
    office.flush()
    assert office.says(1, "shop_status") == "a"
    assert office.orders[1].seen == {}
