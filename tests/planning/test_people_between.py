"""Rows that a person inserts, sorts or deletes between our reading and our writing."""

import datetime as dt
import random
from collections.abc import Callable
from cProfile import Profile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.columns import SHEETS
from sync.image import holds
from tests.planning.cast import TAG, Story, change_something, draw_story
from tests.planning.excel import FIELDS, Cell, Excel, with_formula
from tests.planning.office import Office

seeds = st.integers(0, 2**32 - 1)
sheets = st.sampled_from(SHEETS)
Act = Callable[[Excel], None]
SORTED_BY = (1, FIELDS["part_number"], FIELDS["status"], FIELDS["notes"])


def quiet(_excel: Excel) -> None:
    """Nobody does anything."""


@given(seed=seeds, sheet=sheets, share=st.floats(0, 1), count=st.integers(1, 3), when=st.integers(0, 2))
def test_inserted_rows_cost_no_other_row_anything(
    seed: int, sheet: str, share: float, count: int, when: int
) -> None:
    def insert(excel: Excel) -> None:
        paper = excel.papers[sheet]
        at = 2 + int(share * (len(paper.rows) - 1))
        for _ in range(count):
            paper.insert(at)

    story = draw_story(seed, size=4, changes=4, moves=2, new=2, edits=1)
    story.office.before_writing = [*[quiet] * when, insert]
    story.office.flush()
    story.check()
    assert story.office.attention == {}


@given(seed=seeds, sheet=sheets, share=st.floats(0, 1, exclude_max=True))
def test_a_row_that_a_person_inserts_and_fills_stays_as_it_is(seed: int, sheet: str, share: float) -> None:
    """Above a row that holds something: what is typed where a new row goes is lost."""
    story = draw_story(seed, size=4, changes=6, moves=2, new=2, edits=1)
    rows = [row for name, row in story.marks().values() if name == sheet]
    row = {TAG: Cell("inserted"), FIELDS["description"]: Cell("a person's")}

    def insert(excel: Excel) -> None:
        if rows:
            excel.papers[sheet].insert(rows[int(share * len(rows))], row)
            story.started["inserted"] = row

    story.office.before_writing = [insert]
    story.office.flush()
    story.check()
    assert story.office.attention == {}


@example(
    seed=269619, sheet="Paid", share=0.0, when=0
)  # one writing hits the row of another that says the same
@given(seed=seeds, sheet=sheets, share=st.floats(0, 1), when=st.integers(0, 2))
def test_a_deleted_row_costs_no_other_row_anything(seed: int, sheet: str, share: float, when: int) -> None:
    taken: list[str] = []

    def delete(excel: Excel) -> None:
        paper = excel.papers[sheet]
        row = 2 + int(share * (len(paper.rows) - 2))
        taken.append(str(paper.at(row, TAG).value))
        paper.delete(row)

    story = draw_story(seed, size=4, changes=4, moves=2, new=2, edits=1)
    story.office.before_writing = [*[quiet] * when, delete]
    story.office.flush()
    # A copy keeps the row of a moved order; what can't be told from a row that we hit comes back.
    story.removed = set(taken) - set(story.marks()) - {""}
    story.check()
    gone = {story.numbers.get(mark) for mark in taken} | set(story.new)
    assert set(story.office.attention) <= gone


def sorting(sheet: str, column: int) -> Act:
    return lambda excel: excel.papers[sheet].sort(column)


def inserting(sheet: str, share: float) -> Act:
    def act(excel: Excel) -> None:
        paper = excel.papers[sheet]
        paper.insert(2 + int(share * (len(paper.rows) - 1)))

    return act


sorts = st.builds(sorting, sheets, st.sampled_from(SORTED_BY))
shifts = sorts | st.builds(inserting, sheets, st.floats(0, 1))


@example(
    seed=180, size=6, acts=[sorting("Active", 1), sorting("Net", 4)], again=[inserting("Net", 0)], when=0
)
@example(seed=255, size=3, acts=[sorting("Returns", 1)], again=[inserting("Returns", 0)], when=1)
@example(
    seed=34836,
    size=4,
    acts=[sorting("Returns", 4), sorting("Paid", 4)],
    again=[inserting("Paid", 0.95)],
    when=0,
)  # a row without a number under one that was put back
@example(
    seed=61776, size=6, acts=[sorting("Paid", 14)], again=[inserting("Paid", 0.39)], when=0
)  # the row that was inserted brings the others back to where they were
@example(seed=66631, size=4, acts=[sorting("Paid", 14), sorting("Paid", 14)], again=[], when=0)
@given(
    seed=seeds,
    size=st.integers(2, 6),
    acts=st.lists(sorts, min_size=1, max_size=2),
    again=st.lists(shifts, max_size=2),
    when=st.integers(0, 2),
)
def test_sorted_rows_cost_no_row_anything(
    seed: int, size: int, acts: list[Act], again: list[Act], when: int
) -> None:
    """Sheets of few rows above all: there a sorted one looks much like one that lost a row.

    While a repair is on its way they may be sorted once more, or a row inserted.
    """
    story = draw_story(seed, size=size, changes=4, moves=3, new=2, edits=1)
    story.office.before_writing = [*[quiet] * when, *acts]
    story.office.before_repairing = list(again)
    story.office.flush()
    story.check()
    assert story.office.attention == {}


@given(
    seed=seeds,
    acts=st.lists(shifts | st.just(quiet), max_size=3),
    again=st.lists(shifts, max_size=2),
    lives=st.lists(st.tuples(st.integers(0, 5), shifts | st.just(quiet), st.booleans()), max_size=4),
)
def test_deaths_saves_and_shifted_rows_together(
    seed: int, acts: list[Act], again: list[Act], lives: list[tuple[int, Act, bool]]
) -> None:
    """A flush dies, rows move before the next, orders change between its rounds and after its death."""
    chance = random.Random(seed)
    story = draw_story(seed, size=4, changes=4, moves=3, new=2, edits=0)
    office = story.office
    office.before_writing = list(acts)
    office.before_repairing = list(again)
    for steps, act, saved in lives:
        office.after_writing = [lambda: change_something(chance, story)] if saved else []
        office.flush_until(steps)
        act(office.excel)
        change_something(chance, story)
    office.flush()
    story.check_rows_of_others()
    assert office.attention == {}
    assert set(story.marks()) == set(story.started)
    assert {n: office.differences(n) for n in office.orders} == {n: {} for n in office.orders}


def ledger(rows: int = 12) -> Story:
    """Orders on Active, each with a person's mark, a formula and texts that Excel would like to retype."""
    story = Story(Office())
    for number in range(1, rows + 1):
        base = {"part_number": f"P-{number}", "status": "IN WORK", "notes": "3-4"}
        story.office.has(number, agreed=base)
        story.office.pending.discard(number)
        story.bases[number] = dict(story.office.orders[number].values)
        cells = {FIELDS[name]: Cell(text, "General") for name, text in base.items()}
        own = {TAG: Cell(f"mark {number}"), 22: with_formula("=I{row}*2"), 24: Cell(5, "@")}
        story.office.excel.papers["Active"].add({1: Cell(number), **cells, **own})
        story.numbers[f"mark {number}"] = number
    story.started = {
        mark: dict(story.office.excel.papers[sheet].rows[row - 1])
        for mark, (sheet, row) in story.marks().items()
    }
    return story


def sort_by_part(excel: Excel) -> None:
    excel.papers["Active"].sort(FIELDS["part_number"])


def swap(excel: Excel) -> None:
    rows = excel.papers["Active"].rows
    rows[1], rows[2] = rows[2], rows[1]


def insert_on_top(excel: Excel) -> None:
    excel.papers["Active"].insert(2)


def insert_above_the_last(excel: Excel) -> None:
    excel.papers["Active"].insert(len(excel.papers["Active"].rows))


def delete_the_third(excel: Excel) -> None:
    excel.papers["Active"].delete(4)


SHIFTS = [sort_by_part, insert_on_top, insert_above_the_last, delete_the_third]


@pytest.mark.parametrize("act", SHIFTS)
def test_updates_that_hit_other_rows(act: Callable[[Excel], None]) -> None:
    story = ledger()
    for number in (2, 5, 12):
        story.office.change(number, status="SHIPPED", notes="10/4", next_update=dt.date(2026, 12, 1))
    story.office.before_writing = [act]
    story.office.flush()
    assert story.office.told
    story.removed = {"mark 3"} if act is delete_the_third else set()
    story.check()


def test_an_update_that_hits_a_row_just_inserted_and_filled() -> None:
    story = ledger()
    row = {TAG: Cell("inserted"), FIELDS["part_number"]: Cell("a person's")}
    story.started["inserted"] = row
    story.office.change(1, status="SHIPPED", notes="10/4")
    story.office.before_writing = [lambda excel: excel.papers["Active"].insert(2, row)]
    story.office.flush()
    (told,) = story.office.told
    assert told.endswith("“SHIPPED”, “10/4” stood there; if a person typed that, please type it again.")
    story.check()


@pytest.mark.parametrize("other", [{}, {"description": "A PERSON'S WORDS"}], ids=["number", "and a cell"])
@pytest.mark.parametrize("typed", [950, "", "G1x"])
@pytest.mark.parametrize("when", ["before_writing", "after_writing"])
def test_a_row_whose_number_a_person_changes_keeps_what_was_written_to_it(
    when: str, typed: int | str, other: dict[str, str]
) -> None:
    story = ledger(4)
    story.office.change(1, status="SHIPPED", notes="10/4")
    paper = story.office.excel.papers["Active"]

    def type_over() -> None:
        paper.put(2, FIELDS["number"], Cell(typed))
        for name, value in other.items():
            paper.put(2, FIELDS[name], Cell(value))

    setattr(story.office, when, [(lambda _: type_over()) if when == "before_writing" else type_over])
    story.office.flush()
    assert story.office.told == []
    assert [paper.at(2, FIELDS[name]).value for name in ("status", "notes")] == ["SHIPPED", "10/4"]


def test_what_a_person_typed_into_a_row_inserted_after_a_death_stays() -> None:
    story = ledger()
    row = {TAG: Cell("inserted"), FIELDS["status"]: Cell("SHIPPED")}
    story.started["inserted"] = row
    story.office.change(1, status="SHIPPED")
    assert story.office.flush_until(0)
    story.office.excel.papers["Active"].insert(2, row)
    story.office.flush()
    assert story.office.told == []
    story.check()


@pytest.mark.parametrize("act", [insert_on_top, insert_above_the_last])
def test_new_rows_that_hit_a_row_pushed_under_them(act: Callable[[Excel], None]) -> None:
    story = ledger()
    story.new = [900, 901]
    for number in story.new:
        story.office.makes(number, part_number="new", status="TO SEND")
    story.office.before_writing = [act]
    story.office.flush()
    assert story.office.told
    story.check()


@pytest.mark.parametrize("act", SHIFTS)
def test_deletes_of_moved_rows_that_hit_other_rows(act: Callable[[Excel], None]) -> None:
    story = ledger()
    for number in (4, 9):
        story.office.change(number, sheet="Net", status="COMPLETE")
    story.office.before_writing = [quiet, act]
    story.office.flush()
    story.removed = {"mark 3"} if act is delete_the_third else set()
    story.check()


@pytest.mark.parametrize("act", SHIFTS)
def test_the_second_writing_of_a_move_that_hits_other_rows(act: Act) -> None:
    """The order is saved again before its copy was read back, so the copy that stands there is written to."""
    story = ledger()
    story.office.change(12, sheet="Net", status="COMPLETE")
    story.office.flush()
    story.office.change(12, sheet="Active", status="SHIPPED")
    story.office.after_writing = [lambda: story.office.change(12, notes="later", terms="COD")]
    story.office.before_writing = [quiet, act]
    story.office.flush()
    assert story.office.told
    assert story.office.says(12, "notes") == "later"
    story.removed = {"mark 3"} if act is delete_the_third else set()
    story.check()


def test_a_repair_that_hits_other_rows() -> None:
    story = ledger()
    for number in (2, 5):
        story.office.change(number, status="SHIPPED")
    story.office.before_writing = [insert_on_top]
    story.office.before_repairing = [sort_by_part, insert_on_top]
    story.office.flush()
    assert len(story.office.told) > 2
    story.check()


@pytest.mark.parametrize(
    "formula",
    ["=Active!I{row}*2", "='ACTIVE'!I{row}", "=SUM(active!A{row}:I{row})"],
)
def test_a_formula_follows_its_row_back_on_its_sheet(formula: str) -> None:
    """A delete hits the row of another order, which is put back below all rows."""
    story = ledger()
    active = story.office.excel.papers["Active"]
    for row in range(2, len(active.rows) + 1):
        active.put(row, 22, with_formula("=Prices!B1" if row == 5 else formula))
    story.started = {mark: dict(active.rows[row - 1]) for mark, (_, row) in story.marks().items()}
    story.office.change(4, sheet="Net", status="COMPLETE")
    story.office.before_writing = [quiet, insert_on_top]
    story.office.flush()
    assert story.office.told
    story.check()


def test_a_repair_that_was_not_sent_is_made_later() -> None:
    """The first goes where the writing went, so that the rows of both have the same number."""
    story = ledger()
    story.office.change(5, status="SHIPPED")
    story.office.before_writing = [insert_on_top]
    story.office.looks = [True, False, False]
    story.office.flush()
    assert len(story.office.told) == 3
    story.check()


def test_what_a_person_types_elsewhere_stays_where_no_row_moved() -> None:
    """One corrects the cell that we wrote and says in another row what we had said."""
    story = ledger()

    def correct() -> None:
        paper = story.office.excel.papers["Active"]
        paper.put(6, FIELDS["status"], Cell("PAID"))
        paper.put(8, FIELDS["status"], Cell("SHIPPED"))

    story.office.change(5, status="SHIPPED")
    story.office.after_writing = [correct]
    story.office.flush()
    assert story.office.told == []
    assert story.office.says(7, "status") == "SHIPPED"


def test_a_cell_that_a_person_clears_stays_clear_after_a_blank_row_was_cleared() -> None:
    story = ledger()
    story.office.change(12, status="SHIPPED")
    story.office.before_writing = [lambda excel: excel.papers["Active"].delete(2)]
    story.office.before_repairing = [lambda excel: excel.papers["Active"].put(3, FIELDS["status"], Cell(""))]
    story.office.flush()
    assert len(story.office.told) == 1
    assert story.office.says(3, "status") == ""


def test_a_new_row_that_a_person_completes_stays_ours_when_something_else_is_put_back() -> None:
    story = ledger()

    def correct() -> None:
        paper = story.office.excel.papers["Net"]
        paper.put(2, FIELDS["part_number"], Cell("NEW-1"))
        paper.put(2, FIELDS["status"], Cell("APPROVED"))

    story.office.change(5, status="SHIPPED")
    story.office.makes(900, sheet="Net", part_number="NEW", status="TO SEND")
    story.office.before_writing = [insert_on_top]
    story.office.after_writing = [correct]
    story.office.flush()
    assert len(story.office.told) == 1
    assert story.office.attention == {}
    assert story.office.differences(900) == {}


def test_each_of_many_writings_that_missed_is_looked_for_first_where_it_went() -> None:
    office, rows = Office(), 300
    for number in range(1, rows + 1):
        office.has(number, agreed={}, notes=f"later {number}")
        office.excel.papers["Active"].add({1: Cell(number)})
    office.before_writing = [insert_on_top]
    with Profile() as counted:
        office.flush()
    assert len(office.told) == rows
    assert [office.says(number, "notes") for number in (1, rows)] == ["later 1", f"later {rows}"]
    (times,) = [entry.callcount for entry in counted.getstats() if entry.code is holds.__code__]
    assert rows < times < 20 * rows


def test_in_two_rows_that_swapped_the_delete_of_one_takes_the_other() -> None:
    story = ledger(2)
    story.office.change(2, sheet="Net")
    story.office.before_writing = [quiet, swap]
    story.office.flush()
    assert story.office.told
    story.check()
    assert story.office.attention == {}


def test_a_person_removes_the_old_row_just_before_we_do() -> None:
    story = ledger()
    story.office.change(4, sheet="Net")
    story.office.before_writing = [quiet, lambda excel: excel.papers["Active"].delete(5)]
    story.office.flush()
    story.check()


def test_a_row_without_a_number_that_a_cell_hit_is_not_put_back_elsewhere_too() -> None:
    """Below it an order's row is hit by one copy, and another copy lands in a blank row."""
    story = ledger(2)
    paid = story.office.excel.papers["Paid"]
    paid.add({TAG: Cell("not ours"), FIELDS["notes"]: Cell("total")})
    paid.add({1: Cell(50), FIELDS["status"]: Cell("PAID"), TAG: Cell("mark 50")})
    story.office.has(50, sheet="Paid", agreed={"status": "PAID"}, status="SHIPPED")
    story.numbers["mark 50"], story.bases[50] = 50, {**story.office.orders[50].values, "status": "PAID"}
    story.started |= {"not ours": dict(paid.rows[1]), "mark 50": dict(paid.rows[2])}
    for number in (1, 2):
        story.office.change(number, sheet="Paid")
    story.office.before_writing = [lambda excel: excel.papers["Paid"].insert(2)]
    story.office.flush()
    story.check()


def test_a_second_row_with_a_number_that_was_pushed_under_a_new_row_comes_back() -> None:
    story = ledger(2)
    paid = story.office.excel.papers["Paid"]
    paid.add({1: Cell(2), FIELDS["part_number"]: Cell("another"), TAG: Cell("surplus")})
    story.started["surplus"] = dict(paid.rows[1])
    story.new = [900]
    story.office.makes(900, sheet="Paid", part_number="new", status="TO SEND")
    story.office.before_writing = [lambda excel: excel.papers["Paid"].insert(2)]
    story.office.flush()
    assert story.office.told
    story.check()


def test_a_copy_that_hit_a_row_pushed_under_it() -> None:
    story = ledger()
    paid = story.office.excel.papers["Paid"]
    paid.add({1: Cell("G700"), TAG: Cell("not ours"), 26: Cell("keep")})
    story.started["not ours"] = dict(paid.rows[1])
    story.office.change(4, sheet="Paid")
    story.office.before_writing = [lambda excel: excel.papers["Paid"].insert(2)]
    story.office.flush()
    story.check()


def test_a_row_that_a_person_removed_stays_removed_when_our_delete_was_never_sent() -> None:
    story = ledger()
    story.office.change(4, sheet="Net")
    assert story.office.flush_until(1)
    for row in story.office.excel.papers["Active"].find(TAG, "mark 9"):
        story.office.excel.papers["Active"].delete(row)
    story.office.flush()
    story.removed = {"mark 9"}
    story.check()


def test_a_bare_row_that_a_person_removed_from_the_middle_stays_removed() -> None:
    story = ledger(6)
    story.office.excel.papers["Active"].insert(4, {1: Cell("G700"), FIELDS["status"]: Cell("IN WORK")})
    story.new = [900]
    story.office.makes(900, status="TO SEND")
    story.office.before_writing = [delete_the_third]
    story.office.flush()
    story.check()
    assert story.office.places(700) == []
    assert story.office.told == []


def test_a_cell_that_was_hit_with_what_it_held_gets_its_format_back() -> None:
    story = ledger(6)
    story.office.excel.papers["Active"].put(4, FIELDS["status"], Cell("SHIPPED"))
    story.started["mark 3"][FIELDS["status"]] = Cell("SHIPPED")
    story.bases[3]["status"] = "SHIPPED"
    story.office.has(3, agreed=story.bases[3])
    story.office.change(2, status="SHIPPED")
    story.office.before_writing = [lambda excel: excel.papers["Active"].delete(2)]
    story.office.flush()
    story.removed = {"mark 1"}
    story.check()


def test_what_is_put_back_after_a_death_is_named_since_a_person_may_have_typed_it() -> None:
    story = ledger()
    story.office.change(5, status="SHIPPED")
    assert story.office.flush_until(0)
    story.office.excel.papers["Active"].insert(2)
    story.office.excel.papers["Active"].put(6, FIELDS["status"], Cell("SHIPPED", "@"))
    story.office.flush()
    (told,) = story.office.told
    assert told.endswith("“SHIPPED” stood there; if a person typed that, please type it again.")
    story.check()


@example(seed=361, size=4, sheet="Active", at=4)
@given(seed=seeds, size=st.integers(1, 4), sheet=sheets, at=st.integers(2, 21))
def test_nothing_is_put_back_where_a_column_came_after_the_writing(
    seed: int, size: int, sheet: str, at: int
) -> None:
    """Then the cells of before and now can't be compared by their places."""
    story = draw_story(seed, size=size, changes=4, moves=2, new=2, edits=1)
    story.office.after_writing = [lambda: story.office.excel.papers[sheet].insert_column(at, "COLOR")]
    story.office.flush()
    assert story.office.told == []
