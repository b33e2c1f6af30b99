"""Amounts of US dollars, in cents, never through binary floats."""

from decimal import Decimal

import pytest

from repairs.reading import BELOW_ZERO, NO_MONEY, TOO_LARGE, Cell, Read, read_money


@pytest.mark.parametrize(
    ("cell", "amount"),
    [(1500, "1500.00"), ("1500", "1500.00"), ("1,500.50", "1500.50"), ("$1,500.00", "1500.00"),
     ("USD 1,500", "1500.00"), (" $ 1,500 ", "1500.00"), ("usd1500", "1500.00"), ("1500 USD", "1500.00"),
     ("US$ 12.5", "12.50"), (".5", "0.50"), ("5.", "5.00"), (1500.5, "1500.50"), (1234567.89, "1234567.89"),
     (0.1 + 0.2, "0.30"), (1.1 * 3, "3.30"), (0, "0.00"), ("0", "0.00"), (999999999999.99, "999999999999.99"),
     ("12,345,678.90", "12345678.90")],
)  # fmt: skip
def test_an_amount_is_read_to_the_cent(cell: Cell, amount: str) -> None:
    read = read_money(cell)
    assert (str(read.value), read.problem) == (amount, None)


@pytest.mark.parametrize("cell", ["TBD", "n/a", "-", "ASAP"])
def test_a_placeholder_is_an_empty_amount_that_is_listed(cell: str) -> None:
    read = read_money(cell)
    assert (read.value, read.understood) == (None, True)
    assert read.problem


@pytest.mark.parametrize("cell", ["", "  ", None])
def test_a_blank_cell_is_just_empty(cell: Cell) -> None:
    assert (read_money(cell).value, read_money(cell).problem) == (None, None)


@pytest.mark.parametrize(
    "cell",
    ["1.500,00", "1500,50", "15,00", "1,50", "1.505", "2-3", "1500 or 1600", "~1500", "€1500", "$", "USD", "1e5",
     "(500", "500)", True, float("nan"), float("inf"), "#DIV/0!", "١٥٠٠"],
)  # fmt: skip
def test_what_is_no_amount_is_unknown_and_listed(cell: Cell) -> None:
    assert read_money(cell) == Read(None, NO_MONEY, understood=False)


@pytest.mark.parametrize(
    "cell",
    ["-5", "- $5.00", "$-5", "USD -1,500", "−5", "–5", "(500)", "($1,500.00)", "(-5)", "5-", "5 USD -", -5, -0.01],
)  # fmt: skip
def test_what_is_below_zero_is_called_so(cell: Cell) -> None:
    assert read_money(cell) == Read(None, BELOW_ZERO, understood=False)


@pytest.mark.parametrize("cell", [1e12, "1,000,000,000,000", "9" * 60, 1e300])
def test_what_is_too_large_is_called_so_with_the_bound(cell: Cell) -> None:
    assert read_money(cell) == Read(None, TOO_LARGE, understood=False)
    assert "$999,999,999,999.99" in TOO_LARGE


def test_a_computed_number_with_more_than_cents_is_rounded_and_listed() -> None:
    read = read_money(1250.005)
    assert read.value == Decimal("1250.01")
    assert read.problem == "This is more exact than cents; read as 1250.01."
