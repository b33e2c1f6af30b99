"""A row that goes to another sheet: copied whole, read back, and only then removed where it stood."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sync.columns import COLUMNS
from sync.sheets import columns_named, moved_formula
from sync.wanted import Intent
from tests.planning.excel import FIELDS, Cell, Excel, Paper, with_formula
from tests.planning.office import Office

STATUS, NOTES = FIELDS["status"], FIELDS["notes"]
BASE = {"part_number": "00123", "status": "IN WORK"}
OWN: Mapping[int, Cell] = {
    1: Cell("G38001", "0"),
    FIELDS["part_number"]: Cell("00123", "@"),
    STATUS: Cell("in work"),
    FIELDS["date_made"]: Cell("", "mm/dd/yyyy"),
    22: with_formula("=I{row}*2", '"$"#,##0'),
    23: Cell(0.25, "0%"),
    25: Cell("=not a formula", "@"),
    26: Cell("3-4"),
    27: Cell(True),
}


@pytest.fixture
def office() -> Office:
    office = Office()
    for number in (900, 901, 902):
        office.excel.papers["Active"].add({1: Cell(number), 22: Cell("x")})
    office.excel.papers["Active"].add(OWN)
    office.has(38001, agreed=BASE)
    office.change(38001, sheet="Net", status="COMPLETE")
    return office


def test_every_used_cell_goes_along_and_ours_lies_over_it(office: Office) -> None:
    office.flush()
    assert [r[1].value for r in office.excel.papers["Active"].rows[1:]] == [900, 901, 902]
    moved = office.excel.papers["Net"].rows[1]
    assert moved == {**OWN, STATUS: Cell("COMPLETE", "@")}


def test_blank_cells_are_sent_as_null(office: Office) -> None:
    office.flush()
    (copy,) = (step for step in office.steps_sent if step.path.startswith("/worksheets/Net"))
    assert copy.body is not None
    sent = copy.body["values"][0]
    assert [column for column, value in enumerate(sent, start=1) if value is not None] == sorted(
        c for c, cell in OWN.items() if not cell.is_blank
    )


def test_the_old_row_goes_only_after_the_copy_was_read_back(office: Office) -> None:
    assert office.flush_until(1)
    assert len(office.places(38001)) == 2
    assert [delete.row for delete in office.plan().deletes] == [5]
    office.excel.papers["Net"].put(2, 26, Cell(46085, "d-mmm"))  # what Excel makes of 3-4
    plan = office.plan()
    assert plan.deletes == []
    assert plan.writes["Net"][2][26].value == "'3-4"


@pytest.mark.parametrize("read_back", [False, True])
def test_what_a_person_types_into_the_copy_stays(office: Office, read_back: bool) -> None:
    old = office.excel.papers["Active"]
    old.put(5, 24, Cell("", "mm/dd/yyyy"))
    old.put(5, 25, Cell("agreed with Bob"))
    assert office.flush_until(1)
    if read_back:
        assert office.flush_until(0)  # the old row is about to go
        assert [order.intent.deleting for order in office.orders.values() if order.intent] == [True]
    typed = {
        23: Cell("mine"),
        24: Cell(46085, "mm/dd/yyyy"),
        25: Cell("agreed with Ann"),
        NOTES: Cell("call them"),
    }
    typed |= {26: Cell(4)} if read_back else {}
    for column, cell in typed.items():
        office.excel.papers["Net"].put(2, column, cell)
    office.flush()
    assert {column: office.excel.papers["Net"].at(2, column) for column in typed} == typed
    assert len(office.places(38001)) == 1
    assert office.attention == {}


@pytest.mark.parametrize("column", [26, 28, NOTES])
def test_what_a_person_changes_in_the_old_row_after_copying_is_taken_along(
    office: Office, column: int
) -> None:
    assert office.flush_until(1)
    office.excel.papers["Active"].put(5, column, Cell("later"))
    office.flush()
    assert office.excel.papers["Net"].at(2, column).value == "later"
    assert len(office.places(38001)) == 1


@pytest.mark.parametrize("column", [FIELDS["part_number"], 26, NOTES])
@pytest.mark.parametrize("how", ["died", "looked again"])
def test_what_a_person_changed_in_the_old_row_survives_a_completion_that_was_not_sent(
    office: Office, column: int, how: str
) -> None:
    assert office.flush_until(1)
    office.excel.papers["Active"].put(5, column, Cell("later"))
    if how == "died":
        assert office.flush_until(0)
    else:
        office.looks = [False]
    office.flush()
    assert office.excel.papers["Net"].at(2, column).value == "later"
    assert len(office.places(38001)) == 1


def test_a_cell_that_was_copied_wrong_and_changed_since_is_taken_along(office: Office) -> None:
    assert office.flush_until(1)
    office.excel.papers["Net"].put(2, 26, Cell(46085, "d-mmm"))
    office.excel.papers["Active"].put(5, 26, Cell("later"))
    office.flush()
    assert office.excel.papers["Net"].at(2, 26).value == "later"


def test_a_person_changes_our_cell_in_the_old_row_after_copying(office: Office) -> None:
    assert office.flush_until(1)
    office.excel.papers["Active"].put(5, STATUS, Cell("ask Bob"))
    office.flush()
    assert office.says(38001, "status") == "COMPLETE"
    assert office.activity[38001] == [{"status": "ask Bob"}]


@pytest.mark.parametrize("steps", range(3))
def test_a_move_back_before_the_move_is_done(office: Office, steps: int) -> None:
    office.flush_until(steps)
    office.change(38001, sheet="Active", status="IN WORK")
    office.flush()
    assert office.differences(38001) == {}
    (place,) = office.places(38001)
    assert place.sheet == "Active"
    assert office.excel.papers["Active"].at(place.row, 26) == OWN[26]


def test_a_sheet_too_wide_to_be_copied_needs_a_person(office: Office) -> None:
    office.excel.papers["Active"].too_wide = True
    plan = office.plan()
    assert plan.is_empty
    assert plan.attention[38001][0].value == "sheet"


@pytest.mark.parametrize("cell", [Cell(5, "@"), Cell(True, "@"), with_formula("=A{row}", "@")])
def test_what_was_typed_before_its_cell_became_text_stays_what_it_is(office: Office, cell: Cell) -> None:
    office.excel.papers["Active"].put(5, 26, cell)
    office.flush()
    assert office.excel.papers["Net"].at(2, 26) == Cell(cell.value, "General", cell.formula)


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("number_format", ["@", "General"])
def test_a_text_with_an_apostrophe_goes_along(office: Office, number_format: str, keeps: bool) -> None:
    office.excel.keeps_apostrophes = keeps
    office.excel.papers["Active"].put(5, 26, Cell("'quoted", number_format))
    office.flush()
    assert office.excel.papers["Net"].at(2, 26) == Cell("'quoted", number_format)
    assert office.attention == {}


def test_a_formula_that_cannot_follow_leaves_what_it_shows(office: Office) -> None:
    office.excel.papers["Active"].put(5, 26, with_formula("=V2"))
    office.flush()
    assert office.excel.papers["Net"].at(2, 26) == Cell(7)


class Retyping(Excel):
    """An Excel that makes something else of one text, whatever is done."""

    def _enter(self, cell: Cell, value: int | float | str | bool, row: int) -> Cell:
        return Cell(9) if value == "odd" else super()._enter(cell, value, row)


@pytest.mark.parametrize("dies", [False, True], ids=["at once", "after a death"])
def test_a_person_s_duplicate_of_the_old_row_stays_where_it_is(office: Office, dies: bool) -> None:
    active, net = office.excel.papers["Active"], office.excel.papers["Net"]

    def duplicate() -> None:
        active.insert(3, {**active.rows[4], 28: Cell("for the next order")})

    if dies:
        assert office.flush_until(1)
        duplicate()
    else:
        office.after_writing = [duplicate]
    office.flush()
    office.flush()
    left = [row for row in active.rows[1:] if row[1].value == "G38001"]
    assert len(left) == 1
    assert [row[1].value for row in net.rows[1:]] == ["G38001"]
    told = [row[28].value for row in (*left, *net.rows[1:]) if 28 in row]
    assert told == ["for the next order"]
    assert office.orders[38001].agreed_sheet == "Net"


def test_a_copy_that_excel_does_not_keep_needs_a_person_and_loses_nothing(office: Office) -> None:
    office.excel.papers["Active"].put(5, 26, Cell("odd"))
    office.excel = Retyping(office.excel.papers)
    office.flush()
    assert office.attention[38001][0] == "not_kept"
    assert office.excel.papers["Active"].at(5, 26) == Cell("odd")


def test_fields_find_their_column_where_the_sheets_differ(office: Office) -> None:
    shuffled = {c.field: c.index + 1 for c in COLUMNS} | {"terms": 12, "shop_reference": 11}
    office.excel.papers["Net"] = Paper("Net", columns=shuffled)
    office.excel.papers["Active"].put(5, FIELDS["terms"], Cell("NET 30"))
    office.orders[38001] = office.orders[38001].__class__(
        **{**vars(office.orders[38001]), "agreed": {**BASE, "terms": "NET 30"}}
    )
    office.change(38001, terms="NET 30")
    office.flush()
    assert office.excel.papers["Net"].at(2, 12).value == "NET 30"


def only_its_own(office: Office, column: int, cell: Cell) -> None:
    """Of a person's own the row holds one cell."""
    for own in range(22, 29):
        office.excel.papers["Active"].put(5, own, Cell(""))
    office.excel.papers["Active"].put(5, column, cell)


def waits(office: Office, what: str) -> bool:
    """Whether the flush writes nothing and says what has no place."""
    before = office.excel.copy()
    office.flush()
    assert office.excel == before
    code, text = office.attention.pop(38001)
    return code == "sheet" and what in text


def test_a_text_in_a_column_that_the_new_sheet_lacks_waits_until_the_sheets_are_mended(
    office: Office,
) -> None:
    net = office.excel.papers["Net"]
    net.head(NOTES, "COLOR")
    office.excel.papers["Active"].put(5, NOTES, Cell("typed by a person"))
    assert waits(office, "The columns of Active and Net differ: Net has no place for “NOTES” (S) of G38001.")
    net.head(NOTES, "NOTES")
    office.flush()
    assert office.attention == {}
    assert net.at(2, NOTES) == Cell("typed by a person")


def test_a_column_that_the_new_sheet_lacks_is_no_hindrance_while_it_is_blank(office: Office) -> None:
    office.excel.papers["Net"].head(NOTES, "COLOR")
    office.flush()
    assert office.attention == {}
    assert len(office.excel.papers["Net"].rows) == 2


def test_a_column_of_a_persons_between_ours_has_no_place_on_the_other_sheet(office: Office) -> None:
    active = office.excel.papers["Active"]
    active.insert_column(4, "COLOR")
    active.put(5, 4, Cell("red"))
    assert waits(office, "“COLOR” (D)")


def test_a_column_without_header_is_not_put_under_one_of_ours(office: Office) -> None:
    office.excel.papers["Net"].insert_column(4, "COLOR")
    assert waits(office, "column V")


def moves_to_a_wider_sheet(office: Office, formula: str) -> None:
    """A formula in a column of a person's, which stands one further on the other sheet."""
    office.excel.papers["Net"].insert_column(4, "COLOR")
    for paper, column in ((office.excel.papers["Active"], 22), (office.excel.papers["Net"], 23)):
        paper.head(column, "MINE")
    only_its_own(office, 22, with_formula(formula))


@pytest.mark.parametrize(
    "formula",
    ["=I{row}*2", "=$I$5*2", "=SUM(D{row}:J{row})", "=SUM(I:I)", "=SUM(5:5)", '=INDIRECT("I5")', "=I5#"],
)
def test_a_formula_does_not_come_to_reckon_with_other_columns(office: Office, formula: str) -> None:
    moves_to_a_wider_sheet(office, formula)
    assert waits(office, "the formula in “MINE” (V) would reckon with other columns on Net of G38001")
    office.excel.papers["Active"].insert_column(4, "COLOR")
    office.flush()
    assert office.attention == {}
    assert len(office.excel.papers["Net"].rows) == 2


@pytest.mark.parametrize(
    "formula", ["=A{row}*2", "=Prices!I9", "=SUM(A{row}:C{row})", "=RATE*2", '="I5"&TAX']
)
def test_a_formula_that_means_the_same_on_the_other_sheet_goes_along(office: Office, formula: str) -> None:
    moves_to_a_wider_sheet(office, formula)
    office.flush()
    assert office.attention == {}
    assert office.excel.papers["Net"].at(2, 23).formula == formula


def test_a_formula_that_gives_way_to_our_value_is_no_hindrance(office: Office) -> None:
    office.excel.papers["Net"].insert_column(4, "COLOR")
    only_its_own(office, STATUS, with_formula("=Active!I{row}+I{row}"))
    office.flush()
    assert office.attention == {}
    assert office.says(38001, "status") == "COMPLETE"
    assert office.activity[38001] == [{"status": "=Active!I5+I5"}]


def test_what_a_formula_names_on_another_sheet_did_not_move(office: Office) -> None:
    office.excel.papers["Active"].put(5, 26, with_formula("=Prices!B9*I{row}"))
    office.flush()
    assert office.excel.papers["Net"].at(2, 26).formula == "=Prices!B9*I{row}"


@pytest.mark.parametrize("formula", ["=SUM(I{row}:INDEX(A:A,5))", "=SUM(INDEX(A:A,5):I{row})"])
def test_a_range_up_to_what_a_function_says_may_be_any_column(office: Office, formula: str) -> None:
    moves_to_a_wider_sheet(office, formula)
    assert waits(office, "the formula in “MINE” (V) would reckon with other columns on Net of G38001")


@pytest.mark.parametrize("formula", ["=SUM(Prices!I9:INDEX(Prices!A:A,5))", "=SUM(Rates[[Net]:[Gross]])"])
def test_ranges_of_other_sheets_and_of_tables_are_none_of_its_columns(formula: str) -> None:
    assert columns_named(formula, 28) == set()


@pytest.mark.parametrize(
    ("formula", "there"),
    [
        ("=SUM(A5:INDEX(I:I,5))", "=SUM(A2:INDEX(I:I,5))"),
        ("=SUM($A$5:A5:INDEX(I:I,5))", "=SUM($A$5:A2:INDEX(I:I,5))"),
        ("=SUM(LOG10(A5):I5)", "=SUM(LOG10(A2):I2)"),
        ("=SUM(Prices!A5:INDEX(I:I,5))", "=SUM(Prices!A5:INDEX(I:I,5))"),
    ],
)
def test_a_range_up_to_what_a_function_says_follows_its_row(formula: str, there: str) -> None:
    assert moved_formula(formula, from_row=5, to_row=2) == there


def test_a_range_that_names_the_sheet_on_which_it_stays_follows_its_row() -> None:
    formula = "=SUM(Active!A5:INDEX(Prices!I5:I5,5))"
    there = moved_formula(formula, from_row=5, to_row=2, sheet="Active")
    assert there == "=SUM(Active!A2:INDEX(Prices!I5:I5,5))"


@pytest.mark.parametrize(
    "formula",
    [
        "=Prices!B1*Active!I{row}",
        "='Active'!I{row}",
        "=active!$I$5",
        "=SUM(Active:Net!I9)",
        "=SUM('Net:Active'!I9)",
        '=INDIRECT("Active!I"&ROW())',
        "=Active!I{row}#",
    ],
)
def test_a_formula_that_names_the_sheet_which_its_row_leaves_waits(office: Office, formula: str) -> None:
    active = office.excel.papers["Active"]
    active.put(5, 26, with_formula(formula))
    assert waits(
        office, "The formula in column Z of G38001 names Active, the sheet that its row is to leave."
    )
    active.put(5, 26, with_formula("=Prices!B1*I{row}"))
    office.flush()
    assert office.attention == {}
    assert office.excel.papers["Net"].at(2, 26).formula == "=Prices!B1*I{row}"
    assert len(active.rows) == 4


def test_a_formula_that_comes_to_name_its_sheet_after_copying_keeps_the_old_row(office: Office) -> None:
    assert office.flush_until(1)
    office.excel.papers["Active"].put(5, 26, with_formula("=Active!I{row}"))
    assert waits(office, "the sheet that its row is to leave")
    assert len(office.places(38001)) == 2


@pytest.mark.parametrize("formula", ["='Active 2'!I9", "=Net!I9", '="Active"', "=Active"])
def test_a_formula_that_names_something_else_goes_along(office: Office, formula: str) -> None:
    office.excel.papers["Active"].put(5, 26, with_formula(formula))
    office.flush()
    assert office.attention == {}
    assert office.excel.papers["Net"].at(2, 26).formula == formula


def test_peoples_columns_go_by_their_headers(office: Office) -> None:
    active, net = office.excel.papers["Active"], office.excel.papers["Net"]
    active.head(23, "Color")
    active.head(24, "SIZE")
    net.head(24, "color ")
    active.put(5, 24, Cell("big"))
    assert waits(office, "“SIZE” (X)")
    net.head(23, "SIZE")
    office.flush()
    assert (net.at(2, 24), net.at(2, 23)) == (OWN[23], Cell("big"))


def test_headers_that_stand_twice_say_nothing_of_the_place(office: Office) -> None:
    active, net = office.excel.papers["Active"], office.excel.papers["Net"]
    for column in (23, 26):
        active.head(column, "COLOR")
    net.head(26, "COLOR")
    office.flush()
    assert (net.at(2, 23), net.at(2, 26)) == (OWN[23], OWN[26])


def test_what_is_typed_after_copying_where_the_new_sheet_has_no_place_keeps_the_old_row(
    office: Office,
) -> None:
    office.excel.papers["Net"].head(NOTES, "COLOR")
    assert office.flush_until(1)
    office.excel.papers["Active"].put(5, NOTES, Cell("later"))
    assert waits(office, "“NOTES” (S)")
    assert len(office.places(38001)) == 2
    office.excel.papers["Net"].head(NOTES, "NOTES")
    office.flush()
    (place,) = office.places(38001)
    assert office.excel.papers[place.sheet].at(place.row, NOTES) == Cell("later")


@pytest.mark.parametrize("typed", ["", "ask Bob"])
def test_our_cell_in_the_old_row_is_known_again_where_columns_came(office: Office, typed: str) -> None:
    assert office.flush_until(1)
    for sheet in ("Active", "Net"):
        office.excel.papers[sheet].insert_column(4, "COLOR")
    if typed:
        office.excel.papers["Active"].put(5, STATUS + 1, Cell(typed))
    office.flush()
    assert office.attention == {}
    assert [place.sheet for place in office.places(38001)] == ["Net"]
    assert office.says(38001, "status") == "COMPLETE"
    assert office.activity.get(38001, []) == ([{"status": typed}] if typed else [])


def test_a_copy_that_a_version_without_headers_left_is_finished(office: Office) -> None:
    assert office.flush_until(1)
    (order,) = office.orders.values()
    assert order.intent
    kept = order.intent.as_json()
    assert kept.pop("headers")
    office.orders[38001] = replace(order, intent=Intent.from_json(kept))
    office.excel.papers["Active"].put(5, NOTES, Cell("later"))
    office.flush()
    assert office.excel.papers["Net"].at(2, NOTES) == Cell("later")
    assert len(office.places(38001)) == 1


def test_an_intent_is_read_by_another_version_of_the_program() -> None:
    """Two of them run side by side during an update; only what moves between sheets needs the newest one."""
    intent = Intent(kind="update", sheet="Active", row=2, version=1, cells={})
    assert "headers" not in intent.as_json()
    assert Intent.from_json({**intent.as_json(), "something of a later version": 1}) == intent
    move = replace(intent, kind="move", headers=("RO", "SHOP"))
    assert Intent.from_json(move.as_json()) == move
