"""The statuses as people type them: every alias, in any case and spacing, among any symbols."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.tools.proposing import WISHES
from repairs.admin.bulk import StatusForm
from repairs.admin.orders import OrderAdminForm
from repairs.statuses import STATUSES, read_status

TYPED = {
    "TO SEND": ("TO SEND",),
    "WAITING QUOTE": ("WAITING QUOTE", "WAITING FOR QUOTE", "AWAITING QUOTE", "PENDING"),
    "APPROVED": ("APPROVED", "APPROVED >>>>"),
    "IN WORK": ("IN WORK", "IN PROGRESS", "WORKING", "BEING REPAIRED"),
    "SHIPPED": ("SHIPPED", "IN TRANSIT", "SHIPPING", "CURRENTLY BEING SHIPPED"),
    "RECEIVED": ("RECEIVED",),
    "COMPLETE": ("COMPLETE", "COMPLETED"),
    "PAID": ("PAID", "PAYMENT SENT"),
    "BER": ("BER", "B.E.R.", "BEYOND ECONOMICAL REPAIR", "BEYOND ECONOMIC REPAIR"),
    "RAI": ("RAI", "R.A.I.", "RETURN AS IS"),
    "CANCELLED": ("CANCELLED", "CANCELED", "CANCEL"),
    "SCRAP": ("SCRAP", "SCRAPPED"),
}
SPELLINGS = [(typed, status) for status, spellings in TYPED.items() for typed in spellings]
AROUND = st.text(alphabet="> < - = * # @ . \t\n\xa0\u2003", max_size=6)
GAPS = st.sampled_from(["  ", "   ", " \t ", "\xa0", " \n"])
CASES = st.sampled_from([str.upper, str.lower, str.title, str.swapcase])


def test_these_are_all_statuses() -> None:
    assert list(STATUSES) == list(TYPED)


@pytest.mark.parametrize(("typed", "status"), SPELLINGS)
def test_every_spelling_is_read(typed: str, status: str) -> None:
    assert read_status(typed) == status


@given(spelling=st.sampled_from(SPELLINGS), before=AROUND, after=AROUND, gap=GAPS, case=CASES)
def test_case_symbols_dots_and_spaces_do_not_matter(
    spelling: tuple[str, str], before: str, after: str, gap: str, case: Callable[[str], str]
) -> None:
    typed, status = spelling
    assert read_status(before + case(typed).replace(" ", gap) + after) == status


@given(st.text())
def test_reading_gives_a_canonical_status_or_nothing(text: str) -> None:
    read = read_status(text)
    assert read == "" or read in TYPED
    assert read == "" or read_status(read) == read


@pytest.mark.parametrize(
    "typed", ["", " ", ">>>", "UNPAID", "NOT APPROVED", "PAID?", "IN-WORK", "APPROVED 1"]
)
def test_what_matches_nothing_is_nothing(typed: str) -> None:
    assert read_status(typed) == ""


def test_where_the_units_return_is_asked_for_the_statuses_are_named() -> None:
    asked = [form.base_fields["unit_returned"].help_text for form in (StatusForm, OrderAdminForm)]
    asked += [wish.inputs["unit_returned"] for wish in WISHES if wish.name == "change_status"]
    names = [name for name, status in STATUSES.items() if status.asks_return]
    assert len(asked) == 3
    assert [(text, name) for text in asked for name in names if name not in text] == []
