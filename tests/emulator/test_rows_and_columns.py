"""Inserting and deleting move everything, and only what they should."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.emulator.client import Graph, inner_code


def _file(graph: Graph) -> Any:
    graph.control("POST", "save")
    return load_workbook(BytesIO(graph.http.get(f"{graph.emulator.item_url}/content").content))["Active"]


def test_a_deleted_row_takes_its_whole_width_with_it(graph: Graph) -> None:
    assert graph.post("3:3", "delete", shift="Up").status_code == 200
    assert [row[0] for row in graph.values("A1:A6")] == ["RO", 38001, 38003, 38004, 38005, ""]
    assert graph.values("V2:V5") == [["mine 1"], ["mine 3"], ["mine 4"], ["mine 5"]]
    saved = _file(graph)
    assert (saved["C3"].value, saved["C3"].fill.fgColor.rgb) == ("Shop 3", "00FFFF00")
    assert (saved.row_dimensions[3].height, saved.row_dimensions[4].height) == (33, None)
    assert saved["X1"].value == "=A3"
    assert saved["A1"].font.bold


def test_deleting_cells_of_a_row_leaves_what_is_beside_them(graph: Graph) -> None:
    graph.post("A3:U3", "delete", shift="Up")
    assert [row[0] for row in graph.values("A2:A6")] == [38001, 38003, 38004, 38005, ""]
    assert graph.values("V2:V4") == [["mine 1"], ["mine 2"], ["mine 3"]]
    assert _file(graph)["C3"].fill.fgColor.rgb == "00FFFF00"


def test_several_rows_go_at_once(graph: Graph) -> None:
    graph.post("2:4", "delete", shift="Up")
    assert graph.values("A2:A4") == [[38004], [38005], [""]]
    assert graph.get("X1")["formulas"] == [["=#REF!"]]


def test_an_inserted_row_is_blank_and_looks_like_the_one_above(graph: Graph) -> None:
    answer = graph.post("4:5", "insert", shift="Down")
    assert (answer.status_code, answer.json()["address"]) == (200, "Active!4:5")
    assert [row[0] for row in graph.values("A3:A7")] == [38002, "", "", 38003, 38004]
    assert graph.get("B4")["numberFormat"] == [["m/d/yyyy"]]
    saved = _file(graph)
    assert (saved.row_dimensions[6].height, saved["X1"].value) == (33, "=A6")


def test_inserting_cells_moves_only_their_columns(graph: Graph) -> None:
    graph.post("A3:D3", "insert", shift="Down")
    assert graph.values("A2:A4") == [[38001], [""], [38002]]
    assert graph.values("V2:V4") == [["mine 1"], ["mine 2"], ["mine 3"]]


def test_columns_come_and_go(graph: Graph) -> None:
    graph.post("B:B", "insert", shift="Right")
    assert graph.values("A2:D2") == [[38001, "", 46327, "Shop 1"]]
    graph.post("B:C", "delete", shift="Left")
    assert graph.values("A2:C2") == [[38001, "Shop 1", "note 1"]]
    assert graph.values("U2") == [["mine 1"]]


def test_cells_of_a_row_shift_sideways(graph: Graph) -> None:
    graph.post("B2", "delete", shift="Left")
    assert graph.values("A2:D3") == [[38001, "Shop 1", "note 1", ""], [38002, 46328, "Shop 2", "note 2"]]
    graph.post("B2", "insert", shift="Right")
    assert graph.values("A2:D2") == [[38001, "", "Shop 1", "note 1"]]


@pytest.mark.parametrize(
    ("address", "verb", "shift"),
    [
        ("3:3", "delete", "Left"),
        ("C:C", "delete", "Up"),
        ("3:3", "insert", "Right"),
        ("A3", "insert", "Up"),
        ("A3", "delete", ""),
    ],
)
def test_a_direction_that_does_not_fit_is_refused(graph: Graph, address: str, verb: str, shift: str) -> None:
    before = graph.values("A1:D6")
    assert graph.post(address, verb, shift=shift).status_code == 400
    assert graph.values("A1:D6") == before


def test_no_value_is_pushed_off_the_sheet(graph: Graph) -> None:
    graph.patch("A1048576", values=[["last"]])
    answer = graph.post("2:2", "insert", shift="Down")
    assert (answer.status_code, inner_code(answer)) == (400, "nonBlankCellOffSheet")
    assert graph.values("A2") == [[38001]]


def test_other_sheets_are_left_as_they_are(graph: Graph) -> None:
    graph.post("1:3", "delete", shift="Up")
    assert graph.values("A1", sheet="O'Brien") == [["left alone"]]
