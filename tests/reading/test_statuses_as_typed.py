"""Statuses as people type them, read as the workbook's status cells are."""

import pytest

from sync.columns import BY_FIELD, meaning, same

STATUS = BY_FIELD["status"]


@pytest.mark.parametrize(
    ("typed", "status"),
    [("TO SEND", "TO SEND"), ("to send", "TO SEND"), ("Waiting For Quote", "WAITING QUOTE"),
     ("AWAITING QUOTE", "WAITING QUOTE"), ("PENDING", "WAITING QUOTE"), ("waiting  quote", "WAITING QUOTE"),
     ("APPROVED >>>>", "APPROVED"), (">> APPROVED", "APPROVED"), ("APPROVED***", "APPROVED"),
     ("#approved@", "APPROVED"), ("IN PROGRESS", "IN WORK"), ("WORKING", "IN WORK"), ("BEING REPAIRED", "IN WORK"),
     (" in work ", "IN WORK"), ("IN TRANSIT", "SHIPPED"), ("Shipping", "SHIPPED"), ("Shipped -", "SHIPPED"),
     ("CURRENTLY BEING SHIPPED", "SHIPPED"), ("RECEIVED ==", "RECEIVED"), ("COMPLETED", "COMPLETE"),
     ("PAYMENT SENT", "PAID"), ("B.E.R.", "BER"), ("ber", "BER"), ("BEYOND ECONOMICAL REPAIR", "BER"),
     ("R.A.I.", "RAI"), ("Return as is", "RAI"), ("CANCELED", "CANCELLED"), ("Cancel", "CANCELLED"),
     ("SCRAPPED", "SCRAP")],
)  # fmt: skip
def test_what_people_type_is_the_canonical_status(typed: str, status: str) -> None:
    read = meaning(STATUS, typed)
    assert (read.value, read.problem) == (status, None)
    assert same(STATUS, typed, status)


@pytest.mark.parametrize("typed", ["???", "UNPAID", "NOT APPROVED", "PAID?", "SHIPPED TODAY", "-", "7"])
def test_what_matches_no_status_is_kept_as_typed_and_listed(typed: str) -> None:
    read = meaning(STATUS, f" {typed} ")
    assert (read.value, read.problem) == (typed, "This is not a known status.")


def test_a_blank_status_is_empty_and_no_issue() -> None:
    assert (meaning(STATUS, "  ").value, meaning(STATUS, "  ").problem) == ("", None)
