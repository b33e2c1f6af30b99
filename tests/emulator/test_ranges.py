"""Reading and writing cells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Graph, inner_code


def test_dates_are_serial_numbers_with_a_format(graph: Graph) -> None:
    cells = graph.get("A2:D2")
    assert cells["values"] == [[38001, 46327, "Shop 1", "note 1"]]
    assert cells["numberFormat"] == [["General", "m/d/yyyy", "General", "General"]]
    assert cells["text"] == [["38001", "11/1/2026", "Shop 1", "note 1"]]
    assert (cells["rowIndex"], cells["columnIndex"], cells["cellCount"]) == (1, 0, 4)


def test_empty_cells_are_empty_strings(graph: Graph) -> None:
    cells = graph.get("E2:F2")
    assert (cells["values"], cells["formulas"], cells["text"]) == ([["", ""]],) * 3
    assert cells["valueTypes"] == [["Empty", "Empty"]]


def test_null_leaves_alone_and_an_empty_string_clears(graph: Graph) -> None:
    answer = graph.patch("A2:D2", values=[[None, "", "Other", None]])
    assert answer.status_code == 200
    assert graph.values("A2:D2") == [[38001, "", "Other", "note 1"]]
    assert graph.get("B2")["numberFormat"] == [["m/d/yyyy"]]


def test_a_single_value_fills_the_range(graph: Graph) -> None:
    graph.patch("D2:D4", values="same")
    assert graph.values("D2:D5") == [["same"], ["same"], ["same"], ["note 4"]]


def test_an_empty_number_format_means_general(graph: Graph) -> None:
    graph.patch("B2", numberFormat=[[""]])
    assert graph.get("B2")["numberFormat"] == [["General"]]


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("A2:B2", {"values": [["one"]]}),
        ("A2:B2", {"values": [["one", "two"], ["three", "four"]]}),
        ("A2:B3", {"values": [["one", "two"], ["three"]]}),
        ("A2", {"values": None}),
        ("A2", {}),
        ("A2", {"numberFormat": [[5]]}),
        ("A2", {"values": [[{"a": 1}]]}),
        ("5:5", {"values": "x"}),
        ("C:C", {"values": "x"}),
        ("XFE1", {"values": "x"}),
        ("A1048577", {"values": "x"}),
    ],
)
def test_a_write_of_the_wrong_shape_is_refused(graph: Graph, address: str, body: dict[str, Any]) -> None:
    before = graph.values("A1:E6")
    answer = graph.patch(address, **body)
    assert (answer.status_code, inner_code(answer)) == (400, "invalidArgument")
    assert graph.values("A1:E6") == before


def test_unbounded_ranges_have_no_values(graph: Graph) -> None:
    cells = graph.get("C:C")
    assert (cells["values"], cells["rowCount"], cells["columnCount"]) == (None, 1_048_576, 1)
    assert graph.get("2:2")["text"] is None


def test_the_used_range_counts_formats_unless_asked_not_to(graph: Graph) -> None:
    graph.patch("Z30", numberFormat=[["@"]])
    sheet = f"{graph.book}/worksheets/Active"
    assert graph.http.get(f"{sheet}/usedRange").json()["address"] == "Active!A1:Z30"
    assert graph.http.get(f"{sheet}/usedRange()").json()["address"] == "Active!A1:Z30"
    assert graph.http.get(f"{sheet}/usedRange(valuesOnly=true)").json()["address"] == "Active!A1:X6"


def test_the_used_range_need_not_start_at_a1(graph: Graph) -> None:
    graph.post("1:1", "clear", applyTo="All")
    used = graph.http.get(f"{graph.book}/worksheets/Active/usedRange(valuesOnly=true)").json()
    assert (used["address"], used["rowIndex"], used["rowCount"]) == ("Active!A2:V6", 1, 5)


def test_too_much_at_once_is_refused(graph: Graph) -> None:
    answer = graph.http.get(graph.range_url("A1:XFC400"))
    assert (answer.status_code, inner_code(answer)) == (413, "rangeExceedsLimit")
    answer = graph.patch("A2", values=[["x" * (5 * 1024 * 1024)]])
    assert (answer.status_code, inner_code(answer)) == (413, "payloadTooLargeUncategorized")


def test_a_body_without_its_content_type_is_refused(graph: Graph) -> None:
    body = b'{"values": [["x"]]}'
    before = graph.values("A2")
    answer = graph.http.patch(graph.range_url("A2"), content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert graph.http.post(f"{graph.book}/createSession", content=b"{}").status_code == 400
    assert graph.values("A2") == before


def test_what_is_not_json_is_refused(graph: Graph) -> None:
    for body in (b"{", b'{"values": [[NaN]]}', b"[1]"):
        headers = {"Content-Type": "application/json"}
        assert graph.http.patch(graph.range_url("A2"), content=body, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("what", "value", "number_format"),
    [("Contents", "", "m/d/yyyy"), ("Formats", 46327, "General"), ("All", "", "General")],
)
def test_clearing(graph: Graph, what: str, value: Any, number_format: str) -> None:
    graph.post("B2", "clear", applyTo=what)
    cells = graph.get("B2")
    assert (cells["values"], cells["numberFormat"]) == ([[value]], [[number_format]])


def test_a_stranger_is_sent_away(graph: Graph) -> None:
    answer = graph.http.get(graph.range_url("A1"), headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_another_item_does_not_exist(graph: Graph) -> None:
    answer = graph.http.get(f"{graph.emulator.base_url}/drives/b!drive/items/OTHER/workbook/worksheets")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "itemNotFound")
