"""Which payment terms are NET, and for how many days."""

import pytest

from repairs.reading import net_days


@pytest.mark.parametrize(
    ("terms", "days"),
    [("NET 30", 30), ("net30", 30), ("Net 60 days", 60), (" NET  90 ", 90), ("Net-45", 45), ("NET 1 day", 1)],
)
def test_net_terms_have_days(terms: str, days: int) -> None:
    assert net_days(terms) == days


@pytest.mark.parametrize(
    "terms",
    ["", "COD", "C.O.D.", "Prepaid", "Credit card", "CREDIT CARD", "Check", "Wire", "XFER", "NET", "NET 0", "planet 30",
     "NET 30 or 60", "2% 10 NET 30", "NET thirty", "NET 3000", "30"],
)  # fmt: skip
def test_other_terms_are_not_net(terms: str) -> None:
    assert net_days(terms) is None
