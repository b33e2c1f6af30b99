"""What becomes of a string that is written to a cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync.emulator.coercion import coerce
from sync.emulator.errors import GraphError
from tests.emulator.client import Graph, inner_code

_YEAR = datetime.now(UTC).year


def _serial(*day: int) -> int:
    return (date(*day) - date(1899, 12, 30)).days


def _typed(value: Any, number_format: str = "General") -> tuple[Any, str, str | None]:
    typed = coerce(value, number_format=number_format, keep_apostrophe=True)
    return typed.value, typed.kind, typed.number_format


@pytest.mark.parametrize(
    ("text", "value", "number_format"),
    [
        ("00123", 123, None),
        (" 12 ", 12, None),
        ("1.50", 1.5, None),
        ("-7", -7, None),
        ("+7", 7, None),
        ("(7)", -7, None),
        ("1,234.5", 1234.5, "#,##0.00"),
        ("$1,234", 1234, '"$"#,##0'),
        ("-$5.25", -5.25, '"$"#,##0.00'),
        ("50%", 0.5, "0%"),
        ("1E5", 100000, "0.00E+00"),
        ("12345678901234567890", 12345678901234600000.0, None),
        ("1 1/2", 1.5, "# ?/?"),
        ("10/4", _serial(_YEAR, 10, 4), "d-mmm"),
        ("3-4", _serial(_YEAR, 3, 4), "d-mmm"),
        ("4/32", _serial(1932, 4, 1), "mmm-yy"),
        ("15-Feb", _serial(_YEAR, 2, 15), "d-mmm"),
        ("Nov 24, 2025", _serial(2025, 11, 24), "d-mmm-yy"),
        ("11/24/25", _serial(2025, 11, 24), "m/d/yyyy"),
        ("2025-11-24", _serial(2025, 11, 24), "m/d/yyyy"),
        ("1-2-3", _serial(2003, 1, 2), "m/d/yyyy"),
        ("12:30", 0.520833333333333, "h:mm"),
        ("1:30 PM", 0.5625, "h:mm AM/PM"),
        ("11/24/2025 12:00", _serial(2025, 11, 24) + 0.5, "m/d/yyyy h:mm"),
    ],
)
def test_it_becomes_a_number(text: str, value: float, number_format: str | None) -> None:
    assert _typed(text) == (value, "n", number_format)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("true", True, "b"),
        ("FALSE", False, "b"),
        ("#N/A", "#N/A", "e"),
        ("=1+1", "=1+1", "f"),
        ("+a1", "=+a1", "f"),
        ("-hold", "=-hold", "f"),
        ("@x", "=@x", "f"),
        ("'quoted", "quoted", "s"),
        ("'=1+1", "=1+1", "s"),
        ("-", "-", "s"),
        ("13/4/2025", "13/4/2025", "s"),
        ("107492-5", "107492-5", "s"),
        ("066-50013-0101", "066-50013-0101", "s"),
        ("1Z999AA13205484563", "1Z999AA13205484563", "s"),
        ("2026-08-29T05:00:00.000Z", "2026-08-29T05:00:00.000Z", "s"),
        ("net30", "net30", "s"),
        ("a\r\nb", "a\nb", "s"),
    ],
)
def test_it_becomes_something_else(text: str, value: object, kind: str) -> None:
    assert _typed(text)[:2] == (value, kind)


@pytest.mark.parametrize(
    "text", ["00123", "1E5", "3-4", "10/4", "12:30", "TRUE", "=1+1", "+1 305", "-hold-", "@x"]
)
def test_a_text_cell_keeps_it(text: str) -> None:
    assert _typed(text, "@") == (text, "s", None)


def test_numbers_in_a_text_cell_become_text() -> None:
    assert _typed(38573, "@") == ("38573", "s", None)
    assert _typed(2.5, "@") == ("2.5", "s", None)


@pytest.mark.parametrize(
    "value", ["-hold-", "+1 305 555 0142", "=1+", "=SUM(", "--", "x" * 32_768, "bell\x07", {}, [1], 10**400]
)
def test_it_is_refused(value: Any) -> None:
    with pytest.raises(GraphError) as refusal:
        _typed(value)
    assert refusal.value.status == 400


def test_the_number_format_of_the_same_request_comes_first(graph: Graph) -> None:
    answer = graph.patch("D2:E2", values=[["10/4", "10/4"]], numberFormat=[["@", None]])
    assert answer.json()["values"][0][0] == "10/4"
    assert answer.json()["values"][0][1] == _serial(_YEAR, 10, 4)
    assert answer.json()["numberFormat"] == [["@", "d-mmm"]]


def test_a_format_that_was_chosen_is_not_replaced(graph: Graph) -> None:
    assert graph.patch("B2", values=[["11/24/2025"]], numberFormat=[["yyyy"]]).json()["text"] == [["2025"]]


def test_an_apostrophe_in_a_text_cell_is_kept_or_swallowed(graph: Graph) -> None:
    graph.patch("D2", values=[["'a"]], numberFormat=[["@"]])
    assert graph.values("D2") == [["'a"]]
    graph.options(apostrophe_in_text_cells="swallow")
    graph.patch("D2", values=[["'a"]])
    assert graph.values("D2") == [["a"]]


def test_one_bad_cell_refuses_the_whole_block(graph: Graph) -> None:
    answer = graph.patch("D2:D3", values=[["good"], ["-bad-"]])
    assert (answer.status_code, inner_code(answer)) == (400, "invalidArgument")
    assert graph.values("D2:D3") == [["note 1"], ["note 2"]]


@pytest.mark.parametrize(
    ("formula", "value", "kind"),
    [
        ("=1+1", 2, "Double"),
        ("=A2", 38001, "Double"),
        ('=D2&"!"', "note 1!", "String"),
        ("=SUM(A2:A3)", 76003, "Double"),
        ("=1/0", "#DIV/0!", "Error"),
        ("=hold", "#NAME?", "Error"),
        ("='O''Brien'!A1", "left alone", "String"),
        ("=A2>1", True, "Boolean"),
        ("=-2^2", 4, "Double"),
        ("=VLOOKUP(A2,A:D,4)", 0, "Double"),
    ],
)
def test_a_formula_has_a_value(graph: Graph, formula: str, value: object, kind: str) -> None:
    answer = graph.patch("F9", values=[[formula]]).json()
    assert (answer["values"], answer["formulas"], answer["valueTypes"]) == ([[value]], [[formula]], [[kind]])


def test_what_cells_show(graph: Graph) -> None:
    answer = graph.patch(
        "F2:I2",
        values=[[46350, 1234.5, 0.25, True]],
        numberFormat=[["mm/dd/yy", '"$"#,##0.00', "0%", "General"]],
    )
    assert answer.json()["text"] == [["11/24/26", "$1,234.50", "25%", "TRUE"]]
