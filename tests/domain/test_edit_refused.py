"""What an edit refuses: with a sentence, the field at fault, and nothing changed."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from repairs import orders
from repairs.errors import Refusal
from repairs.models import RepairOrder
from tests.domain.asides import acts, kept

YEARS = "The year must lie between 1990 and 2100."


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("next_update", "next week", "This is not a date."),
        ("next_update", "2025-02-30", "There is no such day."),
        ("next_update", "24/11/2025", "There is no month 24"),
        ("next_update", "TBD", "stands for a date that is not known"),
        ("next_update", "1/1/1989", "outside 1990 to 2100"),
        ("next_update", dt.date(1989, 12, 31), YEARS),
        ("next_update", dt.date(2101, 1, 1), YEARS),
        ("next_update", 20251124, "outside 1990 to 2100"),
        ("next_update", True, "This is not a date."),
        ("final_cost", "a lot", "This is not an amount of money."),
        ("final_cost", "-5", "below zero"),
        ("final_cost", -5, "below zero"),
        ("final_cost", Decimal(-5), "greater than or equal to 0"),
        ("final_cost", True, "This is not an amount of money."),
        ("final_cost", -0.5, "below zero"),
        ("final_cost", Decimal("1.005"), "2 decimal places"),
        ("final_cost", "1.005", "This is not an amount of money."),
        ("final_cost", 10**12, "too large"),
        ("final_cost", Decimal(10**12), "12 digits before"),
        ("final_cost", "1000000000000", "too large"),
        ("final_cost", float("inf"), "This is not an amount of money."),
        ("final_cost", Decimal("NaN"), "must be a decimal number"),
        ("final_cost", "N/A", "stands for an amount that is not known"),
        ("part_number", "P" * 256, "at most 255 characters"),
        ("serial_number", "S" * 256, "at most 255 characters"),
        ("notes", "n" * 32_768, "32,767 characters"),
        ("notes", "🛩" * 16_384, "32,767 characters"),
        ("notes", "bell \x07", "can't store"),
        ("part_number", "nul \x00", "can't store"),
        ("part_number", "half a pair \ud83d", "can't store"),
        ("description", "no character \uffff", "can't store"),
        ("serial_number", "turned \u202e around", "turn the direction of text around"),
        ("description", "set \u2067apart\u2069", "turn the direction of text around"),
        ("part_number", " ", "enter a part number"),
        ("part_number", "\u200b", "nothing but marks that nobody sees"),
        ("part_number", "\u200e \u00ad", "nothing but marks that nobody sees"),
        ("serial_number", "\u3164", "nothing but marks that nobody sees"),
        ("estimated_cost", " \u200b", "nothing but marks that nobody sees"),
        ("next_update", "\ufeff", "nothing but marks that nobody sees"),
        ("shop", None, "choose a shop"),
        ("shop", 3, "choose a shop"),
        ("status", "PAID", "Can't be edited here."),
        ("status_text", "PAID", "Can't be edited here."),
        ("sheet", "Paid", "Can't be edited here."),
        ("number", 1, "Can't be edited here."),
        ("version", 1, "Can't be edited here."),
        ("pk", 1, "Can't be edited here."),
    ],
)  # fmt: skip
def test_it_is_refused_and_nothing_is_changed(
    order: RepairOrder, amy: User, field: str, typed: Any, reason: str
) -> None:
    before, done = kept(order), acts(order)
    with pytest.raises(Refusal) as refusal:
        orders.edit(order, by=amy, changes={"terms": "NET 30", field: typed})
    assert list(refusal.value.fields) == [field]
    assert reason in refusal.value.fields[field]
    assert refusal.value.sentence.endswith((".", ")."))
    assert (kept(order), acts(order)) == (before, done)


def test_every_field_at_fault_is_named(order: RepairOrder, amy: User) -> None:
    with pytest.raises(Refusal) as refusal:
        orders.edit(order, by=amy, changes={"final_cost": "x", "date_made": "y", "terms": "COD"})
    assert set(refusal.value.fields) == {"final_cost", "date_made"}
    assert "final cost: This is not an amount of money" in refusal.value.sentence


def test_the_longest_text_that_a_cell_holds_is_taken(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"notes": "n" * 32_767})
    assert len(kept(order)["notes"]) == 32_767
