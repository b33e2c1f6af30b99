"""The statuses that usually follow one: the next step of the path, and the exits while work is open."""

import pytest

from repairs.orders import usual_next

EXITS = ("BER", "RAI", "CANCELLED", "SCRAP")


@pytest.mark.parametrize(
    ("status", "following"),
    [
        ("TO SEND", ("WAITING QUOTE", *EXITS)),
        ("WAITING QUOTE", ("APPROVED", *EXITS)),
        ("APPROVED", ("IN WORK", *EXITS)),
        ("IN WORK", ("SHIPPED", *EXITS)),
        ("SHIPPED", ("RECEIVED", *EXITS)),
        ("RECEIVED", ("COMPLETE", *EXITS)),
        ("COMPLETE", ("PAID",)),
        ("PAID", ()),
        ("BER", ()),
        ("RAI", ()),
        ("CANCELLED", ()),
        ("SCRAP", ()),
        ("", ("TO SEND", *EXITS)),
    ],
)
def test_what_usually_follows(status: str, following: tuple[str, ...]) -> None:
    assert usual_next(status) == following
